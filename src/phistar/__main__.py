"""Run the command line as ``python -m phistar``."""

import sys

from .cli import main

sys.exit(main())
