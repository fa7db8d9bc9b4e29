"""A liberalization for people: what falls, what comes of it in the long and the short run, where firms enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phistar.core.certificate import TOLERANCE
from phistar.report.changes import changes_of, difference_notes
from phistar.report.tables import Column, Table, label, numbers, percent
from phistar.verbs.compare import Comparison
from phistar.verbs.liberalize import Liberalization

#: What is printed where the model reports it, in this order; JSON holds every variable.
HEADLINES = (
    "welfare", "consumer_surplus", "price_index", "price_threshold", "wage", "variety", "mean_price", "mean_markup",
    "productivity_average", "exporter_share", "profit_total", "net_exports",
)  # fmt: skip
#: Pairs printed in full; a deal of more is told by its range.
MOST_PAIRS = 12
#: Countries printed; beyond, a table fills pages and JSON serves better.
MOST_COUNTRIES = 8


def liberalization_tables(result: Liberalization) -> list[Table]:
    """Lay out what falls, the outcomes before and after, and the relocation of entry."""
    tables = [_costs(result), _outcomes(result)]
    entry = _entry(result)
    return tables if entry is None else [*tables, entry]


def liberalization_notes(result: Liberalization) -> list[str]:
    """Say who gains and who loses, and how well every equilibrium is certified."""
    horizons = [("", result.long)] if result.short is None else [("long run", result.long), ("short run", result.short)]
    lines = [line for name, comparison in horizons if (line := _gainers(name, comparison))]
    solved = {f"{name} {when}".strip(): equilibrium.certificate
              for name, comparison in horizons
              for when, equilibrium in (("baseline", comparison.baseline),
                                        ("counterfactual", comparison.counterfactual))}  # fmt: skip
    worst = max(solved.values(), key=lambda certificate: certificate.max_residual)
    lines.append(
        f"certified: {len(solved)} equilibria, largest residual {worst.max_residual:.1e} ({worst.worst}), "
        f"at most {TOLERANCE:.0e} allowed"
    )
    lines += [f"{name}: note: {note}" for name, certificate in solved.items() for note in certificate.notes]
    return [*lines, "every variable, pair and check: --json FILE, or --json - for standard output"]


def _costs(result: Liberalization) -> Table:
    """Lay out the trade costs that fall, and the freeness of trade where the elasticity is one number."""
    names, deal = result.deal.countries, result.deal
    where = np.argwhere(result.tau_cf < result.tau)
    before, after = result.tau[tuple(where.T)], result.tau_cf[tuple(where.T)]
    title = f"{deal.kind.replace('_', ' ').capitalize()} liberalization"
    k = result.shape
    notes = (
        [] if k is None else [f"freeness of trade is tau^-k, with k = {k:.6g} the elasticity of flows to trade costs"]
    )
    if len(where) > MOST_PAIRS:
        told = [f"{len(where)} trade costs fall: from {before.min():.4g} to {before.max():.4g} before, "
                f"to {after.min():.4g} to {after.max():.4g} after"]  # fmt: skip
        rows = [(name, role) for name, role in zip(names, deal.roles, strict=True)][:MOST_COUNTRIES]
        return Table(title, [label("country"), label("role")], rows, told)
    heads = [label("origin"), label("destination"), Column("tau before"), Column("tau after")]
    columns = [numbers(before.tolist()), numbers(after.tolist())]
    if k is not None:
        heads += [Column("freeness before"), Column("freeness after")]
        columns += [numbers((before**-k).tolist()), numbers((after**-k).tolist())]
    rows = [(names[i], names[j], *(column[n] for column in columns)) for n, (i, j) in enumerate(where)]
    return Table(title, heads, rows, notes)


def _outcomes(result: Liberalization) -> Table:
    """Lay out the headline outcomes, horizons side by side; apart where they start from different levels."""
    long, short = result.long, result.short
    rows: list[tuple[str, ...]] = []
    told = [name for name in HEADLINES if name in long.baseline.values and not _idle(short or long, name)]
    for name in told:
        one = _levels_and_change(long, name)
        if short is None:
            rows += _rows(result, name, one[0], [one])
        elif np.allclose(long.baseline[name], short.baseline[name], rtol=1e-10, atol=1e-12, equal_nan=True):
            rows += _rows(result, name, one[0], [one, _levels_and_change(short, name)])
        else:
            other = _levels_and_change(short, name)
            rows += [] if _idle(long, name) else _rows(result, name, one[0], [one, None])
            rows += _rows(result, f"{name}, short run", other[0], [None, other])
    ends = ("counterfactual",) if short is None else ("long run", "short run")
    heads = [label("by country"), label("country"), label("role"), Column("baseline")]
    notes = difference_notes(v for v in long.baseline.variables if v.name in told)
    if len(long.baseline.countries) > MOST_COUNTRIES:
        notes.append(f"the first {MOST_COUNTRIES} of {len(long.baseline.countries)} countries")
    if short is not None:
        notes.append("short run: the baseline's entrants are the firms, nobody enters or leaves; profits are income")
    changes = ("change %",) if short is None else ("long run %", "short run %")
    pairs = [c for end, change in zip(ends, changes, strict=True) for c in (Column(end), Column(change, stays=True))]
    return Table("", [*heads, *pairs], rows, notes)


def _rows(result: Liberalization, name: str, baseline: Sequence[str], blocks: Sequence[Any]) -> list[tuple[str, ...]]:
    """Lay out one variable, one row a country; a horizon told elsewhere leaves its cells empty."""
    rows = []
    for i, country in enumerate(result.deal.countries[:MOST_COUNTRIES]):
        cells = [cell for block in blocks for cell in (("", "") if block is None else (block[1][i], block[2][i]))]
        rows.append((name if i == 0 else "", country, result.deal.roles[i], baseline[i], *cells))
    return rows


def _idle(comparison: Comparison, name: str) -> bool:
    """Whether there is nothing to tell: a wage that is 1 everywhere, or profits that free entry leaves at zero."""
    nothing = {"wage": 1.0, "profit_total": 0.0}
    found = (comparison.baseline[name], comparison.counterfactual[name])
    return name in nothing and all(np.all(values == nothing[name]) for values in found)


def _levels_and_change(comparison: Comparison, name: str) -> tuple[list[str], list[str], list[str]]:
    old, new = comparison.baseline[name], comparison.counterfactual[name]
    texts = numbers([*old.tolist(), *new.tolist()])
    return texts[: len(old)], texts[len(old) :], changes_of(comparison.changes[name])


def _entry(result: Liberalization) -> Table | None:
    """Lay out where firms enter, before and after."""
    moved = result.relocation()
    if moved is None:
        return None
    names = result.deal.countries[:MOST_COUNTRIES]
    noise = np.abs(moved["change"]) <= 1e-12 * np.abs(moved["baseline"])  # rounding of masses solved for apart
    moved = {**moved, "change": np.where(noise, 0.0, moved["change"])}
    columns = [numbers([*moved[key].tolist(), float(np.sum(moved[key]))])
               for key in ("baseline", "counterfactual", "change")]  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.append(moved["change"] / moved["baseline"], np.sum(moved["change"]) / np.sum(moved["baseline"]))
    shares = np.where(np.isfinite(shares), 100.0 * shares, np.nan)
    rows = [(name, result.deal.roles[i], *(c[i] for c in columns), percent(float(shares[i])))
            for i, name in enumerate(names)]  # fmt: skip
    rows.append(("world", "", *(c[-1] for c in columns), percent(float(shares[-1]))))
    after = "counterfactual" if result.short is None else "long run"
    heads = [label("country"), label("role"), Column("baseline"), Column(after), Column("change"), Column("change %")]
    return Table("Where firms enter", heads, rows)


def _gainers(name: str, comparison: Comparison) -> str:
    """Say who gains and who loses welfare; changes that are rounding count as none."""
    if "welfare" not in comparison.baseline.values:
        return ""
    old, new = comparison.baseline["welfare"], comparison.counterfactual["welfare"]
    change = np.where(np.abs(new - old) <= 1e-10 * np.abs(old), 0.0, new - old)
    groups: list[Any] = [("gain", change > 0), ("lose", change < 0), ("unmoved", change == 0)]
    said = [
        f"{word} {', '.join(c for c, yes in zip(comparison.baseline.countries, mask, strict=True) if yes)}"
        for word, mask in groups
        if mask.any()
    ]
    return f"{name + ': ' if name else ''}welfare: {'; '.join(said)}"
