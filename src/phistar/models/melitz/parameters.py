"""What the Melitz model takes, and how it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from phistar.blocks.iceberg import log_iceberg
from phistar.blocks.keys import read_distributions
from phistar.blocks.productivity import Productivity, from_spec
from phistar.core.errors import InputError
from phistar.core.parameters import (
    PARTNERS,
    Parameter,
    check_keys,
    count_countries,
    is_list,
    read_index,
    read_matrix,
    read_names,
    read_number,
    read_parameters,
    require_home_market,
)

PARAMETERS = (
    Parameter("sigma", "scalar", "sigma", "elasticity of substitution", lower=1.0, strict=True),
    Parameter("L", "country", "L", "labour force", "people", default=1.0, lower=0.0, strict=True),
    Parameter("tau", "matrix", "tau", "iceberg trade cost from origin to destination", "units shipped a unit sold",
              default=1.0, lower=1.0, diagonal=1.0, infinite=True),
    Parameter("f", "matrix", "f", "fixed cost of selling in a market, a period", "labour of the origin",
              default=1.0, lower=0.0, strict=True),
    Parameter("f_e", "country", "f_e", "sunk cost of a productivity draw", "labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("delta", "country", "delta", "probability that a firm dies in a period", "1 a period",
              default=1.0, lower=0.0, upper=1.0, strict=True),
    Parameter("productivity", "productivity", "G", "productivity distribution, one for all or one a country",
              "output a unit of labour",
              words='a table such as {family = "pareto", k = 4.5, scale = 1.0}, or one a country'),
    Parameter("entry", "choice", "", "whether entry is free (f_e) or the stock of draws fixed (J)",
              default="free", choices=("free", "fixed")),
    Parameter("J", "country", "J", "stock of draws where entry is fixed", "firms",
              default=None, lower=0.0, strict=True),
    Parameter("fixed_cost", "choice", "", "whether every market has its own access cost, or f_ii buys being active",
              default="market", choices=("market", "overhead")),
    Parameter(PARTNERS, "integer", "n", "number of identical partners (n + 1 equal countries)", "countries",
              default=None, lower=0.0, upper=1000.0),
    Parameter("numeraire", "index", "", "country whose wage is one, by index or name", default=0),
)  # fmt: skip

ERRATA = (
    "Raising sigma lowers the share that exports if and only if f_x < f (Pareto); the export cutoff rises if and "
    "only if ln(f_x/f) < s(1+T)/(k-s).",
    "'Exporters' foreign sales grow' holds when tau falls; when f_x falls, a continuing exporter's sales shrink.",
    "phi_x > phi* needs f_x tau^s > f; 'a minority exports' needs tau (f_x/f)^(1/s) > 2^(1/k) under Pareto.",
    "The least productive exit because exporters bid labour away, not because of foreign competition as such.",
    "Wage gaps between exporters and others are not in the model: one wage clears a country's labour market.",
)


def read(raw: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    """Read plain parameters into the fields of the model.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    check_keys(PARAMETERS, raw)
    count = _count(raw, names)
    countries = read_names(names, count)
    given = {k: v for k, v in raw.items() if k != "numeraire"}
    fields = read_parameters(PARAMETERS, given, count)
    if fields["entry"] == "fixed" and fields["J"] is None:
        raise InputError("J", 'is missing: entry = "fixed" needs the stock of draws', remedy="give J, one a country")
    require_home_market("tau", fields["tau"])
    fields["log_tau"] = log_iceberg(fields.pop("tau"))
    read_family = partial(_read_family, sigma=fields["sigma"])
    fields["families"] = read_distributions(fields.pop("productivity"), count, read_family, "productivity")
    fields["J"] = fields["J"] if fields["entry"] == "fixed" else None
    fields["numeraire"] = read_index(raw.get("numeraire", 0), countries)
    if fields.pop(PARTNERS) is not None:
        _require_identical(raw, count)
    return {**fields, "countries": countries, "unused": _unused(raw, count)}


def _count(raw: Mapping[str, Any], names: Sequence[str] | None) -> int:
    """Infer the number of countries, from lists or from the short form `partners`."""
    counted = count_countries(PARAMETERS, raw, names)
    if raw.get(PARTNERS) is None:
        return counted
    partners = next(p for p in PARAMETERS if p.name == PARTNERS)
    count = 1 + int(read_number(partners, raw[PARTNERS], PARTNERS))
    if counted not in {1, count}:
        raise InputError(PARTNERS, f"means {count} countries but lists have {counted} entries", raw[PARTNERS],
                         remedy="give scalars with partners, or lists without it")  # fmt: skip
    return count


def _require_identical(raw: Mapping[str, Any], count: int) -> None:
    """Refuse lists that set countries apart which the short form calls identical."""
    for p in PARAMETERS:
        value: Any = raw.get(p.name)
        if not is_list(value):
            continue
        if p.kind == "matrix":
            home = np.eye(count, dtype=bool)
            matrix = read_matrix(p, value, count)
            groups = [matrix[home].tolist(), matrix[~home].tolist()]
        else:
            groups = [list(value)]
        if any(entry != group[0] for group in groups for entry in group):
            raise InputError(p.name, f"differs between countries that partners = {count - 1} calls identical", value,
                             remedy="leave partners out, the lists count the countries")  # fmt: skip


def _read_family(spec: Any, key: str, sigma: float) -> Productivity:
    """Read one distribution and require that sales are finite."""
    if isinstance(spec, Productivity):
        return spec
    family = from_spec(spec, key)
    family.require_moment(sigma - 1.0, key=key, order_text="sigma - 1", why="finite sales")
    return family


def _unused(raw: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """Name what was given but plays no part."""
    notes = []
    if raw.get("entry", "free") == "free" and raw.get("J") is not None:
        notes.append('J plays no part with entry = "free"')
    if raw.get("entry") == "fixed" and raw.get("f_e") is not None:
        notes.append('f_e plays no part with entry = "fixed"')
    if count == 1 and not is_list(raw.get("tau", [])):
        notes.append("tau plays no part in a closed economy: set partners, or give L as a list")
    return tuple(notes)
