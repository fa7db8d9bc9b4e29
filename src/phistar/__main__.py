"""Run the command line as ``python -m phistar``."""

import sys

from phistar.cli import main

sys.exit(main())
