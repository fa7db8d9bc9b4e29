"""What the granular model takes, and how it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phistar.blocks.oligopoly import CONDUCTS
from phistar.core.errors import InputError
from phistar.core.parameters import Parameter, check_keys, count_countries, is_list, read_names, read_parameters
from phistar.models.granular.draws import read_firms

MARKETS = ("autarky", "integrated", "feenstra_ma", "segmented")

PARAMETERS = (
    Parameter("sigma", "scalar", "sigma", "elasticity of substitution between varieties", lower=1.0, strict=True),
    Parameter("K_1", "scalar", "K_1", "cost of each variety", "labour", default=1.0, lower=0.0, strict=True),
    Parameter("K_0", "scalar", "K_0", "cost of being in the market", "labour", default=0.0, lower=0.0),
    Parameter("productivities", "firms", "phi_f",
              "the firms: a list, a file, a table to draw from, or one of these a country", "output a unit of labour",
              words='a list such as [0.3, 0.28, 0.2], a file, or a draw such as '
              '{family = "pareto", k = 5, scale = 0.2, firms = 10, seed = 1}'),
    Parameter("upper", "choice", "", "spending on the sector: fixed (R) or a CES share (eta, I)", default="fixed",
              choices=("fixed", "ces")),
    Parameter("R", "country", "R", "spending on the sector in one economy", "numeraire", default=None,
              lower=0.0, strict=True),
    Parameter("E", "country", "E", "another name for R", "numeraire", default=None, lower=0.0, strict=True),
    Parameter("eta", "scalar", "eta", "elasticity of substitution between the sector and the numeraire", default=None,
              lower=0.0, strict=True),
    Parameter("I", "country", "I", "spending on everything in one economy", "numeraire", default=None,
              lower=0.0, strict=True),
    Parameter("market", "choice", "", "which firms meet where; segmented by default where there are several countries",
              default=None, choices=MARKETS),
    Parameter("W", "integer", "W", "number of symmetric economies that integrate", "economies", default=2, lower=1),
    Parameter("L", "country", "L", "people in one economy, which matter for welfare per head alone", "people",
              default=2000.0, lower=0.0, strict=True),
    Parameter("conduct", "choice", "", "whether rivals set prices or quantities", default="bertrand",
              choices=CONDUCTS),
    Parameter("scope", "choice", "", "whether firms choose a range of varieties or have one each", default="multi",
              choices=("multi", "single")),
    Parameter("f", "scalar", "f", "cost of being in the market with one variety", "labour", default=0.0, lower=0.0),
    Parameter("tau", "matrix", "tau", "iceberg trade cost from origin to destination, in segmented markets",
              "units shipped a unit sold", default=1.0, lower=1.0, diagonal=1.0, infinite=True),
    Parameter("scope_choice", "choice", "", "in segmented markets, a scope in each or one for all",
              default="per_market", choices=("per_market", "common")),
)  # fmt: skip

ERRATA = (
    "(31): the exponent of tau_f is -(sigma-1)/sigma, as in (33).",
    "(A.5): the numerator lacks tau^(-(sigma-1)/sigma); epsilon_f = 1/(1 - (1 - 1/epsilon_z) tau_f^((sigma-1)/sigma)).",
    "Tables A.3 and A.4, before: computed from the misprinted (A.5), they are no equilibria.",
    "Table A.3, before: the varieties 10.9 and 3.4 are those of Table A.4.",
    "Tables 4 and 5: firm 3 is 0.237 and firm 5 is 0.2345; the text's autarky cutoff 0.202 is 0.2345.",
    "Table 3, 100 per cent: one firm alone has no finite markup, so the column is no equilibrium.",
    "(A.6) is right, but the fixed cost set to zero there is K_0, not K_1.",
    "(1) is quasi-linear, not Cobb-Douglas: spending on the sector does not grow with income.",
    "Table A.1: the sectoral line of demand lacks 1/P.",
    "'A more productive firm may charge more' follows from (A.5) as printed; prices fall with productivity, as "
    "phi^(-1/sigma).",
    "'Less productive firms cut markups faster': every survivor's markup falls by one common factor.",
    "'All survivors face a lower profit' is false in one of the four examples, Example 2, where the best firm gains.",
    "'Survivors' markups fall': under CES with eta near sigma they can rise; they must fall if "
    "(sigma-1)/(sigma-eta) < W.",
)


def read(raw: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    """Read plain parameters into the fields of the model.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    check_keys(PARAMETERS, raw)
    lists = read_firms(raw["productivities"])
    count = _count(raw, names, lists)
    fields = read_parameters([p for p in PARAMETERS if p.kind != "firms"], raw, count)
    fields["market"] = _market(fields["market"], count, lists)
    if len(lists) == 1:
        lists = lists * count
    several = fields["market"] == "segmented"
    countries = read_names(names, count)
    _spending(fields)
    _elasticities(fields)
    _require_rivals(fields, [len(firms) for firms in lists])
    return {
        **{name: fields[name] for name in fields if name != "E"},
        "countries": countries,
        "phi": np.concatenate(lists),
        "home": np.repeat(np.arange(count), [len(firms) for firms in lists]),
        "unused": _unused(raw, fields, several),
    }


def _count(raw: Mapping[str, Any], names: Sequence[str] | None, lists: list[np.ndarray]) -> int:
    """Count the countries: one market has one, however many economies are in it."""
    market = raw.get("market")
    if market not in (None, "segmented") or (market is None and len(lists) == 1 and not _many(raw, names)):
        if len(lists) > 1:
            raise InputError("productivities", f"holds {len(lists)} lists where the market is one", market,
                             remedy='write market = "segmented", or give one list')  # fmt: skip
        for p in PARAMETERS:
            value = raw.get(p.name)
            if p.kind in {"country", "matrix"} and _length(value) not in {None, 1}:
                raise InputError(p.name, f"has {_length(value)} entries where the market is one", value,
                                 remedy='give one number, or write market = "segmented"')  # fmt: skip
        if names is not None and len(names) != 1:
            raise InputError("countries.names", f"has {len(names)} entries where the market is one", list(names))
        return 1
    count = count_countries(PARAMETERS, raw, names)
    if len(lists) > 1:
        if count not in {1, len(lists)}:
            raise InputError("productivities", f"has {len(lists)} entries for {count} countries",
                             remedy="give one list a country")  # fmt: skip
        return len(lists)
    return count if count > 1 else _economies(raw)


def _many(raw: Mapping[str, Any], names: Sequence[str] | None) -> bool:
    """Whether anything is given country by country."""
    given = [raw.get(p.name) for p in PARAMETERS if p.kind in {"country", "matrix"}]
    return any((_length(value) or 0) > 1 for value in given) or (names is not None and len(names) > 1)


def _length(value: Any) -> int | None:
    """Return the length of a list, None for anything else."""
    return len(value) if is_list(value) else None


def _economies(raw: Mapping[str, Any]) -> int:
    p = next(p for p in PARAMETERS if p.name == "W")
    return int(read_parameters([p], raw, 1)["W"])


def _market(market: str | None, count: int, lists: list[np.ndarray]) -> str:
    if market is not None:
        return market
    return "segmented" if max(count, len(lists)) > 1 else "autarky"


def _spending(fields: dict[str, Any]) -> None:
    """Settle what is spent: R (or E) where it is fixed, I under CES."""
    if fields["R"] is not None and fields["E"] is not None:
        raise InputError("E", "is another name of R", remedy="give one of them")
    fields["R"] = fields["E"] if fields["R"] is None else fields["R"]
    needed, idle = ("R", "I") if fields["upper"] == "fixed" else ("I", "R")
    if fields[needed] is None:
        what = next(p.meaning for p in PARAMETERS if p.name == needed)
        raise InputError(needed, f'is missing: {what}, with upper = "{fields["upper"]}"', remedy=f"give {needed}")
    fields[idle] = None


def _elasticities(fields: dict[str, Any]) -> None:
    sigma, eta = fields["sigma"], fields["eta"]
    if fields["upper"] == "fixed":
        fields["eta"] = None
    elif eta is None:
        raise InputError("eta", 'is missing with upper = "ces"', remedy="give eta below sigma")
    elif eta >= sigma:
        raise InputError("eta", f"must be below sigma = {sigma:g}", float(eta),
                         remedy="varieties of one sector are closer substitutes than sectors are")  # fmt: skip


def _require_rivals(fields: dict[str, Any], firms: list[int]) -> None:
    """Refuse a market with one firm where a firm alone has no finite markup."""
    if fields["upper"] == "ces" and fields["eta"] > 1.0:
        return
    reach = np.isfinite(fields["tau"]) if fields["market"] == "segmented" else np.ones((1, 1), dtype=bool)
    for j, number in enumerate(np.asarray(firms) @ reach):
        if number < 2:
            where = "" if len(firms) == 1 else f" (market {j})"
            kind = "R is fixed" if fields["upper"] == "fixed" else "eta is at most 1"
            raise InputError("productivities", f"holds one firm{where}, which has no finite markup where {kind}",
                             remedy='add a rival, or take upper = "ces" with eta above 1')  # fmt: skip


def _unused(raw: Mapping[str, Any], fields: Mapping[str, Any], several: bool) -> tuple[str, ...]:
    """Name what was given but plays no part."""
    idle = {
        "R": fields["upper"] == "ces",
        "E": fields["upper"] == "ces",
        "I": fields["upper"] == "fixed",
        "eta": fields["upper"] == "fixed",
        "K_0": fields["scope"] == "single",
        "K_1": fields["scope"] == "single",
        "f": fields["scope"] == "multi",
        "tau": not several,
        "scope_choice": not several or fields["scope"] == "single",
        "W": fields["market"] == "autarky",
    }
    said = {"fixed": 'upper = "fixed"', "ces": 'upper = "ces"'}[fields["upper"]]
    world = f'market = "{fields["market"]}"'
    why = {"K_0": 'scope = "single"', "K_1": 'scope = "single"', "f": 'scope = "multi"',
           "tau": world, "W": world, "scope_choice": world if not several else 'scope = "single"'}  # fmt: skip
    defaults = {p.name: p.default for p in PARAMETERS}
    return tuple(
        f"{name} plays no part with {why.get(name, said)}"
        for name, no_part in idle.items()
        if no_part and raw.get(name) is not None and raw[name] != defaults[name]
    )
