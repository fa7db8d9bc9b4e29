"""Each displayed equation on two firms by three markets, against the paper's formula written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.blocks.oligopoly import UpperTier
from phistar.models.granular import equations as eq
from phistar.models.granular.game import Game

SIGMA, ETA, K_1, K_0 = 6.0, 2.0, 5.0, 0.7
X = np.log(np.array([2.1, 2.6, 3.0]))
PHI = np.array([[0.30, 0.28, 0.29], [0.25, 0.26, 0.24]])
SHARE = np.array([[0.6, 0.5, 0.9], [0.2, 0.3, 0.05]])
I = np.array([2000.0, 1500.0, 900.0])
PSI = np.exp(X) ** (1 - ETA) / (1 + np.exp(X) ** (1 - ETA))
M = Game(SIGMA, UpperTier(I, ETA), K_1, K_0)
RTOL = 1e-13  # a handful of roundings


def test_elasticity_is_that_of_the_appendix() -> None:
    want = SIGMA + (ETA - SIGMA) * SHARE + (1 - ETA) * SHARE * PSI
    assert eq.elasticity(M, X, SHARE) == pytest.approx(want, rel=RTOL)


def test_shares_solve_the_corrected_a5() -> None:
    # epsilon_f = 1/(1 - (1 - 1/epsilon_z) tau^((sigma-1)/sigma)), tau = phi_z/phi_f: the sheet's correction
    markup = np.exp(eq.log_markup(M, X, np.log(PHI)))
    epsilon_z = markup[1] / (markup[1] - 1)
    tau = PHI[1] / PHI[0]
    epsilon = 1 / (1 - (1 - 1 / epsilon_z) * tau ** ((SIGMA - 1) / SIGMA))
    want = (SIGMA - epsilon) / (SIGMA - ETA + (ETA - 1) * PSI)
    assert eq.share(M, X, markup)[0] == pytest.approx(want, rel=1e-12)


def test_markups_are_those_of_29() -> None:
    markup = np.exp(eq.log_markup(M, X, np.log(PHI)))
    phi = ((SIGMA - 1) / (I * PSI) * K_1) ** (1 / (SIGMA - 1)) / np.exp(X) * markup ** (SIGMA / (SIGMA - 1))
    assert phi == pytest.approx(PHI, rel=RTOL)


def test_scope_price_and_profit_agree_with_the_firms_accounts() -> None:
    E, epsilon = I * PSI, eq.elasticity(M, X, SHARE)
    markup = epsilon / (epsilon - 1)
    p, N, y = eq.price(markup, PHI), eq.varieties(M, E, SHARE, markup), eq.quantity(M, PHI)
    assert N * p * y == pytest.approx(E * SHARE, rel=RTOL)
    assert eq.scope_condition(M, p, PHI, y, markup) == pytest.approx(0, abs=RTOL)
    accounts = eq.profit_of_accounts(M, p, PHI, y, N)
    assert eq.profit(M, E, SHARE, epsilon) == pytest.approx(accounts, rel=1e-12)
    c = SIGMA - ETA + (ETA - 1) * PSI
    assert accounts + K_0 == pytest.approx(E * SHARE**2 * c / ((SIGMA - 1) * epsilon), rel=1e-12)


def test_the_price_index_and_shares_of_sales_sum_up() -> None:
    N, p = np.array([[3.0, 4.0, 5.0], [1.0, 2.0, 0.0]]), np.array([[4.0, 4.5, 5.0], [4.2, 4.6, 5.5]])
    copies = np.array([[2, 1, 3], [1, 2, 0]])
    x = eq.log_price_index(M, copies, N, p)
    assert np.exp(x) == pytest.approx(np.sum(copies * N * p ** (1 - SIGMA), axis=0) ** (1 / (1 - SIGMA)), rel=RTOL)
    assert eq.market_clearing(copies, eq.share_of_sales(M, x, N, p)) == pytest.approx(0, abs=1e-14)


def test_a_given_scope_and_its_markup_close_on_the_price_index() -> None:
    markup = eq.markup_of_share(M, X, SHARE)
    scope = np.log(SHARE) - (1 - SIGMA) * (np.log(markup / PHI) - X)  # the N that gives this share at this price
    assert eq.given_scope(M, X, scope, np.log(PHI), np.log(SHARE), markup) == pytest.approx(0, abs=1e-13)


def test_one_scope_pays_for_itself_over_all_markets() -> None:
    markup = eq.markup_of_share(M, X, SHARE)
    E = I * PSI
    N = np.sum(E * SHARE / ((SIGMA - 1) * markup), axis=1) / K_1
    assert eq.common_scope(M, E, SHARE, markup, N) == pytest.approx(0, abs=1e-14)
    # under fixed spending it is the sheet's sum_j R_j S (1 - S)/epsilon = K_1 N
    fixed = Game(SIGMA, UpperTier(I), K_1)
    epsilon = eq.elasticity(fixed, X, SHARE)
    N = np.sum(I * SHARE * (1 - SHARE) / epsilon, axis=1) / K_1
    assert eq.common_scope(fixed, I, SHARE, epsilon / (epsilon - 1), N) == pytest.approx(0, abs=1e-13)


def test_every_equation_names_its_source() -> None:
    from phistar.models.registry import get_model

    records = get_model("granular").equation_records()
    assert {"market_clearing", "elasticity", "share", "profit", "varieties"} <= {r.name for r in records}
    assert all(r.number and r.summary and r.latex for r in records)
