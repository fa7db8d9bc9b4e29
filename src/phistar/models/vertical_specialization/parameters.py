"""What the vertical-specialization model takes, and how it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from phistar.blocks.keys import read_distributions
from phistar.blocks.productivity import Productivity, from_spec
from phistar.core.errors import InputError, entries
from phistar.core.parameters import (
    Parameter,
    check_keys,
    count_countries,
    is_list,
    read_index,
    read_names,
    read_parameters,
)

PARAMETERS = (
    Parameter("sigma", "scalar", "sigma", "elasticity of substitution, of varieties and of inputs alike",
              lower=1.0, strict=True),
    Parameter("L", "country", "L", "labour force", "people", default=1.0, lower=0.0, strict=True),
    Parameter("tau_X", "country", "tau_X", "iceberg cost of the final goods that the country's firms export",
              "units shipped a unit sold", lower=1.0, infinite=True),
    Parameter("tau_M", "country", "tau_M", "iceberg cost of the inputs that the country's firms import",
              "units shipped a unit used", lower=1.0, infinite=True),
    Parameter("f_D", "country", "f_D", "fixed cost of selling at home", "labour", default=1.0, lower=0.0, strict=True),
    Parameter("f_X", "country", "f_X", "fixed cost of exporting", "labour", default=1.0, lower=0.0, strict=True),
    Parameter("f_DM", "country", "f_DM", "further fixed cost of importing inputs for what is sold at home", "labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("f_XM", "country", "f_XM", "further fixed cost of importing inputs for what is exported", "labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("f_E", "country", "f_E", "sunk cost of a productivity draw", "labour",
              default=1.0, lower=0.0, strict=True),
    Parameter("productivity", "productivity", "G", "productivity distribution, one for both or one a country",
              "output a unit of the input bundle",
              words='a table such as {family = "pareto", k = 4.5, scale = 1.0}, or one a country'),
    Parameter("numeraire", "index", "", "country whose wage is one, by index or name", default=1),
)  # fmt: skip

ERRATA = (
    "(1): the export cutoff has tau_X w_i, the exporter's own wage, not tau_X w_j.",
    "Profits in 2.2: B/s_i, not B s_i; importing raises them.",
    "A.1.2: in the integrals for E_D and E_M tau_X must not multiply what is sold at home, and the shares s_i and "
    "1 - s_i are missing; the lines that follow are right.",
    "Free entry does not pin the mass of entrants: revenue does, M_E = R/(sigma w sum F).",
    "(A.14): the elasticity of phi_XM1 is (1/rho - 1) omega + phi_D2, not (1 + 1/rho) omega + phi_D2.",
    "Text under (14): the two cutoff ratios move together, as footnote 8 has it, not in opposite directions.",
    "(15) is not needed for Proposition 3(i), and not sufficient for footnote 9's claim: 3(ii) can fail with it.",
    "(21) with a falling trade-balance curve needs |Psi_omega| > |Phi_omega| beside the signs.",
    "4.2: 'greater joint participation' contradicts (10): exporters that import become fewer in the larger country.",
    "Below (22): |Psi_omega - Phi_omega| is not smaller where the home-market effect fails.",
    "The benchmark's domestic cutoff lies below the support phi >= 1 (0.959 at tau_M = 1.5): it needs f_E <= 2.0278.",
)


def read(raw: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    """Read plain parameters into the fields of the model.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    check_keys(PARAMETERS, raw)
    _require_two(raw, names)
    countries = read_names(names, 2)
    fields = read_parameters(PARAMETERS, {k: v for k, v in raw.items() if k != "numeraire"}, 2)
    fields["families"] = read_distributions(
        fields.pop("productivity"), 2, partial(_read_family, sigma=fields["sigma"]), "productivity"
    )
    fields["numeraire"] = read_index(1 if raw.get("numeraire") is None else raw["numeraire"], countries)
    return {**fields, "countries": countries}


def _require_two(raw: Mapping[str, Any], names: Sequence[str] | None) -> None:
    """Refuse any number of countries but two, naming the list that says so."""
    count = count_countries(PARAMETERS, raw, names)
    listed = [p.name for p in PARAMETERS if p.kind in {"country", "productivity"} and is_list(raw.get(p.name))]
    if count != 2 and (listed or names is not None):
        key = listed[0] if listed else "countries.names"
        raise InputError(key, f"has {entries(count)}: the model has two countries", remedy="give two, or one number")


def _read_family(spec: Any, key: str, sigma: float) -> Productivity:
    """Read one distribution and require that sales are finite."""
    if isinstance(spec, Productivity):
        return spec
    family = from_spec(spec, key)
    family.require_moment(sigma - 1.0, key=key, order_text="sigma - 1", why="finite sales")
    return family
