"""Results as tables for people: an equilibrium, a comparison, elasticities, a model's own page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from phistar.core.axes import COUNTRY, COUNTRY_AXES, FIRM, PAIR, Variable
from phistar.core.certificate import TOLERANCE, Certificate
from phistar.core.equilibrium import Equilibrium
from phistar.core.errors import entries, shorten
from phistar.core.model import Model
from phistar.core.parameters import REQUIRED
from phistar.report.changes import changes_of, difference_notes
from phistar.report.tables import Column, Table, label, numbers, words

#: Up to this many countries, matrices are printed in full; beyond, they fill pages.
MOST_COUNTRIES_IN_FULL = 6
#: Up to this many countries, a variable is a row; beyond, a country is.
MOST_COUNTRIES_ACROSS = 4
#: Firms (times markets) printed one by one; beyond, they fill pages.
MOST_FIRM_ROWS = 60
FIRM_DIGITS = 5
#: Stands before a derivative among elasticities.
SLOPE = "∂"
SLOPE_NOTE = (
    f"{SLOPE} d outcome / d ln key (d key in a semi column), where a level may be zero or negative, or is a log: "
    "it has no elasticity"
)
#: Digits of a quantile: more would not fit the page.
MARKET_DIGITS = 5


def equilibrium_tables(equilibrium: Equilibrium) -> list[Table]:
    """Lay out an equilibrium: its country variables, then its matrices where they are small enough, then firms."""
    tables = [_countries(equilibrium), _world(equilibrium)]
    pairs = _reported(equilibrium, PAIR)
    if pairs and len(equilibrium.countries) <= MOST_COUNTRIES_IN_FULL:
        tables.append(_matrices(equilibrium, pairs))
    tables += _firms(equilibrium)
    return [table for table in tables if table.rows]


def equilibrium_notes(equilibrium: Equilibrium) -> list[str]:
    """Say how well an equilibrium is certified and what a careful reader would want to be told."""
    lines = certificate_lines(equilibrium.certificate)
    if len(equilibrium.countries) > MOST_COUNTRIES_IN_FULL and _reported(equilibrium, PAIR):
        lines.append("matrices by origin and destination: --json FILE, or --json - for standard output")
    return lines


def certificate_lines(certificate: Certificate, name: str = "") -> list[str]:
    """Say in words what a certificate holds."""
    head = f"{name}: " if name else ""
    lines = [
        f"{head}certified: largest residual {certificate.max_residual:.1e} ({certificate.worst}) "
        f"among {entries(len(certificate.residuals), 'equation', 'equations')}, at most {TOLERANCE:.0e} allowed"
    ]
    if certificate.checks:
        said = ", ".join(f"{name} {'yes' if holds else 'no'}" for name, holds in certificate.checks.items())
        lines.append(f"{head}checks: {said}")
    return [*lines, *(f"{head}note: {note}" for note in certificate.notes)]


def horizon_tables(horizons: Any) -> list[Table]:
    """Lay out the long run's comparison, then the short run's, by country."""
    tables = []
    for name, comparison in (("Long run", horizons.long), ("Short run", horizons.short)):
        first, *rest = comparison_tables(comparison)
        title = f"{name}: {first.title}" if first.title else name
        tables += [replace(first, title=title), *rest]
    return tables


def horizon_notes(horizons: Any) -> list[str]:
    """Say how well each horizon's two equilibria are certified."""
    return [
        f"{name} {line}"
        for name, comparison in (("long run,", horizons.long), ("short run,", horizons.short))
        for line in comparison_notes(comparison)
    ]


def comparison_tables(comparison: Any) -> list[Table]:
    """Lay out a comparison: levels, changes and decompositions."""
    before, after = comparison.baseline, comparison.counterfactual
    small = len(before.countries) <= MOST_COUNTRIES_IN_FULL
    tables = [_levels(before, after, comparison.changes) if small else _country_changes(before, comparison.changes)]
    if small and len(before.countries) > 1:
        tables.append(_pair_changes(before, comparison.changes))
    tables += _firm_changes(before, after, comparison.changes)
    splits = comparison.to_dict()["decompositions"]
    tables += [decomposition_table(name, split, axis_labels(before)) for name, split in splits.items()]
    return [table for table in tables if table.rows]


def comparison_notes(comparison: Any) -> list[str]:
    """Say what changed and how well both equilibria are certified."""
    old, new = comparison.baseline.model.as_parameters(), comparison.counterfactual.model.as_parameters()
    changed = [name for name in new if not _same(old.get(name), new[name])]
    lines = [f"changed: {', '.join(changed) if changed else 'nothing'}"]
    for name, equilibrium in (
        ("baseline", comparison.baseline),
        ("counterfactual", comparison.counterfactual),
    ):
        lines += certificate_lines(equilibrium.certificate, name)
    return lines


def axis_labels(told: Equilibrium | Model) -> dict[str, Sequence[str]]:
    """Return the labels along every axis of an equilibrium or a model."""
    return {**dict.fromkeys(COUNTRY_AXES, told.countries), **told.labels}


def decomposition_table(name: str, decomposition: Mapping[str, Any], labels: Mapping[str, Sequence[str]]) -> Table:
    """Lay out one decomposition, one row a country, pair, or whatever its axes are."""
    dims = list(decomposition.get("dims", ()))
    values = {head: np.asarray(v, dtype=float) for head, v in decomposition["columns"].items()}
    shape = next(iter(values.values())).shape if values else ()
    places = list(_places(shape, dims, labels))
    texts = [numbers(v.ravel().tolist()) for v in values.values()]
    rows = [(*where, *(text[i] for text in texts)) for i, where in enumerate(places)]
    notes = [decomposition["note"]] if decomposition.get("note") else []
    columns = [*(label(d) for d in dims), *(Column(_spaced(head)) for head in values)]
    return Table(_spaced(name).capitalize(), columns, rows, notes)


def market_table(quantiles: Mapping[str, np.ndarray], shares: Sequence[float], countries: Sequence[str]) -> Table:
    """Lay out size and markup distributions by market: the seller larger than a share of the market's others."""
    rows = []
    for name, values in quantiles.items():
        for j, country in enumerate(countries[:MOST_COUNTRIES_IN_FULL]):
            rows.append((_spaced(name) if j == 0 else "", country, *numbers(values[j].tolist(), MARKET_DIGITS)))
    heads = [label("sellers by market"), label("market"), *(Column(f"{100 * share:g}%") for share in shares)]
    notes = ["quantiles of size, from the distribution itself: 90% is larger than nine sellers in ten"]
    if len(countries) > MOST_COUNTRIES_IN_FULL:
        notes.append(f"the first {MOST_COUNTRIES_IN_FULL} of {len(countries)} markets")
    return Table("Size and markups", heads, rows, notes)


def elasticity_tables(result: Mapping[str, Any], labels: Mapping[str, Sequence[str]]) -> list[Table]:
    """Lay out elasticities: one table a set of axes, one row an outcome and place, one column a key."""
    found: Mapping[str, Mapping[str, Any]] = result["elasticities"]
    keys = list(dict.fromkeys(to for row in found.values() for to in row))
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    marked: set[tuple[str, ...]] = set()
    for of, row in found.items():
        first = next(iter(row.values()))
        dims = tuple(first["dims"])
        texts = {to: _slopes(cell) for to, cell in row.items()}
        groups.setdefault(dims, [])
        marked |= {dims} if "derivative" in first else set()
        shape = np.shape(first["values"])
        for i, where in enumerate(_places(shape, dims, labels)):
            groups[dims].append((of, *where, *(texts[to][i] if to in texts else "" for to in keys)))
    kinds = {to: cell["kind"] for row in found.values() for to, cell in row.items()}
    heads = [Column(to if kinds[to] == "elasticity" else f"{to} (semi)") for to in keys]
    return [
        Table(f"Elasticities by {' and '.join(dims) or 'world'}", [label("of"), *map(label, dims), *heads], rows,
              [SLOPE_NOTE] if dims in marked else [])
        for dims, rows in groups.items()
    ]  # fmt: skip


def _slopes(cell: Mapping[str, Any]) -> list[str]:
    """Format the elasticities of one outcome in one key, or its derivatives where elasticities would mislead."""
    if "derivative" not in cell:
        return [_fixed(x) for x in np.ravel(cell["values"])]
    return [f"{SLOPE} {_fixed(x)}" if np.isfinite(float(x)) else "-" for x in np.ravel(cell["derivative"])]


def models_table(models: Sequence[type[Model]]) -> Table:
    """List the registered models."""
    return Table(
        "",
        [label("model"), words("what it is"), words("paper")],
        [(m.name, m.title, m.paper) for m in models],
    )


def model_tables(model: type[Model]) -> list[Table]:
    """Lay out a model's page: parameters, variables, equations."""
    parameters = Table(
        "Parameters",
        [label("key"), label("symbol"), words("meaning"), words("unit"), words("default"), words("allowed")],
        [(p.name, p.symbol, p.meaning, p.unit, _default(p.default), p.allowed) for p in model.parameters],
    )
    variables = Table(
        "Variables",
        [label("name"), label("symbol"), words("meaning"), words("unit"), label("by")],
        [(v.name, v.symbol, v.meaning, v.unit, _by(v.dims)) for v in model.variables],
    )
    equations = Table(
        "Equations",
        [label("name"), words("source"), words("what it says")],
        [(e.name, f"{e.paper} ({e.number})", e.summary) for e in model.equation_records()],
    )
    return [parameters, variables, equations]


def model_page(model: type[Model]) -> dict[str, Any]:
    """Return a model's page as plain data."""
    return {
        "model": model.name,
        "title": model.title,
        "paper": model.paper,
        "parameters": [
            {"key": p.name, "symbol": p.symbol, "kind": p.kind, "meaning": p.meaning, "unit": p.unit,
             "required": p.default is REQUIRED, "default": None if p.default is REQUIRED else p.default,
             "allowed": p.allowed}
            for p in model.parameters
        ],
        "variables": [
            {"name": v.name, "symbol": v.symbol, "dims": list(v.dims), "unit": v.unit, "meaning": v.meaning}
            for v in model.variables
        ],
        "equations": [
            {"name": e.name, "paper": e.paper, "number": e.number, "summary": e.summary, "latex": e.latex}
            for e in model.equation_records()
        ],
        "errata": list(model.errata),
        "capabilities": sorted(model.capabilities),
    }  # fmt: skip


def _by(dims: Sequence[str]) -> str:
    return "pair" if tuple(dims) == PAIR else ", ".join(dims) or "world"


def _default(value: Any) -> str:
    if value is REQUIRED:
        return "required"
    return "-" if value is None else shorten(value, 40)


def _reported(equilibrium: Equilibrium, dims: tuple[str, ...]) -> list[Variable]:
    return [v for v in equilibrium.variables if v.dims == dims and v.name in equilibrium.values]


def _countries(equilibrium: Equilibrium) -> Table:
    variables, names = _reported(equilibrium, COUNTRY), equilibrium.countries
    texts = [numbers(equilibrium[v.name].tolist()) for v in variables]
    if len(names) <= MOST_COUNTRIES_ACROSS:
        heads = [
            label("by country"),
            label("symbol"),
            *(Column(n) for n in names),
            Column("unit", right=False),
        ]
        rows = [(v.name, v.symbol, *t, v.unit) for v, t in zip(variables, texts, strict=True)]
        return Table(_title(equilibrium), heads, rows)
    heads = [label("country"), *(Column(v.name) for v in variables)]
    rows = [(name, *(t[i] for t in texts)) for i, name in enumerate(names)]
    return Table(_title(equilibrium), heads, rows)


def _world(equilibrium: Equilibrium) -> Table:
    """Lay out what the whole world has one of."""
    variables = _reported(equilibrium, ())
    texts = [numbers([float(equilibrium[v.name])])[0] for v in variables]
    rows = [(v.name, v.symbol, text, v.unit) for v, text in zip(variables, texts, strict=True)]
    heads = [label("in the market"), label("symbol"), Column("value"), Column("unit", right=False)]
    return Table("" if _reported(equilibrium, COUNTRY) else _title(equilibrium), heads, rows)


def _firms(equilibrium: Equilibrium) -> list[Table]:
    """Lay out what firms do, one row a firm (and a market, where there are several)."""
    tables = []
    for dims in dict.fromkeys(v.dims for v in equilibrium.variables if v.dims[:1] == FIRM):
        variables = _reported(equilibrium, dims)
        if not variables or equilibrium[variables[0].name].size > MOST_FIRM_ROWS:
            continue
        places = list(_places(equilibrium[variables[0].name].shape, dims, axis_labels(equilibrium)))
        texts = [numbers(equilibrium[v.name].ravel().tolist(), FIRM_DIGITS) for v in variables]
        rows = [(*where, *(text[i] for text in texts)) for i, where in enumerate(places)]
        tables.append(Table("", [*map(label, dims), *(Column(v.name) for v in variables)], rows))
    return tables


def _firm_changes(before: Equilibrium, after: Equilibrium, changes: Mapping[str, Any]) -> list[Table]:
    """Lay out what each firm did, does and how that changed."""
    rows = []
    for v in _reported(before, ()):
        old, new = numbers([float(before[v.name]), float(after[v.name])])
        rows.append((v.name, old, new, *changes_of(changes[v.name])))
    heads = [Column("baseline"), Column("counterfactual"), Column("change %")]
    tables = [Table("", [label("in the market"), *heads], rows, difference_notes(_reported(before, ())))]
    for dims in dict.fromkeys(v.dims for v in before.variables if v.dims[:1] == FIRM):
        rows = []
        shown = [v for v in _reported(before, dims) if before[v.name].size <= MOST_FIRM_ROWS]
        for v in shown:
            texts = numbers([*before[v.name].ravel().tolist(), *after[v.name].ravel().tolist()])
            old_texts, new_texts = texts[: before[v.name].size], texts[before[v.name].size :]
            change = changes_of(changes[v.name])
            places = _places(before[v.name].shape, dims, axis_labels(before))
            for i, where in enumerate(places):
                rows.append((v.name if i == 0 else "", *where, old_texts[i], new_texts[i], change[i]))
        tables.append(Table("", [label("by firm"), *map(label, dims), *heads], rows, difference_notes(shown)))
    return tables


def _title(equilibrium: Equilibrium) -> str:
    return f"{equilibrium.model.name}: {equilibrium.model.title}"


def _matrices(equilibrium: Equilibrium, variables: Sequence[Variable]) -> Table:
    names = equilibrium.countries
    rows = []
    for v in variables:
        texts = numbers(equilibrium[v.name].ravel().tolist())
        for i, origin in enumerate(names):
            head = (v.name, v.symbol) if i == 0 else ("", "")
            rows.append((*head, origin, *texts[i * len(names) : (i + 1) * len(names)]))
    heads = [
        label("from origin to destination"),
        label("symbol"),
        label("origin"),
        *(Column(n) for n in names),
    ]
    return Table("", heads, rows)


def _levels(before: Equilibrium, after: Equilibrium, changes: Mapping[str, Any]) -> Table:
    rows, variables = [], _reported(before, COUNTRY)
    for v in variables:
        old, new = numbers(before[v.name].tolist()), numbers(after[v.name].tolist())
        change = changes_of(changes[v.name])
        for i, country in enumerate(before.countries):
            rows.append((v.name if i == 0 else "", country, old[i], new[i], change[i]))
    heads = [
        label("by country"),
        label("country"),
        Column("baseline"),
        Column("counterfactual"),
        Column("change %"),
    ]
    return Table("", heads, rows, difference_notes(variables))


def _country_changes(before: Equilibrium, changes: Mapping[str, Any]) -> Table:
    variables = _reported(before, COUNTRY)
    texts = [changes_of(changes[v.name]) for v in variables]
    rows = [(name, *(text[i] for text in texts)) for i, name in enumerate(before.countries)]
    heads = [label("country"), *(Column(v.name) for v in variables)]
    return Table("Changes in per cent", heads, rows, difference_notes(variables))


def _pair_changes(before: Equilibrium, changes: Mapping[str, Any]) -> Table:
    n, rows, variables = len(before.countries), [], _reported(before, PAIR)
    for v in variables:
        texts = changes_of(changes[v.name])
        for i, origin in enumerate(before.countries):
            rows.append((v.name if i == 0 else "", origin, *texts[i * n : (i + 1) * n]))
    heads = [
        label("change in % from origin to destination"),
        label("origin"),
        *(Column(c) for c in before.countries),
    ]
    return Table("", heads, rows, difference_notes(variables))


def _places(
    shape: Sequence[int], dims: Sequence[str], labels: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    """Name every entry of an array with these axes."""
    names = [
        labels[d] if len(labels.get(d, ())) == n else [str(i) for i in range(n)]
        for d, n in zip(dims, shape, strict=True)
    ]
    return itertools.product(*names)


def _fixed(value: Any) -> str:
    if value is None or np.isnan(float(value)):
        return "-"
    return f"{float(value):.6f}".replace("-0.000000", "0.000000")


def _same(old: Any, new: Any) -> bool:
    return bool(old == new)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
