"""The replication of Arkolakis (2008): what each number and claim comes to, and that nothing is taken on trust."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from phistar.core.equilibrium import to_json
from phistar.models.market_penetration import margins as split
from phistar.replicate.arkolakis2008 import liberalization as lib
from phistar.replicate.arkolakis2008.relative_sales import sales_at_home, shares_that_sell, slope
from phistar.replicate.arkolakis2008.table1 import Table1, table1
from phistar.replicate.arkolakis2008.world import france, pair
from phistar.replicate.registry import figures, replicate
from phistar.replicate.results import (
    BY_READING,
    HOLDS,
    HOLDS_WHERE,
    NOT_REPRODUCED,
    REPRODUCED,
    Cell,
    Replication,
)
from phistar.verbs.calibrate import calibrate
from phistar.verbs.solve import solve
from phistar.verbs.targets import reads

from .whole import check_certified, check_claims, check_files, strict_json

EXPECTED = {
    HOLDS: (
        "entry_regression", "smallest_sales", "threshold", "more_productive_reach_more", "all_or_nobody",
        "small_grow_faster", "elasticity_theta", "local_margins", "common_cut", "profit_share", "welfare", "free_entry",
    ),
    HOLDS_WHERE: ("limit_of_zeta", "large_changes", "trade_balance"),
}  # fmt: skip
#: What the text alone cannot give, as (row, stated).
MISSING = {
    ("figure 6", "77"), ("figure 6", "13.42"), ("data", "0.56"), ("data", "0.69"), ("data", "-2.74"), ("data", "0.89"),
    ("data", "0.87"), ("data", "0.52"), ("data", "0.67"), ("data", "0.913"), ("1st percentile", "150"),
    ("1st percentile", "1.5"), ("99th percentile", "1.7"), ("cut, %", "9.5"),
}  # fmt: skip
ERRATA = {("goods", "229")}


@pytest.fixture(scope="module")
def done() -> Replication:
    return replicate("arkolakis2008")


def cells(done: Replication) -> list[Cell]:
    return [cell for section in done.sections for cell in section.cells]


def stated(done: Replication, section: str, text: str) -> list[Cell]:
    return [cell for cell in done.section(section).cells if cell.stated == text]


@pytest.mark.parametrize("verdict", EXPECTED)
def test_each_claim_has_its_verdict(done: Replication, verdict: str) -> None:
    found = tuple(claim.key for claim in done.claims if claim.verdict == verdict)
    assert sorted(found) == sorted(EXPECTED[verdict])


def test_what_is_not_reproduced_is_what_the_text_cannot_give(done: Replication) -> None:
    failed = {(c.row, c.stated) for c in cells(done) if c.verdict == NOT_REPRODUCED}
    assert failed == MISSING | ERRATA
    for cell in cells(done):
        if cell.verdict == NOT_REPRODUCED:
            assert "not reproducible from the text" in cell.note or "erratum" in cell.note, cell
        assert bool(cell.stated) == bool(cell.verdict), cell


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("relative_sales", "6.33"),
        ("relative_sales", "1.1875"),
        ("relative_sales", "1.546"),
        ("relative_sales", "1.5456"),
        ("entry", "0.44"),
        ("entry", "0.31"),
        ("distribution", "99.83"),
        ("distribution", "0.699"),
        ("table1", "5402"),
        ("table1", "2.901"),
        ("table1", "2.908"),
        ("table1", "2.825"),
        ("margins", "1.11221"),
        ("margins", "1.11280"),
        ("margins", "57.5"),
        ("margins", "13.7"),
        ("margins", "28.8"),
        ("margins", "24.5"),
        ("margins", "15.0"),
        *(("deciles", text) for text in lib.DECILES),
    ],
)
def test_a_printed_number_is_reproduced_to_its_digits(done: Replication, section: str, text: str) -> None:
    found = stated(done, section, text)
    assert found
    for cell in found:
        assert cell.verdict == REPRODUCED
        assert f"{cell.computed:.{len(text.partition('.')[2])}f}" == text


@pytest.mark.parametrize("text", ["56.9", "14.7", "28.4", "43.1", "24.9"])
def test_the_margins_and_table_2_are_reproduced_at_one_fall_of_the_cutoff(done: Replication, text: str) -> None:
    found = stated(done, "margins", text)
    assert found
    for cell in found:
        assert cell.verdict == BY_READING
        assert f"{cell.computed:.1f}" == text


@pytest.mark.parametrize("g", [1.11222, 1.1125, 1.11279])
def test_every_number_of_figure_10_holds_over_the_whole_range_and_not_beyond(g: float) -> None:
    for _, text, of in lib.PRINTED:
        assert f"{of(g):.1f}" == text
    for beyond in (1.1120, 1.1130):
        assert any(f"{of(beyond):.1f}" != text for _, text, of in lib.PRINTED)


def test_the_margins_are_those_of_the_sheets_formula() -> None:
    S, tilde, g = 16 / 3, 1.5, 1.1125
    s1 = (g**S * tilde / (tilde - 1) - 1) / 2.0  # beta = 1: q = 0 and K = 2
    total = g**8 - 1
    wanted = {"intensive": g**S - 1, "new_consumers": s1 - g**S, "new_firms": g**8 - s1}
    found = split.margins(lib.LOG_CASE, np.log(g))
    for name, value in wanted.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12)  # the same powers, another way
        assert lib.part(name, 1.0, g) == pytest.approx(100 * value / total, rel=1e-12)


def test_the_json_carries_the_margins_as_fractions(done: Replication) -> None:
    told = json.loads(to_json(done.to_dict()))
    rows = next(s for s in told["sections"] if s["name"] == "margins")["cells"]
    found = {c["column"]: c["computed"] for c in rows if c["column"].endswith("fraction")}
    # half a unit of the last printed digit, of a per cent
    for name, value in (("intensive", 0.569), ("new firms", 0.147), ("new consumers", 0.284)):
        assert found[f"beta = 1, {name}, fraction"] == pytest.approx(value, abs=0.0005)


def test_old_goods_grow_as_table_1_says_in_both_models() -> None:
    g, growth = 1.1125, table1().growth_previously
    for beta, market in ((0.0, lib.FIXED), (1.0, lib.LOG_CASE)):
        scale = lib.scale_of_growth(g, growth, beta)
        by_one = split.growth_by_size(market, np.log(g), scale, 1)
        assert by_one == pytest.approx([growth], rel=1e-10)  # one bin of all old goods


def test_a_quadrature_of_firms_gives_the_growth_by_decile() -> None:
    from scipy.integrate import quad

    g, scale, S, theta = 1.1125, 1.3, 16 / 3, 8.0
    found = split.growth_by_size(lib.LOG_CASE, np.log(g), scale)

    def sales(x: float) -> float:
        return x**S - 1.0  # beta = 1: x^S (1 - x^-S)

    for k in range(10):
        ends = [(1 - q / 10) ** (-1 / theta) if q < 10 else np.inf for q in (k, k + 1)]
        before = quad(lambda x: sales(x) * x ** (-theta - 1), *ends, epsabs=0, epsrel=1e-11)[0]
        after = quad(lambda x: scale * sales(g * x) * x ** (-theta - 1), *ends, epsabs=0, epsrel=1e-11)[0]
        assert found[k] == pytest.approx(after / before, rel=1e-9)  # two quadratures


def test_equations_18_and_19_are_the_sales_of_the_firms_concerned() -> None:
    from scipy.integrate import quad

    for beta in (0.0, 0.5, 1.0):
        eq = solve(france(beta))
        shares, sales = shares_that_sell(reads(eq)), sales_at_home(reads(eq))
        S, theta = eq.model.sigma - 1.0, eq.model.theta
        for k in (0, 3, 12, 24):

            def density(x: float, beta: float = beta, S: float = S, theta: float = theta) -> float:
                reach = 1.0 if beta == 0.0 else 1.0 - x ** (-S / beta)
                return x**S * reach * theta * x ** (-theta - 1)

            start = shares[k] ** (-1 / theta)
            own = quad(density, start, np.inf, epsabs=0, epsrel=1e-11)[0]
            assert sales[k] == pytest.approx(own, rel=1e-9)  # a quadrature
        assert shares[0] == 1.0


@pytest.mark.parametrize(("beta", "tilde"), [(0.0, 1.3), (0.0, 2.2), (0.5, 1.7), (1.0, 1.5), (1.0, 2.0)])
def test_the_slope_of_figure_6_leads_back_to_theta_tilde(beta: float, tilde: float) -> None:
    made = slope(reads(solve(france(beta, theta_tilde=tilde))))
    if beta == 0.0:
        assert made == pytest.approx(1 - 1 / tilde, rel=1e-12)  # a regression of exact points
    found = calibrate(france(beta, theta_tilde=1.6), [(slope, made)], ["theta_tilde"])
    assert found.parameters["theta_tilde"] == pytest.approx(tilde, rel=1e-8)  # met to 1e-10


def test_the_percentiles_are_those_of_two_formulas() -> None:
    # (25), (26): r = B u^(-1/1.5) and B (u^(-1/1.5) - 1), with means 3 B and 2 B
    u = 0.99 ** (-1 / 1.5)
    assert (u / 3) / ((u - 1) / 2) == pytest.approx(99.83, abs=0.005)  # two decimals
    u = 0.01 ** (-1 / 1.5)
    assert (u / 3) / ((u - 1) / 2) == pytest.approx(0.699, abs=0.0005)  # three decimals


def test_table_1_is_as_printed_with_its_checksum_and_credit() -> None:
    folder = resources.files("phistar.replicate.arkolakis2008")
    data, notes = folder.joinpath("table1.csv").read_bytes(), folder.joinpath("table1.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in notes
    for word in ("Working Paper 14214", "OECD", "permits"):
        assert word in notes
    table = table1()
    assert (table.before[-1], table.after[-1], table.new[-1]) == (84.28, 72.13, 65.71)
    assert table.previously.sum() == 10
    for shares in (table.before, table.after, table.new):
        assert np.nansum(shares) == pytest.approx(100.0, abs=13 * 0.005)  # thirteen rounded numbers


def test_bounds_on_growth_hold_what_exact_shares_would_say() -> None:
    rng = np.random.default_rng(3)
    group = table1().group
    for growth in (1.5, 2.9, 6.0):
        before, after = rng.dirichlet(np.ones(13)) * 100, rng.dirichlet(np.ones(13)) * 100
        after[0] = 0.0
        after *= 100 / after.sum()
        new = (growth * after - before) / (growth * 100 - (100 - before[0])) * 100
        new[0] = np.nan
        seen = Table1(group, *(np.round(x, 2) for x in (before, after, new)))
        low, high = seen.growth_bounds
        # the share of goods dropped enters rounded too: a hundredth of its rounding
        assert low - 1e-3 <= growth <= high + 1e-3
        assert high - low < 0.1


def test_new_trade_without_trade_costs_alone_needs_more_than_the_stated_cut(done: Replication) -> None:
    (cell,) = stated(done, "deciles", "9.5")
    assert 9.3 < float(cell.computed) < 9.45


def test_a_cell_is_what_the_public_verbs_give(done: Replication) -> None:
    eq = solve(pair(1.0))
    (cell,) = [c for c in cells(done) if c.column == "profits, % of income"]
    assert cell.computed == pytest.approx(100 * eq["profit_share"][0], rel=1e-12)


def test_the_claim_on_goods_balance_fails_where_it_says(done: Replication) -> None:
    claim = done.claim("trade_balance")
    assert claim.condition == "productivity is Pareto, or γ = 0"
    world = solve({"model": "market_penetration", "parameters": dict(claim.counterexample)})
    assert np.max(np.abs(world["net_exports"])) > 1e-7
    assert world.certificate.max_residual < 1e-10  # and yet it is an equilibrium


def test_new_firms_overtake_new_consumers_where_the_claim_says(done: Replication) -> None:
    turn = float(done.claim("large_changes").condition.rsplit(" ", 1)[1])
    below, above = (split.margins(lib.LOG_CASE, np.log(turn + side * 1e-3)) for side in (-1, 1))
    assert below.new_consumers > below.new_firms
    assert above.new_consumers < above.new_firms


def test_everything_was_certified(done: Replication) -> None:
    check_certified(done, more_than=80, residual=1e-12)


def test_claims_have_names_of_their_own_and_evidence(done: Replication) -> None:
    check_claims(done)


def test_the_plain_form_is_strict_json_with_curves_of_one_length(done: Replication) -> None:
    told = strict_json(done)
    assert {row for row in told["curves"]["figure"]} == {str(k) for k in range(1, 11)}


def test_figures_say_where_the_papers_data_are_missing(done: Replication) -> None:
    drawn = figures("arkolakis2008", done)
    assert list(drawn) == [f"figure{k:02d}" for k in range(1, 11)]
    for name, chart in drawn.items():
        told = json.dumps(chart.to_dict(), ensure_ascii=False)
        assert f"Figure {int(name[-2:])}." in told
        assert ("Model alone" in told) == (name in {"figure06", "figure07"})
        assert "NaN" not in told
    assert "Table 1" in json.dumps(drawn["figure08"].to_dict())
    assert "new consumers 28.4" in json.dumps(drawn["figure10"].to_dict())


def test_the_files_of_a_replication_are_all_written(done: Replication, tmp_path: Path) -> None:
    check_files(done, tmp_path, [f"figure{k:02d}" for k in range(1, 11)])
