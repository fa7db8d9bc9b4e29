import numpy as np
import pytest

import phistar
from phistar.core.errors import InputError

SCENARIO = {
    "model": "melitz",
    "parameters": {
        "sigma": 4.0, "L": [2.0, 1.0, 1.5], "tau": [[1.0, 1.3, 1.5], [1.6, 1.0, 1.2], [1.4, 1.9, 1.0]],
        "f": {"domestic": 1.0, "export": 1.5}, "productivity": {"family": "lognormal", "mu": 0.0, "sd": 0.6},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def equilibrium():
    return phistar.solve(SCENARIO)


def test_a_firm_at_its_cutoff_makes_no_profit_in_that_market(equilibrium):
    for i in range(3):
        for j in range(3):
            at = phistar.schedule(equilibrium, [equilibrium["cutoff"][i, j] * (1 + 1e-12)])
            assert at["sells"][i, j, 0]
            assert at["profit"][i, j, 0] == pytest.approx(0.0, abs=1e-10)  # 1e-12 above the cutoff, times revenue


def test_below_its_cutoff_a_firm_neither_sells_nor_employs(equilibrium):
    below = phistar.schedule(equilibrium, [equilibrium["cutoff"].min() * 0.99])
    assert not below["sells"].any()
    assert (below["revenue"] == 0).all() and (below["employment"] == 0).all() and (below["profit"] == 0).all()


def test_prices_are_a_constant_markup_over_delivered_cost(equilibrium):
    phi = np.array([1.5, 4.0])
    tau = np.array(SCENARIO["parameters"]["tau"])
    expected = 4 / 3 * tau[..., None] * equilibrium["wage"][:, None, None] / phi
    np.testing.assert_allclose(phistar.schedule(equilibrium, phi)["price"], expected, rtol=1e-14)


def test_revenue_pays_workers_and_profit(equilibrium):
    firm = phistar.schedule(equilibrium, np.geomspace(0.5, 20, 50))
    paid = firm["employment"] * equilibrium["wage"][:, None, None] + firm["profit"]
    np.testing.assert_allclose(paid, firm["revenue"], rtol=1e-12, atol=1e-12)  # sums of terms that cancel


def test_the_same_seed_gives_the_same_firms(equilibrium):
    one, two = phistar.simulate(equilibrium, 100, seed=3), phistar.simulate(equilibrium, 100, seed=3)
    other = phistar.simulate(equilibrium, 100, seed=4)
    assert all((one[c] == two[c]).all() for c in one.columns)
    assert not (one["productivity"] == other["productivity"]).all()


def test_files_and_frames_name_the_countries(equilibrium):
    frame = phistar.simulate(equilibrium, 10, seed=1).to_frame()
    assert list(frame.country.unique()) == ["C1", "C2", "C3"]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "many", 10**9])
def test_a_number_of_firms_out_of_range_is_refused(equilibrium, wrong):
    with pytest.raises(InputError, match=r"^n = "):
        phistar.simulate(equilibrium, wrong)


@pytest.mark.parametrize("written", [1e2, "1e2", "100", np.float64(100), np.int64(100)])
def test_a_whole_number_of_firms_may_be_written_like_1e2(equilibrium, written):
    given, plain = phistar.simulate(equilibrium, written, seed="2e0"), phistar.simulate(equilibrium, 100, seed=2)
    assert len(given) == 300
    np.testing.assert_array_equal(given["productivity"], plain["productivity"])


def test_a_table_too_large_for_memory_is_refused_by_its_cells_and_told_in_which_parts_to_draw_it(
    equilibrium, monkeypatch
):
    columns = len(phistar.simulate(equilibrium, 1).columns)
    monkeypatch.setattr("phistar.verbs.simulate.MAX_CELLS", 3 * columns * 10)
    assert len(phistar.simulate(equilibrium, 10)) == 30
    with pytest.raises(InputError, match=f"{columns} columns of 3 x 11 rows .* at most 10 a country, .* other seeds"):
        phistar.simulate(equilibrium, 11)


def test_productivity_must_be_positive(equilibrium):
    with pytest.raises(InputError, match="positive"):
        phistar.schedule(equilibrium, [1.0, -2.0])


MARKETING = {
    "model": "market_penetration",
    "parameters": {"theta": 8.0, "theta_tilde": 1.5, "psi": 0.05, "L": [3.0, 1.0], "tau": 1.5, "J": [3.0, 1.0]},
}


@pytest.mark.parametrize("law", [{}, {"theta": None, "theta_tilde": None, "sigma": 5.0,
                                      "productivity": {"family": "lognormal", "mu": -0.5, "sd": 0.4}}])  # fmt: skip
def test_firms_drawn_among_the_active_are_the_active_ones_of_a_plain_draw(law):
    parameters = {k: v for k, v in {**MARKETING["parameters"], **law}.items() if v is not None}
    world = phistar.solve({**MARKETING, "parameters": parameters})
    plain = phistar.simulate(world, 400_000, seed=1)
    chosen = phistar.simulate(world, 20_000, seed=2, active=True)
    assert chosen["active"].mean() > 0.9999  # but for draws on the cutoff itself
    for i in range(2):
        some, all_of = plain["active"] & (plain["country"] == i), chosen["country"] == i
        # The weights are the firms that draws stand for: those of active draws add up to the mass of active firms.
        mass = chosen["weight"][all_of].sum()
        noise = 1.0 / np.sqrt(some.sum())
        assert plain["weight"][some].sum() == pytest.approx(mass, rel=5 * noise)
        assert mass == pytest.approx(world["mass_active"][i], rel=1e-9)
        assert np.mean(chosen["exporter"][all_of]) == pytest.approx(world["exporter_share"][i], abs=0.02)
        medians = [np.median(f["revenue"][m]) for f, m in ((plain, some), (chosen, all_of))]
        assert medians[0] == pytest.approx(medians[1], rel=10 * noise)


def test_a_model_that_draws_no_active_firms_alone_says_so(equilibrium):
    with pytest.raises(InputError, match="active is not a way to draw firms of melitz"):
        phistar.simulate(equilibrium, 10, active=True)
