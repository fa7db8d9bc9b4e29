"""Facts about the Melitz-Ottaviano model derived on paper or computed elsewhere: values, signs, corners, errata."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError, NoEquilibrium
from phistar.verbs.solve import solve

PUBLIC = 1e-10  # the public values are promised to 1e-10; solving leaves 1e-15
EXACT = 1e-11  # closed forms against certified answers: residuals near 1e-15, an entrant mass loses two or three digits
ZERO = 1e-9  # an effect that is nil, where those that are not are above 1e-4

PARETO = {"family": "pareto", "c_M": 1.0, "k": 2.0}
UNIFORM = {"family": "uniform", "lower": 0.2, "c_M": 1.0}
TWO: dict[str, Any] = {"L": [10.5, 10.0], "tau": [[1.0, 1.5], [1.5, 1.0]]}
THREE: dict[str, Any] = {"L": [10.0] * 3, "tau": [[1.0, 1.6, 1.6], [1.6, 1.0, 1.6], [1.6, 1.6, 1.0]]}
CORNER: dict[str, Any] = {"L": [10.0, 30.0], "tau": [[1.0, 1.2], [1.2, 1.0]], "eta": 4.0}
CLOSED: dict[str, Any] = {"L": [10.0], "tau": [[1.0]]}


def solved(**changes: Any) -> Any:
    """Solve with alpha 2, gamma 1, eta 1, f_E 0.1, Pareto costs (c_M 1, k 2), and what is changed."""
    parameters = {"alpha": 2.0, "gamma": 1.0, "eta": 1.0, "f_E": 0.1, "cost": PARETO, "horizon": "long", **changes}
    if parameters["horizon"] == "short":
        del parameters["f_E"]
    return solve({"model": "melitz_ottaviano", "parameters": parameters})


def short(before: Any, **changes: Any) -> Any:
    """Solve the short run with the entrants of a long run."""
    return solved(horizon="short", incumbents=before["mass_entrants"].tolist(), **changes)


# --- public values


def test_the_closed_economy_has_its_public_values() -> None:
    eq = solved(**CLOSED)
    assert eq["price_threshold"] == pytest.approx([0.6999271023161167], rel=PUBLIC)
    assert eq["mass_entrants"] == pytest.approx([22.748906401889943], rel=PUBLIC)
    eq = solved(**CLOSED, horizon="short", incumbents=[20.0])
    assert eq["price_threshold"] == pytest.approx([0.7257569116088336], rel=PUBLIC)


def test_two_identical_countries_have_their_public_values() -> None:
    eq = solved(L=[10.0, 10.0], tau=TWO["tau"])
    assert eq["price_threshold"] == pytest.approx([0.6384510414213876] * 2, rel=PUBLIC)
    assert eq["mass_entrants"] == pytest.approx([21.73205876376802] * 2, rel=PUBLIC)


def test_two_countries_of_unlike_size_have_their_public_values() -> None:
    eq = solved(**TWO)
    public = {
        "price_threshold": [0.6307108104980266, 0.6384510414213876],
        "mass_entrants": [23.420657604912677, 20.981570389925952],
        "mass_sellers": [[9.316646874827011, 4.242987636897055], [3.7095055238047343, 8.552502105408514]],
        "mean_markup": [0.10511846841633775, 0.10640850690356461],
        "trade_flow": [[4.864290425635709, 2.1619068558380934], [1.9367603436854726, 4.357710773292314]],
        "consumer_surplus": [1.0454296290581075, 1.035568077122092],
    }
    for name, want in public.items():
        assert np.allclose(eq[name], want, rtol=PUBLIC, atol=0), name


def test_uniform_costs_have_their_public_values() -> None:
    eq = solved(**CLOSED, cost=UNIFORM)
    assert eq["price_threshold"] == pytest.approx([0.6578856970213327], rel=PUBLIC)
    assert eq["mass_entrants"] == pytest.approx([20.484498103389573], rel=PUBLIC)


def test_the_corner_has_its_public_values() -> None:
    eq = solved(**CORNER)
    assert eq["mass_entrants"][0] == 0
    assert eq["mass_entrants"][1] == pytest.approx(18.904914903191557, rel=PUBLIC)
    assert eq["price_threshold"][0] == pytest.approx(0.54931, abs=5e-6)  # printed to five digits


# --- closed forms


def test_interior_pareto_worlds_have_their_closed_form_with_gamma_restored() -> None:
    # (22), (23), (B.1), (B.2) and (C.1) with the gamma they print without; internal trade costs, c_M by country
    alpha, gamma, eta, k = 1.9, 1.7, 1.4, 2.3
    L, f_E, c_M = np.array([10.0, 9.0, 11.0]), np.array([0.1, 0.095, 0.105]), np.array([1.0, 0.99, 1.02])
    tau = np.array([[1.0, 1.9, 2.1], [2.0, 1.05, 1.8], [2.2, 1.9, 1.04]])
    eq = solved(
        alpha=alpha,
        gamma=gamma,
        eta=eta,
        L=L.tolist(),
        f_E=f_E.tolist(),
        tau=tau.tolist(),
        cost=[{"family": "pareto", "c_M": float(c), "k": k} for c in c_M],
    )
    rho = tau**-k
    x = np.linalg.solve(rho, 2 * (k + 1) * (k + 2) * gamma * f_E * c_M**k)
    P = (x / L) ** (1 / (k + 2))
    N = np.linalg.solve((rho * c_M[:, None] ** -k).T, 2 * (k + 1) * gamma / eta * (alpha - P) / P ** (k + 1))
    assert np.all(N > 0)
    assert np.allclose(eq["price_threshold"], P, rtol=EXACT, atol=0)
    assert np.allclose(eq["mass_entrants"], N, rtol=EXACT, atol=0)
    sellers = N[:, None] * rho * (P / c_M[:, None]) ** k  # at home too: rho_ll G(p_max) N_E produce, not G(p_max) N_E
    assert np.allclose(eq["mass_sellers"], sellers, rtol=EXACT, atol=0)
    assert np.allclose(eq["variety"], 2 * (k + 1) * gamma / eta * (alpha - P) / P, rtol=EXACT, atol=0)
    gravity = N[:, None] * c_M[:, None] ** -k * L * P ** (k + 2) * rho / (2 * gamma * (k + 2))
    assert np.allclose(eq["trade_flow"], gravity, rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_cost"], k / (k + 1) * P, rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_price"], (2 * k + 1) / (2 * k + 2) * P, rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_markup"], P / (2 * k + 2), rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_quantity"], L * P / (2 * gamma * (k + 1)), rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_revenue"], L * P**2 / (2 * gamma * (k + 2)), rtol=EXACT, atol=0)
    assert np.allclose(eq["mean_profit"], L * P**2 / (2 * gamma * (k + 1) * (k + 2)), rtol=EXACT, atol=0)
    surplus = (alpha - P) / (2 * eta) * (alpha - (k + 1) / (k + 2) * P)
    assert np.allclose(eq["consumer_surplus"], surplus, rtol=EXACT, atol=0)
    assert np.allclose(eq["welfare"], 1 + surplus, rtol=EXACT, atol=0)


def test_the_short_run_solves_its_quadratic_in_the_closed_economy() -> None:
    # Pareto with k = 1: eta N P^2 / (4 gamma c_M) = alpha - P
    eq = solved(**CLOSED, horizon="short", incumbents=[12.0], cost={**PARETO, "k": 1.0}, gamma=0.8)
    a = 12.0 / (4 * 0.8)
    assert eq["price_threshold"] == pytest.approx([(np.sqrt(1 + 4 * a * 2.0) - 1) / (2 * a)], rel=EXACT)


def test_a_preferential_deal_has_the_printed_cutoffs() -> None:
    # (32) and (33), freeness r inside the deal
    tau = [[1.0, 1.5, 1.6], [1.5, 1.0, 1.6], [1.6, 1.6, 1.0]]
    eq = solved(L=[10.0] * 3, tau=tau)
    rho, r, phi = 1.6**-2, 1.5**-2, 2 * 3 * 4 * 0.1
    inside = (phi / 10 * (1 - rho) / (1 - 2 * rho**2 + r)) ** 0.25
    third = (phi / 10 * (1 + r - 2 * rho) / (1 - 2 * rho**2 + r)) ** 0.25
    assert np.allclose(eq["price_threshold"], [inside, inside, third], rtol=EXACT, atol=0)


# --- signs, Pareto costs, interior


def changes(before: Any, after: Any) -> dict[str, list[str]]:
    """Return the sign of each country's change in cutoff (at home), variety, entrants and consumer surplus."""
    names = {"c_D": "price_threshold", "N": "variety", "N_E": "mass_entrants", "U": "consumer_surplus"}
    signs: dict[str, list[str]] = {}
    for short_name, name in names.items():
        move = (after[name] - before[name]) / before[name]
        signs[short_name] = ["0" if abs(m) < ZERO else "+" if m > 0 else "-" for m in move]
    return signs


def signs(own: str, partner: str) -> dict[str, list[str]]:
    """Read `c_D N N_E U` of the country and `c_D N N_E U` of its partner."""
    pairs = zip(own.split(), partner.split(), strict=True)
    return dict(zip(("c_D", "N", "N_E", "U"), map(list, pairs), strict=True))


LONG = {
    "own size up": ({"L": [10.6, 10.0]}, signs("- + + +", "0 0 - 0")),
    "own import barrier down": ({"tau": [[1.0, 1.5], [1.49, 1.0]]}, signs("+ - - -", "- + + +")),
    "taste up": ({"alpha": 2.02}, signs("0 + + +", "0 + + +")),
    "entry dearer everywhere": ({"f_E": 0.101}, signs("+ - - -", "+ - - -")),
    "entry dearer at home": ({"f_E": [0.101, 0.1]}, signs("+ - - -", "- + + +")),
}


@pytest.mark.parametrize("change", LONG)
def test_the_long_run_moves_as_derived(change: str) -> None:
    given, want = LONG[change]
    assert changes(solved(**TWO), solved(**{**TWO, **given})) == want


@pytest.mark.parametrize("tau", [1.3, 1.5, 2.5])
def test_lower_barriers_on_both_sides_help_both_in_the_long_run(tau: float) -> None:
    sizes = {"L": [10.1, 10.0]}
    before = solved(**sizes, tau=tau, eta=2.0)
    got = changes(before, solved(**sizes, tau=tau - 0.01, eta=2.0))
    assert (got["c_D"], got["N"], got["U"]) == (["-", "-"], ["+", "+"], ["+", "+"])  # entrants may go either way


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_more_differentiation_raises_cutoffs_and_variety_and_lowers_welfare(gamma: float) -> None:
    got = changes(solved(**TWO, gamma=gamma), solved(**TWO, gamma=1.01 * gamma))
    assert (got["c_D"], got["N"], got["U"]) == (["+", "+"], ["+", "+"], ["-", "-"])


def test_entrants_move_either_way_with_differentiation() -> None:
    # N_E ~ gamma (alpha - P)/P^(k+1) and P ~ gamma^(1/(k+2)): up by 1/(k+2), less P/(alpha - P)/(k+2)
    assert changes(solved(**CLOSED, alpha=2.0), solved(**CLOSED, alpha=2.0, gamma=1.01))["N_E"] == ["+"]
    assert changes(solved(**CLOSED, alpha=1.2), solved(**CLOSED, alpha=1.2, gamma=1.01))["N_E"] == ["-"]


@pytest.mark.parametrize("sizes", [[10.5, 10.0], [9.0, 10.0]])
def test_unilateral_liberalisation_loses_in_the_long_run_and_gains_in_the_short(sizes: list[float]) -> None:
    open_up = [[1.0, 1.5], [1.4, 1.0]]
    before = solved(L=sizes, tau=TWO["tau"])
    assert changes(before, solved(L=sizes, tau=open_up)) == signs("+ - - -", "- + + +")
    stuck = short(before, L=sizes, tau=TWO["tau"])
    after = short(before, L=sizes, tau=open_up)
    assert changes(stuck, after) == signs("- + 0 +", "0 0 0 0")
    # the partner's surplus is unchanged; its exporters earn more, and with profits its welfare rises
    assert after["welfare"][1] > stuck["welfare"][1] + 1e-4


def test_the_short_run_starts_where_the_long_run_is() -> None:
    before = solved(**TWO)
    stuck = short(before, **TWO)
    assert np.allclose(stuck["price_threshold"], before["price_threshold"], rtol=EXACT, atol=0)
    # profits pay for entry in the long run and are income in the short
    profits = before["mass_entrants"] * 0.1 / np.array(TWO["L"])
    assert np.allclose(stuck["welfare"], before["welfare"] + profits, rtol=EXACT, atol=0)


def test_a_preferential_deal_helps_its_members_and_hurts_the_third_country() -> None:
    deal = {**THREE, "tau": [[1.0, 1.5, 1.6], [1.5, 1.0, 1.6], [1.6, 1.6, 1.0]]}
    before = solved(**THREE)
    got = changes(before, solved(**deal))
    assert (got["U"], got["c_D"], got["N"]) == (["+", "+", "-"], ["-", "-", "+"], ["+", "+", "-"])
    assert got["N_E"] == ["+", "+", "-"]


def test_in_the_short_run_the_third_country_loses_profits_only() -> None:
    deal = {**THREE, "tau": [[1.0, 1.5, 1.6], [1.5, 1.0, 1.6], [1.6, 1.6, 1.0]]}
    before = solved(**THREE)
    stuck, after = short(before, **THREE), short(before, **deal)
    got = changes(stuck, after)
    assert (got["U"], got["c_D"], got["N_E"]) == (["+", "+", "0"], ["-", "-", "0"], ["0", "0", "0"])
    assert after["welfare"][2] < stuck["welfare"][2] - 1e-4


def test_the_best_connected_country_of_three_has_the_lowest_cutoff() -> None:
    hub = solved(**{**THREE, "tau": [[1.0, 1.55, 1.55], [1.55, 1.0, 1.7], [1.55, 1.7, 1.0]]}, eta=2.0)
    assert hub["price_threshold"][0] < hub["price_threshold"][1] * 0.99
    assert hub["price_threshold"][1] == pytest.approx(hub["price_threshold"][2], rel=EXACT)
    assert hub["welfare"][0] > hub["welfare"][1]


def test_a_proportional_cut_of_unlike_barriers_can_hurt_one_country() -> None:
    sizes = {"L": [10.0, 10.0], "eta": 4.0}
    before = solved(**sizes, tau=[[1.0, 1.3], [1.8, 1.0]])
    after = solved(**sizes, tau=[[1.0, 1.3 * 0.99], [1.8 * 0.99, 1.0]])
    assert np.all(after["mass_entrants"] > 0)
    assert np.all(before["mass_entrants"] > 0)
    moves = after["consumer_surplus"] - before["consumer_surplus"]
    assert moves[0] > 1e-4
    assert moves[1] < -1e-6


# --- corners


def test_the_partners_size_matters_at_a_corner_and_not_at_an_interior_equilibrium() -> None:
    bigger = {**TWO, "L": [10.5, 10.4]}
    inside = changes(solved(**TWO), solved(**bigger))
    assert (inside["c_D"][0], inside["U"][0], inside["N"][0]) == ("0", "0", "0")
    small, large = solved(**CORNER), solved(**{**CORNER, "L": [10.0, 33.0]})
    for eq in (small, large):
        assert eq["mass_entrants"][0] == 0
        assert eq["mass_entrants"][1] > 0
    assert large["price_threshold"][0] < small["price_threshold"][0] - 1e-4
    assert large["consumer_surplus"][0] > small["consumer_surplus"][0] + 1e-4


def test_a_country_without_entrants_gains_from_opening_alone() -> None:
    before = solved(**CORNER)
    after = solved(**{**CORNER, "tau": [[1.0, 1.2], [1.19, 1.0]]})
    assert after["mass_entrants"][0] == before["mass_entrants"][0] == 0
    assert after["consumer_surplus"][0] > before["consumer_surplus"][0] + 1e-4


def test_no_industry_exists_where_entry_never_pays() -> None:
    # a lone entrant of the cheapest kind would earn L alpha^2/(4 gamma) at most
    eq = solved(**CLOSED, f_E=11.0)
    assert eq["mass_entrants"] == pytest.approx([0.0], abs=0)
    assert eq["price_threshold"] == pytest.approx([2.0], rel=1e-15)
    assert eq["welfare"] == pytest.approx([1.0], rel=1e-15)
    assert np.all(eq["trade_flow"] == 0)


def test_everyone_produces_where_consumers_pay_more_than_the_dearest_costs() -> None:
    eq = solved(**CLOSED, horizon="short", incumbents=[0.5], cost={**UNIFORM, "c_M": 0.4})
    assert eq["price_threshold"][0] > 0.4
    assert eq["mass_sellers"][0, 0] == pytest.approx(0.5, rel=1e-14)
    assert eq["cutoff"][0, 0] == pytest.approx(eq["price_threshold"][0], rel=1e-14)
    assert eq["cutoff_effective"][0, 0] == 0.4


# --- what is printed wrongly or too widely


def test_a_larger_market_can_have_fewer_varieties_where_costs_are_bimodal() -> None:
    # section 2.3 says any distribution: as the threshold passes a group of dear firms, they all leave
    atoms = {"family": "empirical", "values": [1 / 0.2, 1 / 0.8], "weights": [0.5, 0.5]}
    small, large = (solved(L=[size], tau=[[1.0]], cost=atoms, eta=2.0) for size in (2.15, 2.3))
    assert small["price_threshold"][0] > 0.8 > large["price_threshold"][0]
    assert large["variety"][0] < 0.7 * small["variety"][0]
    assert large["welfare"][0] > small["welfare"][0]


def test_no_taste_is_strong_enough_for_entry_in_a_small_country_near_a_large_one() -> None:
    # footnote 13 asks for alpha large enough; the smaller country needs rho (c_l/c_h)^(k+1) < 1 besides
    for alpha in (2.0, 20.0, 200.0):
        near = solved(L=[4.0, 30.0], tau=1.1, alpha=alpha, eta=2 * alpha)
        assert near["mass_entrants"][0] == 0
    c = (1 / np.array([4.0, 30.0])) ** 0.25
    assert 1.1**-2 * (c[0] / c[1]) ** 3 > 1
    assert 2.5**-2 * (c[0] / c[1]) ** 3 < 1
    assert np.all(solved(L=[4.0, 30.0], tau=2.5, alpha=20.0, eta=40.0)["mass_entrants"] > 0)


def test_a_world_without_labour_for_the_numeraire_is_refused_or_flagged() -> None:
    # the missing condition: with L (12, 10), tau (1.6, 1.3) either way round, one country makes more than it can
    for tau in ([[1.0, 1.6], [1.3, 1.0]], [[1.0, 1.3], [1.6, 1.0]]):
        assert not made_on_paper([12.0, 10.0], tau)
        assert not numeraire_is_made(L=[12.0, 10.0], tau=tau)
    assert made_on_paper(TWO["L"], TWO["tau"])
    assert numeraire_is_made(**TWO)


def numeraire_is_made(**given: Any) -> bool:
    """Return whether the library lets the numeraire be made everywhere; a refusal must say so."""
    try:
        eq = solved(**given)
    except (NoEquilibrium, InputError) as refusal:
        assert "numeraire" in str(refusal)
        return False
    flags = {name: ok for name, ok in eq.certificate.checks.items() if "numeraire" in name}
    assert flags
    return all(bool(ok) for ok in flags.values())


def made_on_paper(L: list[float], tau: list[list[float]]) -> bool:
    """Return whether (B.1), sales being all the labour a sector uses, leaves labour for the numeraire."""
    rho, size = np.array(tau) ** -2.0, np.array(L)
    P = (np.linalg.solve(rho, np.full(2, 2.4)) / size) ** 0.25
    N = np.linalg.solve(rho.T, 6 * (2 - P) / P**3)
    assert np.all(N > 0)
    return bool(np.all(N / 8 * (rho @ (size * P**4)) < size))


def test_the_partners_size_matters_where_costs_are_not_pareto() -> None:
    # with Pareto costs free entry is linear in L_j P_j^(k+2), so that the partner's size falls on its own threshold
    # alone; an entrant's profit from a market is no power of the threshold here, and both thresholds move
    given = {"tau": [[1.0, 1.5], [1.5, 1.0]], "cost": UNIFORM}
    before, after = solved(**given, L=[10.5, 10.0]), solved(**given, L=[10.5, 10.4])
    assert np.all(after["mass_entrants"] > 0)
    assert abs(after["price_threshold"][0] - before["price_threshold"][0]) > 1e-5


@pytest.mark.parametrize(
    "cost",
    [
        UNIFORM,
        {"family": "beta", "a": 2.0, "b": 3.0, "lower": 0.0, "c_M": 1.0},
        {"family": "truncated_lognormal", "mu": -0.5, "sd": 0.6, "lower": 0.1, "c_M": 1.2},
    ],
    ids=lambda cost: cost["family"],
)
def test_unilateral_liberalisation_loses_in_the_long_run_without_pareto_too(cost: dict[str, Any]) -> None:
    before = solved(**TWO, cost=cost)
    after = solved(**{**TWO, "tau": [[1.0, 1.5], [1.47, 1.0]]}, cost=cost)
    assert np.all(after["mass_entrants"] > 0)
    assert after["welfare"][0] < before["welfare"][0] - 1e-5
    assert after["welfare"][1] > before["welfare"][1] + 1e-5


# --- what every pricing rule of the model implies


def test_firms_absorb_half_of_what_reaching_a_market_costs() -> None:
    # dumping: the price net of transport is lower abroad, and arbitrage from home to abroad does not pay
    eq = solved(**TWO)
    P, tau = eq["price_threshold"], np.array(TWO["tau"])
    c = np.linspace(0.01, eq["cutoff"].min(), 20)
    for i in range(2):
        abroad = 0.5 * (P[1 - i] + tau[i, 1 - i] * c)
        at_home = 0.5 * (P[i] + c)
        assert np.all(abroad / tau[i, 1 - i] < at_home)
        assert np.all(abroad <= tau[i, 1 - i] * at_home)


def test_mean_markups_are_half_of_what_the_threshold_leaves_over_mean_costs() -> None:
    for cost in (PARETO, UNIFORM):
        eq = solved(**TWO, cost=cost)
        gap = eq["price_threshold"] - eq["mean_cost"]
        assert np.allclose(eq["mean_markup"], gap / 2, rtol=EXACT, atol=0)
        assert np.allclose(eq["mean_price"], (eq["price_threshold"] + eq["mean_cost"]) / 2, rtol=EXACT, atol=0)
        assert np.allclose(eq["mean_quantity"], np.array(TWO["L"]) * gap / 2, rtol=EXACT, atol=0)
        assert np.allclose(eq["variance_markup"], eq["variance_cost"] / 4, rtol=EXACT, atol=0)
