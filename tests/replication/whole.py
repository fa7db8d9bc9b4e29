"""What is asked of every replication as a whole, whatever its paper."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from phistar.core.equilibrium import to_json
from phistar.replicate.output import write_replication
from phistar.replicate.results import VERDICTS, Replication
from tests.strict_json import read_strict


def check_certified(done: Replication, *, more_than: int, residual: float = 1e-10) -> None:
    """Check that no world was refused, how many were solved and their largest residual; 1e-10 is the promise."""
    assert done.refused == 0
    assert done.solved > more_than
    assert done.max_residual < residual


def check_claims(done: Replication) -> None:
    """Check that claims have names of their own, and each its words, its test, its verdict and its evidence."""
    keys = [claim.key for claim in done.claims]
    assert keys
    assert len(keys) == len(set(keys))
    for claim in done.claims:
        assert claim.verdict in VERDICTS, claim.key
        assert claim.quote and claim.tested and claim.evidence, claim.key


def check_met_both_ways(done: Replication, keys: Iterable[str]) -> None:
    """Check of claims said to hold only somewhere that worlds of both kinds were met."""
    for key in keys:
        share = done.claim(key).share
        assert share is not None and 0.0 < share < 1.0, key


def check_shares_no_code(independent: ModuleType) -> None:
    """Check that an independent route imports nothing of phistar."""
    statements = list(ast.walk(ast.parse(Path(str(independent.__file__)).read_text(encoding="utf-8"))))
    imported = [alias.name for one in statements if isinstance(one, ast.Import) for alias in one.names]
    imported += [str(one.module) for one in statements if isinstance(one, ast.ImportFrom)]
    assert "numpy" in imported
    assert not [name for name in imported if name.partition(".")[0] in ("None", "phistar")]


def strict_json(done: Replication) -> dict[str, Any]:
    """Read a replication's JSON strictly; its curves are columns of one length."""
    told: dict[str, Any] = read_strict(to_json(done.to_dict()))
    assert set(told["verdicts"]) <= set(VERDICTS)
    assert len({len(column) for column in told["curves"].values()}) == 1
    return told


def check_files(done: Replication, folder: Path, figures: Iterable[str]) -> None:
    """Write a replication and check that its JSON, its two tables and exactly these figures are there, and drawn."""
    paths = write_replication(done, folder)
    told, drawn = (".json", "_cells.csv", "_claims.csv"), {folder / f"{done.paper}_{name}.svg" for name in figures}
    assert set(paths) == drawn | {folder / f"{done.paper}{end}" for end in told}
    assert set(folder.iterdir()) == set(paths)
    assert drawn
    for path in drawn:
        assert path.read_text().startswith("<svg"), path
