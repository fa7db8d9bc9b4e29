"""Report a calibration: the parameters found, the targets they meet, what each target does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phistar.report.tables import Column, Table, label, numbers

Told = Mapping[str, Any]


def calibration_tables(told: Told) -> list[Table]:
    """Lay out a calibration (its plain data): parameters, targets, and the response of the first to the second."""
    return [_parameters(told), _targets(told), _sensitivity(told)]


def calibration_notes(told: Told) -> list[str]:
    """Say whether the targets are met, and that the equilibrium is certified."""
    residual = told["equilibrium"]["certificate"]["max_residual"]
    met = "every target is met" if told["status"] == "met" else "the targets cannot all be met: least squares"
    return [f"{met}, {told['steps']} equilibria solved", f"certified: largest residual {residual:.1e}"]


def _parameters(told: Told) -> Table:
    rows: Sequence[tuple[str, Told]] = list(told["parameters"].items())
    with_errors = all("standard_error" in row for _, row in rows)
    columns = [label("parameter"), Column("value"), *([Column("s.e.")] if with_errors else []), Column("start")]
    body = [
        (
            key,
            *numbers([row["value"]]),
            *(numbers([row["standard_error"]]) if with_errors else ()),
            *numbers([row["start"]]),
            _remark(row),
        )
        for key, row in rows
    ]
    return Table("Parameters", [*columns, label("")], body)


def _remark(row: Told) -> str:
    words = [] if row["meaning"] == "value" else [row["meaning"]]
    return ", ".join([*words, "at the end of what is allowed"] if row["at_limit"] else words)


def _targets(told: Told) -> Table:
    body = [(t["statistic"], *numbers([t["target"], t["reached"]]), f"{t['deviation']:.1e}") for t in told["targets"]]
    return Table("Targets", [label("statistic"), Column("target"), Column("reached"), Column("deviation")], body)


def _sensitivity(told: Told) -> Table:
    keys = list(told["parameters"])
    body = [
        (t["statistic"], *(numbers([row[i]])[0] for row in told["sensitivity"])) for i, t in enumerate(told["targets"])
    ]
    return Table("d parameter / d target", [label("statistic"), *(Column(key) for key in keys)], body)
