"""What the Melitz-Ottaviano model takes, and how it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phistar.blocks.cost import Cost, from_spec
from phistar.blocks.keys import read_distributions
from phistar.core.errors import InputError
from phistar.core.parameters import (
    Parameter,
    check_keys,
    count_countries,
    read_names,
    read_parameters,
    require_home_market,
)

PARAMETERS = (
    Parameter("alpha", "scalar", "alpha", "demand intercept: what the first unit of a variety is worth", "numeraire",
              lower=0.0, strict=True),
    Parameter("eta", "scalar", "eta", "how varieties substitute for one another", "numeraire a unit",
              default=1.0, lower=0.0, strict=True),
    Parameter("gamma", "scalar", "gamma", "love of variety: how fast a variety's worth falls", "numeraire a unit",
              default=1.0, lower=0.0, strict=True),
    Parameter("L", "country", "L", "consumers, each with a unit of labour", "people",
              default=1.0, lower=0.0, strict=True),
    Parameter("tau", "matrix", "tau", "iceberg trade cost from origin to destination", "units shipped a unit sold",
              default=1.0, lower=1.0, diagonal=1.0, infinite=True),
    Parameter("f_E", "country", "f_E", "sunk cost of a cost draw", "labour", default=1.0, lower=0.0, strict=True),
    Parameter("cost", "productivity", "G", "distribution of marginal cost, one for all or one a country",
              "labour a unit of output",
              words='a table such as {family = "pareto", c_M = 1.0, k = 2.0}, or one a country'),
    Parameter("horizon", "choice", "", "whether entry is free (f_E) or the firms are given (incumbents)",
              default="long", choices=("long", "short")),
    Parameter("incumbents", "country", "N-bar", "firms that hold a draw in the short run", "firms",
              default=None, lower=0.0),
)  # fmt: skip

ERRATA = (
    "gamma belongs in (22), (23), (B.1), (B.2) and (C.1), as in (12) to (16).",
    "Section 2.3's claim for any G fails for variety: with a cost distribution of two humps a larger market can have "
    "fewer sellers.",
    "Footnote 13: a large alpha is not enough for both countries to produce; the smaller one also needs "
    "rho (c_l/c_h)^(k+1) < 1.",
    "Labour used in the differentiated sector must stay below L in every country, or wage 1 is no equilibrium.",
    "(27) and (28): the line for l needs c_X of h below c_M of h; the second condition beside (28) adds nothing.",
    "Footnote 19: with one alpha and no internal trade cost nobody sells abroad and not at home, so its case is empty.",
    "Appendix B with internal trade costs: c_D is the price threshold; domestic producers are rho_ll G(p_max) N_E.",
    "'The partner's welfare is unchanged' in the short run holds for consumer surplus; its profits rise.",
    "Appendix C: 'exporter from country h' is one from l.",
)


def read(raw: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    """Read plain parameters into the fields of the model.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    check_keys(PARAMETERS, raw)
    count = count_countries(PARAMETERS, raw, names)
    countries = read_names(names, count)
    fields = read_parameters(PARAMETERS, raw, count)
    if fields["horizon"] == "short" and fields["incumbents"] is None:
        raise InputError("incumbents", 'is missing: horizon = "short" needs the firms that are there',
                         remedy="give incumbents, one number a country")  # fmt: skip
    fields["incumbents"] = fields["incumbents"] if fields["horizon"] == "short" else None
    require_home_market("tau", fields["tau"])
    fields["costs"] = read_distributions(fields.pop("cost"), count, _read_cost, "cost")
    return {**fields, "countries": countries, "unused": _unused(raw)}


def _read_cost(spec: Any, key: str) -> Cost:
    return spec if isinstance(spec, Cost) else from_spec(spec, key)


def _unused(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what was given but plays no part."""
    if raw.get("horizon", "long") == "long" and raw.get("incumbents") is not None:
        return ('incumbents play no part with horizon = "long"',)
    if raw.get("horizon") == "short" and raw.get("f_E") is not None:
        return ('f_E plays no part with horizon = "short"',)
    return ()
