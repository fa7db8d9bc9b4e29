"""Ara (2026): one function a displayed equation of its sections 2 and A.1, in the paper's order.

Letters: i is the country of the firm, j the other one (`other`). A firm may sell at home (D), import inputs for what it
sells there (DM), export (X) and import for its exports (XM); cutoffs, fixed costs and F are laid out (country, mode) in
that order. B_i is the demand level of market i; s_i the share of domestic inputs in an importing firm's spending.

Where importing pays for every firm that sells in a market at all (strict selection fails there), no firm chooses the
mode without imports. Such firms pay both fixed costs and earn both margins; `fixed_costs` splits the sum of the two as
spending on inputs is split, s_i to 1 - s_i, which makes the two cutoffs of (1) one: the cutoff of the true choice. With
these fixed costs every equation below holds as printed. Under strict selection they are the given ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from phistar.core.sources import equation
from phistar.models.vertical_specialization.primitives import Primitives, laid
from phistar.numerics.duals import value_of

PAPER = "ara2026"
Array = Any  # a NumPy array or a Dual of the shape the docstring names


def other(x: Array) -> Array:
    """Return the other country's values."""
    return x[::-1]


def log_wages(m: Primitives, log_omega: Array) -> Array:
    """Lay the relative wage omega = w_1/w_2 out as ln wages in the numeraire (country)."""
    own, zero = (log_omega, 0.0 * log_omega) if m.numeraire == 1 else (0.0 * log_omega, -log_omega)
    return np.stack([own, zero])


# -- section 2.1 and 2.2: what a firm chooses -----------------------------------------------------------------------


@equation(PAPER, "section 2.1", r"s_i = \frac{1}{1 + (w_i/(\tau_M w_j))^{\sigma-1}}")
def domestic_input_share(m: Primitives, log_w: Array) -> Array:
    """Compute the share of domestic inputs in an importing firm's spending on inputs, one if none imports (country)."""
    share = 1.0 / (1.0 + np.exp(-_log_import_price(m, log_w)))
    return np.where(m.imports, share, 1.0)


def _log_import_price(m: Primitives, log_w: Array) -> Array:
    """Compute ln of (tau_M w_j/w_i)^(sigma - 1): spending on domestic over imported inputs (country)."""
    return (m.sigma - 1.0) * (np.log(m.finite_tau_M) + other(log_w) - log_w)


def import_margins(m: Primitives, log_w: Array) -> tuple[Array, Array]:
    """Compute ln of (phi_DM/phi_D)^(sigma-1) and of (phi_XM/phi_X)^(sigma-1), as printed (country each).

    Notes
    -----
    (phi_DM/phi_D)^(sigma-1) = (tau_M w_j/w_i)^(sigma-1) f_DM/f_D, (A.12): demand has no part in it.
    """
    price = _log_import_price(m, log_w)
    return price - (np.log(m.f_D) - np.log(m.f_DM)), price - (np.log(m.f_X) - np.log(m.f_XM))


def strict_selection(m: Primitives, log_w: Array) -> np.ndarray:
    """Say where firms that do not import sell: D below DM at home, X below XM abroad (country, market home or abroad).

    Everywhere among modes that are closed.
    """
    home, abroad = (value_of(margin) > 0.0 for margin in import_margins(m, log_w))
    closed = ~m.imports
    return np.asarray(laid(home | closed, abroad | closed | ~m.exports))


def fixed_costs(m: Primitives, log_w: Array) -> Array:
    """Compute the fixed costs that make (1) the cutoffs of firms' true choice, zero of closed modes (country, mode)."""
    strict, s = strict_selection(m, log_w), domestic_input_share(m, log_w)
    home, abroad = m.f_D + m.f_DM, m.f_X + m.f_XM
    chosen = laid(
        np.where(strict[:, 0], m.f_D, s * home),
        np.where(strict[:, 0], m.f_DM, (1.0 - s) * home),
        np.where(strict[:, 1], m.f_X, s * abroad),
        np.where(strict[:, 1], m.f_XM, (1.0 - s) * abroad),
    )
    return np.where(m.open, chosen, 0.0)


def log_costs(m: Primitives, log_w: Array) -> Array:
    """Compute ln of a mode's delivered input price: w_i, tau_M w_j, tau_X w_i, tau_X tau_M w_j (country, mode)."""
    own, bought = log_w, np.log(m.finite_tau_M) + other(log_w)
    shipped = np.log(m.finite_tau_X)
    return laid(own, bought, shipped + own, shipped + bought)


def log_cutoffs_at_unit_demand(m: Primitives, log_w: Array, fixed: Array) -> Array:
    """Compute ln of the cutoffs of (1) where every B is one; zero of closed modes (country, mode)."""
    level = np.log(np.where(m.open, fixed, 1.0)) + log_w[:, None]
    each = level / (m.sigma - 1.0) + log_costs(m, log_w)
    # where selection is not strict the two are one: make them so to the last digit
    strict = strict_selection(m, log_w)
    each = laid(
        *(each[:, c] if c % 2 == 0 else np.where(strict[:, c // 2], each[:, c], each[:, c - 1]) for c in range(4))
    )
    return np.where(m.open, each, 0.0)


@equation(
    PAPER,
    "1",
    r"\varphi_{Di}^{\sigma-1} = \frac{f_D w_i^\sigma}{B_i},\ "
    r"\varphi_{DMi}^{\sigma-1} = \frac{f_{DM} w_i (\tau_M w_j)^{\sigma-1}}{B_i},\ "
    r"\varphi_{Xi}^{\sigma-1} = \frac{f_X w_i (\tau_X w_i)^{\sigma-1}}{B_j},\ "
    r"\varphi_{XMi}^{\sigma-1} = \frac{f_{XM} w_i (\tau_X \tau_M w_j)^{\sigma-1}}{B_j}",
)
def log_cutoffs(m: Primitives, log_w: Array, log_B: Array, fixed: Array) -> Array:
    """Compute ln of the zero-profit cutoffs D, DM, X, XM; zero of closed modes (country, mode)."""
    demand = laid(log_B, log_B, other(log_B), other(log_B)) / (m.sigma - 1.0)
    return log_cutoffs_at_unit_demand(m, log_w, fixed) - np.where(m.open, demand, 0.0)


# -- section 2.3: free entry and the aggregates of A.1 --------------------------------------------------------------


def expected_profit(m: Primitives, fixed: Array, log_cutoff: Array) -> Array:
    """Compute what a draw is expected to earn, sum_c f_c J(phi_c), in labour (country)."""
    return np.sum(fixed * m.productivity.surplus(log_cutoff, m.sigma - 1.0), axis=1)


@equation(
    PAPER, "2", r"f_D J(\varphi_{Di}) + f_{DM} J(\varphi_{DMi}) + f_X J(\varphi_{Xi}) + f_{XM} J(\varphi_{XMi}) = f_E"
)
def free_entry(m: Primitives, fixed: Array, log_cutoff: Array) -> Array:
    """State free entry: expected profit less the entry cost, over the entry cost (country)."""
    return expected_profit(m, fixed, log_cutoff) / m.f_E - 1.0


@equation(PAPER, "A.1", r"F(\varphi_c) = f_c\,\varphi_c^{1-\sigma}\,V(\varphi_c)")
def F(m: Primitives, fixed: Array, log_cutoff: Array, atom_share: Array | None = None) -> Array:
    """Compute F, a draw's expected variable profit by mode, in labour (country, mode).

    Of an atom that stands at the cutoff, only `atom_share` may take the mode (country, mode).
    """
    order = m.sigma - 1.0
    above, taking = past_atom(m, log_cutoff, atom_share)
    return fixed * (np.exp(m.productivity.log_moment(above, order) - order * log_cutoff) + taking)


def past_atom(m: Primitives, log_cutoff: Array, atom_share: Array | None) -> tuple[Array, Array]:
    """Step past the atoms that stand at a cutoff; return the share of draws there that take the mode (country, mode).

    Notes
    -----
    Sums above an atom and at it are kept apart, since a share of 1e-20 may be all that trades.
    """
    if atom_share is None:
        return log_cutoff, 0.0
    at = value_of(log_cutoff)
    weight = np.exp(m.productivity.log_moment_of_atom(at, 0.0))
    return log_cutoff + np.where(weight > 0.0, np.nextafter(at, np.inf) - at, 0.0), atom_share * weight


def marginal_atom(m: Primitives, log_w: Array, log_cutoff: Array, atom_share: Array, log_atom: np.ndarray) -> Array:
    """State that a cutoff stands on the atom that mixes, and that all firms at any other take its mode (country, mode).

    Notes
    -----
    Where a mode and the one with imports have one cutoff, firms draw one lot for both; or two, at the wages at which
    imports are worth no more and no less than they cost.
    """
    gap = np.where(np.isnan(log_atom), atom_share - 1.0, log_cutoff - np.nan_to_num(log_atom))
    one = log_atom[:, ::2] == log_atom[:, 1::2]
    lot, margin = atom_share[:, 1::2] - atom_share[:, ::2], laid(*import_margins(m, log_w))
    lot = np.where(np.abs(value_of(lot)) <= np.abs(value_of(margin)), lot, margin)
    pairs = [np.where(one[:, c], lot[:, c], gap[:, 2 * c + 1]) for c in (0, 1)]
    return laid(gap[:, 0], pairs[0], gap[:, 2], pairs[1])


def profit_and_F(m: Primitives, fixed: Array, log_cutoff: Array) -> tuple[Array, Array]:
    """Compute expected profit (country) and F (country, mode) from one look at the distributions."""
    tail = m.productivity.tail(log_cutoff, m.sigma - 1.0)
    return np.sum(fixed * tail.surplus, axis=1), fixed * np.exp(tail.log_value)


def total(f: Array) -> Array:
    """Sum F over modes; one where no draw could sell anywhere, so that shares of nothing are zero (country)."""
    everything = np.sum(f, axis=1)
    return np.where(value_of(everything) > 0.0, everything, 1.0)


@equation(PAPER, "A.1", r"R_i = \sigma M_{Ei} w_i \textstyle\sum_c F(\varphi_c)")
def mass_entrants(m: Primitives, log_w: Array, R: Array, f: Array) -> Array:
    """Compute the mass of entrants from revenue, which is what pins it (country)."""
    return R / (m.sigma * np.exp(log_w) * total(f))


@equation(PAPER, "A.4", r"\alpha_{Xi} = \frac{R_{Di}}{R_{Xi}} = \frac{F_D + F_{DM}}{F_X + F_{XM}}")
def alpha_X(f: Array) -> Array:
    """Compute domestic over export revenue from the F by mode (country)."""
    return (f[:, 0] + f[:, 1]) / (f[:, 2] + f[:, 3])


@equation(PAPER, "A.4", r"\alpha_{Mi} = \frac{E_{Di}}{E_{Mi}} = \frac{F_D + F_X}{F_{DM} + F_{XM}}")
def alpha_M(f: Array) -> Array:
    """Compute spending on domestic over imported inputs from the F by mode (country)."""
    return (f[:, 0] + f[:, 2]) / (f[:, 1] + f[:, 3])


def export_share(f: Array) -> Array:
    """Compute exports over revenue, 1/(1 + alpha_X) (country)."""
    return (f[:, 2] + f[:, 3]) / total(f)


def import_share(f: Array) -> Array:
    """Compute imports over spending on inputs, 1/(1 + alpha_M) (country)."""
    return (f[:, 1] + f[:, 3]) / total(f)


def domestic_share(f: Array) -> Array:
    """Compute domestic inputs over spending on inputs, alpha_M/(1 + alpha_M) (country)."""
    return (f[:, 0] + f[:, 2]) / total(f)


def home_share(f: Array) -> Array:
    """Compute domestic sales over revenue, alpha_X/(1 + alpha_X) (country)."""
    return (f[:, 0] + f[:, 1]) / total(f)


@equation(PAPER, "3", r"w_i L_i = \frac{\alpha_{Xi}}{1+\alpha_{Xi}} R_i + \frac{1}{1+\alpha_{Xj}} R_j")
def labour_market(m: Primitives, log_w: Array, R: Array, f: Array) -> Array:
    """State labour market clearing: spending on what is sold in i over labour income, less one (country)."""
    spent = home_share(f) * R + other(export_share(f) * R)
    return spent / (np.exp(log_w) * m.L) - 1.0


@equation(
    PAPER,
    "4",
    r"\Big(\frac{1}{1+\alpha_{X1}} - \frac{\rho}{1+\alpha_{M1}}\Big) R_1"
    r" = \Big(\frac{1}{1+\alpha_{X2}} - \frac{\rho}{1+\alpha_{M2}}\Big) R_2",
)
def trade_balance(m: Primitives, R: Array, f: Array) -> Array:
    """State balanced trade: exports less imports of country 1, goods and inputs, over all that is traded (world)."""
    sold, bought = export_share(f) * R, m.rho * import_share(f) * R
    gap, traded = sold - bought, np.sum(sold + bought, axis=0)
    # where nobody trades it reads 0 = 0
    return (gap[0] - gap[1]) / np.where(value_of(traded) == 0.0, 1.0, traded)


# -- section 2.4 ----------------------------------------------------------------------------------------------------


@equation(PAPER, "5", r"W_i = \rho\Big(\frac{L_i}{\sigma f_D}\Big)^{1/(\sigma-1)}\varphi_{Di}")
def welfare(m: Primitives, fixed: Array, log_cutoff: Array) -> Array:
    """Compute the real wage from the domestic cutoff (country)."""
    return m.rho * np.exp(np.log(m.L / (m.sigma * fixed[:, 0])) / (m.sigma - 1.0) + log_cutoff[:, 0])


def log_price_index(m: Primitives, log_w: Array, log_B: Array) -> Array:
    """Compute ln P from B_i = (sigma-1)^(sigma-1)/sigma^sigma P^(sigma-1) w L (country)."""
    s = m.sigma - 1.0
    return (log_B + m.sigma * np.log(m.sigma) - s * np.log(s) - log_w - np.log(m.L)) / s


@equation(PAPER, "section 3.1", r"\theta_i = \frac{1+\alpha_{Mi}}{1+\alpha_{Xi}}")
def theta(f: Array) -> Array:
    """Compute theta, which compares trade in goods and in inputs (country)."""
    return (f[:, 2] + f[:, 3]) / (f[:, 1] + f[:, 3])


@equation(PAPER, "9", r"\frac{R_{Xi}}{E_{Mi}} = \frac{\theta_i}{\rho}")
def final_to_input_ratio(m: Primitives, f: Array) -> Array:
    """Compute exports of final goods over imports of inputs (country)."""
    return theta(f) / m.rho
