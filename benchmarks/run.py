"""Time what phistar promises: warm medians, targets and ratios; every timed answer is certified.

    python benchmarks/run.py              all cases
    python benchmarks/run.py sweep cold   those whose name holds one of the words
    python benchmarks/run.py --list       their names

Targets are for a quiet machine and never asserted: load on the machine shows in every figure.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from cases import CASES, COLD_NUMPY, COLD_SOLVE, Case

from phistar.report.tables import Column, Table, label, render

#: A case is repeated until it has run this long, at least `LEAST` and at most `MOST` times.
SECONDS, LEAST, MOST = 2.0, 5, 50


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="run the cases whose names hold one of these")
    parser.add_argument("--list", action="store_true", help="print the cases' names and leave")
    options = parser.parse_args(argv)
    chosen = [case for case in CASES if not options.words or any(word in case.name for word in options.words)]
    if options.list or not chosen:
        print("\n".join(case.name for case in CASES))
        return 0 if options.list else 2
    medians: dict[str, float] = {}
    rows = list(measured(chosen, medians))
    heads = [label("case"), Column("median"), Column("best"), Column("runs"), Column("target"), Column("of target")]
    columns = [*heads, Column("what was certified", right=False)]
    print(render(Table("Benchmarks, warm unless cold", columns, rows, ratios(medians)), 130))
    return 0


def ratios(medians: dict[str, float]) -> list[str]:
    """Relate a cold solve to the import that no Python program on arrays can do without."""
    if not {COLD_SOLVE, COLD_NUMPY} <= set(medians):
        return []
    return [f"{COLD_SOLVE}: {medians[COLD_SOLVE] / medians[COLD_NUMPY]:.2f} times python -c 'import numpy'"]


def measured(cases: Iterable[Case], medians: dict[str, float]) -> Iterable[tuple[str, ...]]:
    for case in cases:
        print(f"{case.name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            work, certified = case.prepare(Path(folder))
            times = repeat(work)
            said = certified()
        median = medians[case.name] = statistics.median(times)
        target = f"{case.target:g} s" if case.target else "-"
        ratio = f"{median / case.target:.2f}" if case.target else "-"
        yield case.name, seconds(median), seconds(min(times)), str(len(times)), target, ratio, said


def repeat(work: Callable[[], object]) -> list[float]:
    """Time a piece of work after one run that is not counted."""
    work()
    times: list[float] = []
    while len(times) < LEAST or (sum(times) < SECONDS and len(times) < MOST):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def seconds(value: float) -> str:
    return f"{1e3 * value:.1f} ms" if value < 1 else f"{value:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
