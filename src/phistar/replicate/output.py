"""Writing a replication to a folder: its JSON, its cells and claims as tables, its figures."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from phistar.core.equilibrium import to_json
from phistar.core.errors import InputError
from phistar.core.files import write_columns, write_text
from phistar.replicate.registry import figures
from phistar.replicate.results import Replication

FIGURE_SUFFIX = ".svg"


def prepare_folder(out: str | PathLike[str]) -> Path:
    """Make a folder to write to, or refuse it before any work is done for it.

    Raises
    ------
    InputError
        When it is a file, or cannot be made.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError("--out", "is a file, not a folder", str(out), remedy="name a folder") from None
    except OSError as error:
        raise InputError("--out", f"cannot be made ({(error.strerror or str(error)).lower()})", str(out),
                         remedy="choose a folder you may write to") from None  # fmt: skip
    return folder


def write_replication(replication: Replication, out: str | PathLike[str]) -> list[Path]:
    """Write a replication's files, each whole or not at all; return their paths."""
    from phistar.report.save import save_chart

    folder, paper = prepare_folder(out), replication.paper
    written = [folder / f"{paper}.json", folder / f"{paper}_cells.csv", folder / f"{paper}_claims.csv"]
    write_text(written[0], to_json(replication.to_dict()) + "\n")
    write_columns(written[1], cell_columns(replication))
    write_columns(written[2], claim_columns(replication))
    for name, chart in figures(paper, replication).items():
        written.append(folder / f"{paper}_{name}{FIGURE_SUFFIX}")
        save_chart(chart, written[-1])
    return written


def cell_columns(replication: Replication) -> Mapping[str, list[Any]]:
    """Lay out every cell of every section as columns of equal length."""
    cells = [(section.name, cell) for section in replication.sections for cell in section.cells]
    numeric = [cell.computed if isinstance(cell.computed, float) else None for _, cell in cells]
    return {
        "section": [name for name, _ in cells],
        "row": [cell.row for _, cell in cells],
        "column": [cell.column for _, cell in cells],
        "stated": [cell.stated for _, cell in cells],
        "computed": [str(cell.computed) for _, cell in cells],
        "value": numeric,
        "difference": [cell.difference for _, cell in cells],
        "digits": [cell.digits for _, cell in cells],
        "verdict": [cell.verdict for _, cell in cells],
        "note": [cell.note for _, cell in cells],
    }


def claim_columns(replication: Replication) -> Mapping[str, list[Any]]:
    """Lay out every claim as columns of equal length."""
    claims = [(section.name, claim) for section in replication.sections for claim in section.claims]
    names = ("key", "quote", "tested", "verdict", "condition", "share", "worlds", "evidence")
    columns: dict[str, list[Any]] = {"section": [name for name, _ in claims]}
    return columns | {name: [getattr(claim, name) for _, claim in claims] for name in names}
