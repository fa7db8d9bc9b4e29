"""What the market penetration model takes, and how it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phistar.blocks.iceberg import log_iceberg
from phistar.blocks.keys import read_distributions
from phistar.blocks.productivity import Productivity, from_spec
from phistar.core.errors import InputError
from phistar.core.parameters import (
    Parameter,
    check_keys,
    count_countries,
    read_index,
    read_names,
    read_parameters,
    require_home_market,
)

PARAMETERS = (
    Parameter("sigma", "scalar", "sigma", "elasticity of substitution", default=None, lower=1.0, strict=True),
    Parameter("theta", "scalar", "theta", "Pareto shape of productivity", default=None, lower=0.0, strict=True),
    Parameter("theta_tilde", "scalar", "theta~", "theta/(sigma - 1), in place of one of the two",
              default=None, lower=1.0, strict=True),
    Parameter("beta", "scalar", "beta", "how fast marketing runs into consumers already reached (0: a fixed cost)",
              default=1.0, lower=0.0),
    Parameter("alpha", "scalar", "alpha", "elasticity of the marketing cost to the market's population",
              default=0.44, lower=0.0, upper=1.0),
    Parameter("gamma", "scalar", "gamma", "share of marketing paid in the destination's wages",
              default=0.31, lower=0.0, upper=1.0),
    Parameter("psi", "scalar", "psi", "productivity of marketing: an ad takes 1/psi of labour", "ads a unit of labour",
              lower=0.0, strict=True),
    Parameter("L", "country", "L", "consumers, each with a unit of labour", "people",
              default=1.0, lower=0.0, strict=True),
    Parameter("b", "country", "b", "technology: the least productivity drawn", "output a unit of labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("tau", "matrix", "tau", "iceberg trade cost from origin to destination", "units shipped a unit sold",
              default=1.0, lower=1.0, diagonal=1.0, infinite=True),
    Parameter("entry", "choice", "", "whether potential firms are given (J) or enter freely (f_e)",
              default="fixed", choices=("fixed", "free")),
    Parameter("J", "country", "J", "potential firms where entry is fixed", "firms",
              default=1.0, lower=0.0, strict=True),
    Parameter("f_e", "country", "f_e", "cost of a productivity draw where entry is free", "labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("productivity", "productivity", "G",
              "any distribution in place of theta and b, one for all or one a country",
              "output a unit of labour", default=None,
              words='a table such as {family = "pareto", k = 4.5, scale = 1.0}, or one a country'),
    Parameter("numeraire", "index", "", "country whose wage is one, by index or name", default=0),
)  # fmt: skip

ERRATA = (
    "Equilibrium definition: the cost of production is tau_ij w_i q/phi, and profits per head divide by L_i.",
    "After (7): the cost of reaching everybody is infinite only for beta >= 1; below 1 it tends to 1/(1 - beta).",
    "Appendix A: the exponent of 1 - n in the first-order condition is -beta, the factor of the second derivative too.",
    "Appendix C: sigma/psi~ should read 1/psi~, and the shape of the Pareto tail of sales is theta~, not -1/theta~.",
    "Appendix D: the cutoff of firms that serve k more markets is phi_ij^(k), not phi_ii^(k).",
    "Table 1: nine categories of 230 goods leave 228 for the tenth, since 2298 goods were traded throughout.",
    "Footnote 26: in the symmetric general equilibrium d ln phi*/d ln tau = lambda_jj, not 1, so the elasticity to a "
    "common tau is -theta lambda_jj.",
    "Proposition 2: the limit beta -> 0 excludes firms at the cutoff itself.",
    "Proposition 3 (ii) holds for small changes; large ones can bring more trade by new firms than by new consumers.",
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
    given = {k: v for k, v in raw.items() if k != "numeraire"}
    fields = read_parameters(PARAMETERS, given, count)
    fields["families"] = _read_families(fields.pop("productivity"), count, raw)
    _read_shapes(fields)
    require_home_market("tau", fields["tau"])
    fields["log_tau"] = log_iceberg(fields.pop("tau"))
    fields["J" if fields["entry"] == "free" else "f_e"] = None
    fields["numeraire"] = read_index(raw.get("numeraire", 0), countries)
    return {**fields, "countries": countries, "unused": _unused(raw)}


def _read_families(spec: Any, count: int, raw: Mapping[str, Any]) -> tuple[Productivity, ...]:
    """Read one distribution for all or one a country; none where theta and b stand for a Pareto."""
    if spec is None:
        return ()
    for key in ("theta", "theta_tilde", "b"):
        if raw.get(key) is not None:
            raise InputError("productivity", f"cannot stand beside {key}",
                             remedy=f"give one or the other: a Pareto's {key} belongs in its table")  # fmt: skip
    return read_distributions(spec, count, _read_family, "productivity")


def _read_family(spec: Any, key: str) -> Productivity:
    return spec if isinstance(spec, Productivity) else from_spec(spec, key)


def _read_shapes(fields: dict[str, Any]) -> None:
    """Work out sigma and theta from the two of (sigma, theta, theta_tilde) that are given; sales must be finite."""
    tilde = fields.pop("theta_tilde")
    sigma, theta = fields["sigma"], fields["theta"]
    fields["tilde_moves"] = "theta" if theta is None else "sigma"
    if fields["families"]:
        fields["b"] = None
        if sigma is None:
            raise InputError("sigma", "is missing: elasticity of substitution", remedy="give sigma with productivity")
        _require_finite_sales(fields["families"], sigma)
        return
    known = sum(value is not None for value in (sigma, theta, tilde))
    if known == 3:
        raise InputError("theta_tilde", "cannot stand beside both sigma and theta", tilde, "leave one of the three out")
    if known < 2:
        name = "theta" if theta is None else "sigma"
        raise InputError(
            name, "is missing", remedy="give two of sigma, theta and theta_tilde, or sigma and productivity"
        )
    if sigma is None:
        fields["sigma"] = 1.0 + theta / tilde
    elif theta is None:
        fields["theta"] = tilde * (sigma - 1.0)
    elif not theta > sigma - 1.0:
        raise InputError("theta", f"must exceed sigma - 1 = {sigma - 1.0:.6g} for finite sales", float(theta),
                         "raise theta or lower sigma")  # fmt: skip


def _require_finite_sales(families: tuple[Productivity, ...], sigma: Any) -> None:
    shared = all(family is families[0] for family in families)
    for i, family in enumerate(families[:1] if shared else families):
        key = "productivity" if shared else f"productivity[{i}]"
        family.require_moment(sigma - 1.0, key=key, order_text="sigma - 1", why="finite sales")


def _unused(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what was given but plays no part."""
    entry, idle = raw.get("entry", "fixed"), "J" if raw.get("entry") == "free" else "f_e"
    return () if raw.get(idle) is None else (f'{idle} plays no part with entry = "{entry}"',)
