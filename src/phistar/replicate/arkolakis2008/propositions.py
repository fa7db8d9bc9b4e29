"""The paper's propositions and accounts, each tested at many solved worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from phistar.core.equilibrium import Equilibrium
from phistar.models.market_penetration import margins as split
from phistar.models.market_penetration.sales import sales_of_log_x
from phistar.replicate.arkolakis2008.liberalization import LOG_CASE
from phistar.replicate.arkolakis2008.world import THETA_TILDE
from phistar.replicate.results import READING, SHEET, TEXT, Claim, Section
from phistar.replicate.statements import Trial, judge
from phistar.replicate.worlds import Ledger, latin_hypercube
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import schedule

#: Box of the worlds: ends of theta, theta~ - 1 (in logs), beta, alpha, gamma, tau.
BOX = {"theta": (3.0, 12.0), "above": (0.15, 2.0), "beta": (0.2, 3.0), "alpha": (0.0, 1.0), "gamma": (0.0, 1.0),
       "tau": (1.2, 2.5)}  # fmt: skip
WORLDS, SEED = 12, 2008
#: Worlds of either kind that are solved by sums over firms as well.
SUMMED = 3
#: How far two exact expressions of double precision may be apart after solving.
EXACT = 1e-9
#: Fall of trade costs of a liberalization.
CUT = 0.9
LOGNORMAL = {"family": "lognormal", "mu": 0.0, "sd": 0.3}


@dataclass(frozen=True)
class Draw:
    """One world: its parameters, solved before and after trade costs fall."""

    parameters: dict[str, Any]
    before: Equilibrium
    after: Equilibrium

    @property
    def model(self) -> Any:
        """The model before."""
        return self.before.model


def propositions_section(ledger: Ledger) -> Section:
    """Judge propositions 1 to 3, the accounts and the welfare formula."""
    symmetric = [_draw(u, ledger, alike=True) for u in latin_hypercube(WORLDS, len(BOX), SEED)]
    unlike = [_draw(u, ledger, alike=False) for u in latin_hypercube(WORLDS, len(BOX), SEED + 1)]
    fixed = [_draw(u, ledger, alike=False, beta=0.0) for u in latin_hypercube(WORLDS // 3, len(BOX), SEED + 2)]
    ends = ", ".join(f"{'theta~ - 1' if k == 'above' else k} {low:g} to {high:g}" for k, (low, high) in BOX.items())
    note = f"{WORLDS} worlds of two equal countries and {WORLDS} of three unlike ones, a Latin hypercube over {ends}; "
    summed = [_by_sums(d, ledger) for d in unlike[:SUMMED] + fixed[:SUMMED]]
    claims = (
        *_reach(unlike, fixed),
        *_growth(symmetric),
        *_elasticity(unlike, fixed),
        *_margins(),
        _common_cut(symmetric),
        _profit_share(summed),
        _balance(summed, ledger),
        _welfare(unlike + fixed),
        _free_entry(unlike, ledger),
    )
    return Section("propositions", "Propositions, accounts, welfare", (f"{note}tau - 1 falls by a tenth.",), claims)


def _draw(u: np.ndarray, ledger: Ledger, *, alike: bool, beta: float | None = None) -> Draw:
    at = {key: float(low + (high - low) * x) for (key, (low, high)), x in zip(BOX.items(), u, strict=True)}
    n = 2 if alike else 3
    spread = np.ones(n) if alike else np.array([0.5, 1.0, 2.0])
    given: dict[str, Any] = {
        "theta": at["theta"],
        "theta_tilde": 1.0 + float(BOX["above"][0] * (BOX["above"][1] / BOX["above"][0]) ** u[1]),
        "beta": at["beta"] if beta is None else beta,
        "alpha": at["alpha"],
        "gamma": at["gamma"],
        "psi": 0.05,
        "L": spread.tolist(),
        "b": (spread[::-1] ** 0.2).tolist(),
        "tau": at["tau"],
    }
    before, after = (ledger.solve({"model": "market_penetration", "parameters": {**given, "tau": tau}})
                     for tau in (at["tau"], 1.0 + CUT * (at["tau"] - 1.0)))  # fmt: skip
    return Draw(given, before, after)


def _trial(kind: str, held: Sequence[Any], draws: Sequence[Draw], condition: Sequence[bool] | None = None) -> Trial:
    known = np.full(len(draws), True)
    where = None if condition is None else np.array(condition)
    return Trial(kind, np.array(held, dtype=bool), known, where, [d.parameters for d in draws])


# -- proposition 1 -------------------------------------------------------------------------------------------


def _reach(draws: Sequence[Draw], fixed: Sequence[Draw]) -> Iterator[Claim]:
    yield judge(
        "threshold", "there exists a threshold φ∗ such that ∀φ ≤ φ∗, n(φ) = 0", "nobody is reached up to the cutoff",
        [_trial(kind, [np.all(_reached(d)[0] == 0.0) for d in some], some)
         for kind, some in (("beta > 0", draws), ("beta = 0", fixed))],
    )  # fmt: skip
    yield judge(
        "more_productive_reach_more", "φ1 > φ2 =⇒ n(φ1) > n(φ2), ∀φ1, φ2 ≥ φ∗", "reach rises with productivity",
        [_trial("beta > 0", [np.all(np.diff(_reached(d)[1]) > 0.0) for d in draws], draws)],
    )  # fmt: skip
    yield judge(
        "all_or_nobody", "If β = 0 ... ∀φ > φ∗, n(φ) = 1", "without diminishing returns sellers reach everybody",
        [_trial("beta = 0", [np.all(_reached(d)[1] == 1.0) for d in fixed], fixed)],
    )  # fmt: skip


def _reached(draw: Draw) -> tuple[np.ndarray, np.ndarray]:
    """Return the reach of firms of country 0 abroad, below the cutoff and above it."""
    cutoff = float(draw.before["cutoff"][0, 1])
    below, above = cutoff * np.linspace(0.5, 1.0 - 1e-12, 9), cutoff * (1.0 + np.geomspace(1e-6, 1.0, 25))
    found = [schedule(draw.before, phi)["reach"][0, 1] for phi in (below, above)]
    return found[0], found[1]


# -- proposition 2 -------------------------------------------------------------------------------------------


def _growth(draws: Sequence[Draw]) -> Iterator[Claim]:
    held = []
    for d in draws:
        # up to where all but e^-12 of consumers are reached: beyond, growth differs by less than rounding
        widest = 12.0 * float(d.model.beta) / (float(d.model.sigma) - 1.0)
        phi = float(d.before["cutoff"][0, 1]) * np.exp(np.geomspace(1e-3 * widest, widest, 30))
        growth = schedule(d.after, phi)["revenue"][0, 1] / schedule(d.before, phi)["revenue"][0, 1]
        held.append(np.all(np.diff(growth) < 0.0))
    yield judge(
        "small_grow_faster",
        "The elasticity of trade flows of a good ... is higher the lower the productivity φ",
        "after a symmetric fall of tau sales grow by more, the smaller they were", [_trial("beta > 0", held, draws)],
    )  # fmt: skip
    log_x = np.array([0.0, 1e-3, 0.01, 0.1, 1.0])
    near = np.abs(zeta(log_x, 4.0, 1e-5) - 4.0) < 1e-6
    yield judge(
        "limit_of_zeta", "as β → 0, ζ(φ) → (σ − 1) ∀φ ≥ φ∗", "the elasticity of sales to the cutoff, at beta = 1e-5",
        [Trial("phi/phi*", near, np.full(log_x.size, True), log_x > 0.0)], condition="φ > φ*",
        evidence="at φ* itself it is infinite for every β > 0",
    )  # fmt: skip


def zeta(log_x: np.ndarray, S: float, beta: float) -> np.ndarray:
    """Compute -d ln r/d ln phi* at ln(phi/phi*), from sales of the firm and of its neighbour."""
    step = 1e-9
    with np.errstate(divide="ignore"):
        low, high = (np.log(sales_of_log_x(log_x + e, S, beta)) for e in (0.0, step))
    return np.asarray((high - low) / step)


# -- proposition 3 -------------------------------------------------------------------------------------------


def _elasticity(draws: Sequence[Draw], fixed: Sequence[Draw]) -> Iterator[Claim]:
    """Judge the elasticity of trade from firms' margins, not from the closed form that assumes it."""
    trials = []
    for kind, some in (("beta > 0", draws), ("beta = 0", fixed)):
        held = [abs(float(_local(d.model).total) / float(d.model.theta) - 1.0) < EXACT for d in some]
        trials.append(_trial(kind, held, some))
    yield judge(
        "elasticity_theta", "The elasticity of trade flows with respect to variable trade costs τij is θ",
        "margins add up to theta, wages and demand given, whatever beta", trials,
    )  # fmt: skip
    local = [_local(d.model) for d in draws]
    held = [bool(found.new_consumers > found.new_firms == 0.0) for found in local]
    yield judge(
        "local_margins",
        "For small changes in variable trade costs τij, changes in the new consumers margin always dominate",
        "at the margin (S, theta - S, 0) while beta is positive", [_trial("beta > 0", held, draws)],
    )  # fmt: skip


def _local(m: Any) -> split.Margins:
    """Compute the local margins of a model under the paper's Pareto."""
    return split.local_margins(split.pareto_market(float(m.theta_tilde), float(m.sigma), float(m.beta)))


def _margins() -> Iterator[Claim]:
    def lead(log_g: float) -> float:
        found = split.margins(LOG_CASE, log_g)
        return float(found.new_consumers - found.new_firms)

    turn = float(np.exp(brentq(lead, 1e-3, 2.0)))
    falls = np.array([1.01, 1.05, 1.1, 1.2, 1.3, 1.5])
    held = np.array([lead(float(np.log(g))) > 0.0 for g in falls])
    yield judge(
        "large_changes", "the contribution of the new consumers margin ... is larger than ... of the new firms margin",
        f"the same at theta~ = {THETA_TILDE:g}, beta = 1 for falls of the cutoff of any size",
        [Trial("falls of the cutoff", held, np.full(falls.size, True), falls < turn)],
        condition=f"the cutoff falls by a factor below {turn:.4f}", source=READING,
    )  # fmt: skip


def _common_cut(draws: Sequence[Draw]) -> Claim:
    held = []
    for d in draws:
        home = float(d.before["trade_share"][0, 0])
        found = elasticities(d.before, to="tau")
        cutoff, flow = (float(found[(name, "tau")][0, 1]) for name in ("cutoff", "trade_flow"))
        held.append(abs(cutoff - home) < EXACT and abs(flow + float(d.model.theta) * home) < EXACT)
    return judge(
        "common_cut", "footnote 26 sets d ln φ*/d ln τ = 1; in the symmetric general equilibrium it is λ_jj",
        "d ln phi*/d ln tau = lambda_jj and d ln X/d ln tau = -theta lambda_jj, by exact elasticities",
        [_trial("two equal countries", held, draws)], source=SHEET,
    )  # fmt: skip


# -- accounts and welfare ------------------------------------------------------------------------------------


def _by_sums(draw: Draw, ledger: Ledger) -> Draw:
    """Solve a world by sums over firms: the Pareto as a table, for which the library uses no closed form."""
    m = draw.model
    tables = [{"family": "pareto", "k": float(m.theta), "scale": float(b)} for b in m.b]
    given = {k: v for k, v in draw.parameters.items() if k not in {"theta", "theta_tilde", "b"}}
    parameters = {**given, "sigma": float(m.sigma), "productivity": tables}
    eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
    return Draw({**parameters, "theta": draw.parameters["theta"]}, eq, eq)


def _profit_share(draws: Sequence[Draw]) -> Claim:
    held = []
    for d in draws:
        sigma = float(d.model.sigma)
        profit = d.before["trade_flow"] / sigma - d.before["marketing"]
        eta = (sigma - 1.0) / (d.parameters["theta"] * sigma)
        held.append(np.all(np.abs(profit / d.before["trade_flow"] / eta - 1.0) < EXACT))
    return judge(
        "profit_share", "the share of profits out of total income is constant and equal to η = (σ − 1)/(θσ)",
        "in every market, whatever beta, alpha and gamma", [_trial("Pareto", held, draws)],
    )  # fmt: skip


def _balance(draws: Sequence[Draw], ledger: Ledger) -> Claim:
    """Judge (16) under the Pareto, and under another distribution with and without marketing paid abroad."""
    trials = [_trial("Pareto", [_goods_balance(d.before) for d in draws], draws, [True] * len(draws))]
    held, where, given, largest = [], [], [], 0.0
    for gamma in (0.0, 0.5):
        parameters = {"sigma": 4.0, "productivity": LOGNORMAL, "gamma": gamma, "psi": 0.05, "L": [1.0, 3.0],
                      "tau": [[1.0, 1.8], [1.3, 1.0]]}  # fmt: skip
        eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
        held.append(_goods_balance(eq))
        where.append(gamma == 0.0)
        given.append(parameters)
        largest = max(largest, float(np.max(np.abs(eq["net_exports"] / eq["expenditure"]))))
    trials.append(Trial("lognormal", np.array(held), np.array([True, True]), np.array(where), given))
    return judge(
        "trade_balance", "The labor market clears, which given the trade balance can be shown to be equivalent to (16)",
        "sales of goods everywhere equal spending", trials, condition="productivity is Pareto, or γ = 0",
        evidence=f"else goods pay for foreign marketing labour: up to {largest:.1e} of spending",
    )  # fmt: skip


def _goods_balance(eq: Equilibrium) -> bool:
    flow = eq["trade_flow"]
    return bool(np.all(np.abs(flow.sum(axis=1) / flow.sum(axis=0) - 1.0) < EXACT))


def _welfare(draws: Sequence[Draw]) -> Claim:
    held = []
    for d in draws:
        change = np.log(d.after["welfare"] / d.before["welfare"])
        opened = np.log(np.diagonal(d.after["trade_share"]) / np.diagonal(d.before["trade_share"]))
        held.append(np.all(np.abs(change + opened / float(d.model.theta)) < EXACT))
    return judge(
        "welfare", "trade costs change welfare by the domestic share to the power -1/θ, whatever β and γ",
        "W'/W = (lambda_jj'/lambda_jj)^(-1/theta)", [_trial("Pareto", held, draws)], source=SHEET,
    )  # fmt: skip


def _free_entry(draws: Sequence[Draw], ledger: Ledger) -> Claim:
    held = []
    for d in draws:
        m = d.model
        f_e = (float(m.eta) * np.asarray(m.L) / np.asarray(m.J)).tolist()
        parameters = {**d.parameters, "entry": "free", "f_e": f_e}
        eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
        same = [
            np.max(np.abs(eq[name] / d.before[name] - 1.0)) < EXACT for name in ("wage", "trade_share", "mass_entrants")
        ]
        held.append(all(same))
    return judge(
        "free_entry", "an unbounded pool of entrants and free entry ... gives rise to identical predictions",
        "wages and trade shares where free entry leads to the same J", [_trial("Pareto", held, draws)], source=TEXT,
    )  # fmt: skip
