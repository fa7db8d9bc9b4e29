"""The paper's propositions and accounts, each tested at many solved worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from phistar.core.equilibrium import Equilibrium
from phistar.models.market_penetration import margins as split
from phistar.models.market_penetration.sales import sales_of_log_x
from phistar.replicate.arkolakis2008.draws import BOX, LOGNORMAL, SEED, SUMMED, WORLDS, Draw, by_sums, solve_draw
from phistar.replicate.arkolakis2008.liberalization import LOG_CASE
from phistar.replicate.arkolakis2008.world import THETA_TILDE
from phistar.replicate.comparisons import same
from phistar.replicate.one_by_one import Group, each, trial_of
from phistar.replicate.results import READING, SHEET, TEXT, Claim, Section
from phistar.replicate.statements import Statement, judge, judge_each
from phistar.replicate.worlds import Ledger, latin_hypercube
from phistar.verbs.elasticities import elasticities
from phistar.verbs.simulate import schedule

#: How far two exact expressions of double precision may be apart after solving.
EXACT = 1e-9


def propositions_section(ledger: Ledger) -> Section:
    """Judge propositions 1 to 3, the accounts and the welfare formula."""
    symmetric = [solve_draw(u, ledger, alike=True) for u in latin_hypercube(WORLDS, len(BOX), SEED)]
    unlike = [solve_draw(u, ledger, alike=False) for u in latin_hypercube(WORLDS, len(BOX), SEED + 1)]
    fixed = [solve_draw(u, ledger, alike=False, beta=0.0) for u in latin_hypercube(WORLDS // 3, len(BOX), SEED + 2)]
    summed = [by_sums(d, ledger) for d in unlike[:SUMMED] + fixed[:SUMMED]]
    over = {
        "penetration": [Group("beta > 0", unlike)],
        "fixed cost": [Group("beta = 0", fixed)],
        "either": [Group("beta > 0", unlike), Group("beta = 0", fixed)],
        "cut": [Group("beta > 0", symmetric)],
        "equal": [Group("two equal countries", symmetric)],
        "summed": [Group("Pareto", summed)],
        "all": [Group("Pareto", unlike + fixed)],
    }
    claims = (
        *judge_each((*REACH, SMALL_GROW_FASTER), over),
        _limit_of_zeta(),
        *judge_each(ELASTICITY, over),
        _large_changes(),
        *judge_each(ACCOUNTS, over),
        _balance(summed, ledger),
        WELFARE.judged(over["all"]),
        _free_entry(unlike, ledger),
    )
    ends = ", ".join(f"{'theta~ - 1' if k == 'above' else k} {low:g} to {high:g}" for k, (low, high) in BOX.items())
    note = f"{WORLDS} worlds of two equal countries and {WORLDS} of three unlike ones, a Latin hypercube over {ends}; "
    return Section("propositions", "Propositions, accounts, welfare", (f"{note}tau - 1 falls by a tenth.",), claims)


# -- proposition 1 -------------------------------------------------------------------------------------------


def _reached(draw: Draw) -> tuple[np.ndarray, np.ndarray]:
    """Return the reach of firms of country 0 abroad, below the cutoff and above it."""
    cutoff = float(draw.before["cutoff"][0, 1])
    below, above = cutoff * np.linspace(0.5, 1.0 - 1e-12, 9), cutoff * (1.0 + np.geomspace(1e-6, 1.0, 25))
    found = [schedule(draw.before, phi)["reach"][0, 1] for phi in (below, above)]
    return found[0], found[1]


REACH = (
    Statement("threshold", "there exists a threshold φ∗ such that ∀φ ≤ φ∗, n(φ) = 0",
              "nobody is reached up to the cutoff", each(lambda d: np.all(_reached(d)[0] == 0.0)), over="either"),
    Statement("more_productive_reach_more", "φ1 > φ2 =⇒ n(φ1) > n(φ2), ∀φ1, φ2 ≥ φ∗", "reach rises with productivity",
              each(lambda d: np.all(np.diff(_reached(d)[1]) > 0.0)), over="penetration"),
    Statement("all_or_nobody", "If β = 0 ... ∀φ > φ∗, n(φ) = 1",
              "without diminishing returns sellers reach everybody", each(lambda d: np.all(_reached(d)[1] == 1.0)),
              over="fixed cost"),
)  # fmt: skip


# -- proposition 2 -------------------------------------------------------------------------------------------


def _small_grow_faster(d: Draw) -> bool:
    # up to where all but e^-12 of consumers are reached: beyond, growth differs by less than rounding
    widest = 12.0 * float(d.model.beta) / (float(d.model.sigma) - 1.0)
    phi = float(d.before["cutoff"][0, 1]) * np.exp(np.geomspace(1e-3 * widest, widest, 30))
    growth = schedule(d.after, phi)["revenue"][0, 1] / schedule(d.before, phi)["revenue"][0, 1]
    return bool(np.all(np.diff(growth) < 0.0))


SMALL_GROW_FASTER = Statement(
    "small_grow_faster", "The elasticity of trade flows of a good ... is higher the lower the productivity φ",
    "after a symmetric fall of tau sales grow by more, the smaller they were", each(_small_grow_faster), over="cut",
)  # fmt: skip


def _limit_of_zeta() -> Claim:
    log_x = np.array([0.0, 1e-3, 0.01, 0.1, 1.0])
    near = np.abs(zeta(log_x, 4.0, 1e-5) - 4.0) < 1e-6
    return judge(
        "limit_of_zeta", "as β → 0, ζ(φ) → (σ − 1) ∀φ ≥ φ∗", "the elasticity of sales to the cutoff, at beta = 1e-5",
        [trial_of("phi/phi*", near, [], condition=log_x > 0.0)], condition="φ > φ*",
        evidence="at φ* itself it is infinite for every β > 0",
    )  # fmt: skip


def zeta(log_x: np.ndarray, S: float, beta: float) -> np.ndarray:
    """Compute -d ln r/d ln phi* at ln(phi/phi*), from sales of the firm and of its neighbour."""
    step = 1e-9
    with np.errstate(divide="ignore"):
        low, high = (np.log(sales_of_log_x(log_x + e, S, beta)) for e in (0.0, step))
    return np.asarray((high - low) / step)


# -- proposition 3 -------------------------------------------------------------------------------------------


def _local(m: Any) -> split.Margins:
    """Compute the local margins of a model under the paper's Pareto."""
    return split.local_margins(split.pareto_market(float(m.theta_tilde), float(m.sigma), float(m.beta)))


def _is_theta(d: Draw) -> bool:
    """Whether firms' margins add up to theta; the closed form would assume it."""
    return abs(float(_local(d.model).total) / float(d.model.theta) - 1.0) < EXACT


def _consumers_dominate(d: Draw) -> bool:
    found = _local(d.model)
    return bool(found.new_consumers > found.new_firms == 0.0)


ELASTICITY = (
    Statement("elasticity_theta", "The elasticity of trade flows with respect to variable trade costs τij is θ",
              "margins add up to theta, wages and demand given, whatever beta", each(_is_theta), over="either"),
    Statement("local_margins", "For small changes in variable trade costs τij, changes in the new consumers margin "
              "always dominate", "at the margin (S, theta - S, 0) while beta is positive", each(_consumers_dominate),
              over="penetration"),
)  # fmt: skip


def _lead(log_g: float) -> float:
    """Return by how much new consumers add more to trade than new firms, when the cutoff falls."""
    found = split.margins(LOG_CASE, log_g)
    return float(found.new_consumers - found.new_firms)


def _large_changes() -> Claim:
    turn = float(np.exp(brentq(_lead, 1e-3, 2.0)))
    falls = np.array([1.01, 1.05, 1.1, 1.2, 1.3, 1.5])
    held = [_lead(float(np.log(g))) > 0.0 for g in falls]
    return judge(
        "large_changes", "the contribution of the new consumers margin ... is larger than ... of the new firms margin",
        f"the same at theta~ = {THETA_TILDE:g}, beta = 1 for falls of the cutoff of any size",
        [trial_of("falls of the cutoff", held, [], condition=falls < turn)],
        condition=f"the cutoff falls by a factor below {turn:.4f}", source=READING,
    )  # fmt: skip


# -- accounts and welfare ------------------------------------------------------------------------------------


def _common_cut(d: Draw) -> bool:
    home = float(d.before["trade_share"][0, 0])
    found = elasticities(d.before, to="tau")
    cutoff, flow = (float(found[(name, "tau")][0, 1]) for name in ("cutoff", "trade_flow"))
    return abs(cutoff - home) < EXACT and abs(flow + float(d.model.theta) * home) < EXACT


def _profit_share(d: Draw) -> bool:
    sigma = float(d.model.sigma)
    profit = d.before["trade_flow"] / sigma - d.before["marketing"]
    eta = (sigma - 1.0) / (d.parameters["theta"] * sigma)
    return bool(np.all(same(profit / d.before["trade_flow"], eta, EXACT)))


def _welfare(d: Draw) -> bool:
    change = np.log(d.after["welfare"] / d.before["welfare"])
    opened = np.log(np.diagonal(d.after["trade_share"]) / np.diagonal(d.before["trade_share"]))
    return bool(np.all(np.abs(change + opened / float(d.model.theta)) < EXACT))


ACCOUNTS = (
    Statement("common_cut", "footnote 26 sets d ln φ*/d ln τ = 1; in the symmetric general equilibrium it is λ_jj",
              "d ln phi*/d ln tau = lambda_jj and d ln X/d ln tau = -theta lambda_jj, by exact elasticities",
              each(_common_cut), source=SHEET, over="equal"),
    Statement("profit_share", "the share of profits out of total income is constant and equal to η = (σ − 1)/(θσ)",
              "in every market, whatever beta, alpha and gamma", each(_profit_share), over="summed"),
)  # fmt: skip
WELFARE = Statement(
    "welfare", "trade costs change welfare by the domestic share to the power -1/θ, whatever β and γ",
    "W'/W = (lambda_jj'/lambda_jj)^(-1/theta)", each(_welfare), source=SHEET,
)  # fmt: skip


def _balance(draws: Sequence[Draw], ledger: Ledger) -> Claim:
    """Judge (16) under the Pareto, and under another distribution with and without marketing paid abroad."""
    found = [
        trial_of(
            "Pareto",
            [_goods_balance(d.before) for d in draws],
            [d.parameters for d in draws],
            condition=[True] * len(draws),
        )
    ]
    held, where, given, largest = [], [], [], 0.0
    for gamma in (0.0, 0.5):
        parameters = {"sigma": 4.0, "productivity": LOGNORMAL, "gamma": gamma, "psi": 0.05, "L": [1.0, 3.0],
                      "tau": [[1.0, 1.8], [1.3, 1.0]]}  # fmt: skip
        eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
        held.append(_goods_balance(eq))
        where.append(gamma == 0.0)
        given.append(parameters)
        largest = max(largest, float(np.max(np.abs(eq["net_exports"] / eq["expenditure"]))))
    found.append(trial_of("lognormal", held, given, condition=where))
    return judge(
        "trade_balance", "The labor market clears, which given the trade balance can be shown to be equivalent to (16)",
        "sales of goods everywhere equal spending", found, condition="productivity is Pareto, or γ = 0",
        evidence=f"else goods pay for foreign marketing labour: up to {largest:.1e} of spending",
    )  # fmt: skip


def _goods_balance(eq: Equilibrium) -> bool:
    flow = eq["trade_flow"]
    return bool(np.all(np.abs(flow.sum(axis=1) / flow.sum(axis=0) - 1.0) < EXACT))


def _free_entry(draws: Sequence[Draw], ledger: Ledger) -> Claim:
    held = []
    for d in draws:
        m = d.model
        f_e = (float(m.eta) * np.asarray(m.L) / np.asarray(m.J)).tolist()
        parameters = {**d.parameters, "entry": "free", "f_e": f_e}
        eq = ledger.solve({"model": "market_penetration", "parameters": parameters})
        held.append(all(np.all(same(eq[x], d.before[x], EXACT)) for x in ("wage", "trade_share", "mass_entrants")))
    return judge(
        "free_entry", "an unbounded pool of entrants and free entry ... gives rise to identical predictions",
        "wages and trade shares where free entry leads to the same J",
        [trial_of("Pareto", held, [d.parameters for d in draws])], source=TEXT,
    )  # fmt: skip
