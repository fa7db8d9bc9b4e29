"""Solve a shock: the hats with their levels, audited from cutoffs up, with a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from phistar.blocks.hats import equations as eq
from phistar.blocks.hats.economy import Baseline, Shock
from phistar.blocks.hats.solver import REMEDY, State, find, jacobian, state_at
from phistar.core.certificate import Certificate
from phistar.core.errors import NoEquilibrium

Array = np.ndarray

#: Exports below this share of revenue leave a relative wage to rounding.
TRACE = 1e-9
#: Speeds of adjustment this close to zero are zero.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Hats:
    """A changed world, certified. Arrays are (country,) or (origin, destination).

    Attributes
    ----------
    wage, cost, price_index, entrants : ndarray
        Hats; nominal ones in the numeraire.
    expenditure, expenditure_cf, output, output_cf : ndarray
        Spending at buyers' prices and firms' revenue, before and after, in the table's unit.
    final_spending, final_spending_cf : ndarray
        Spending less intermediate inputs.
    cutoff, sellers : ndarray (origin, destination)
        Hats; undefined (NaN) where nothing is sold.
    flows, flows_cf, shares, shares_cf : ndarray (origin, destination)
        Sales net of tariff, and shares of spending.
    tariff_revenue, tariff_revenue_cf, deficits, deficits_cf : ndarray
        In the table's unit.
    certificate : Certificate
    """

    wage: Array
    cost: Array
    price_index: Array
    entrants: Array
    expenditure: Array
    expenditure_cf: Array
    output: Array
    output_cf: Array
    final_spending: Array
    final_spending_cf: Array
    cutoff: Array
    sellers: Array
    flows: Array
    flows_cf: Array
    shares: Array
    shares_cf: Array
    tariff_revenue: Array
    tariff_revenue_cf: Array
    deficits: Array
    deficits_cf: Array
    certificate: Certificate

    @property
    def welfare(self) -> Array:
        """Changes of real final spending."""
        return np.asarray(self.final_spending_cf / self.final_spending / self.price_index)

    @property
    def real_wage(self) -> Array:
        """Changes of the wage over the price index."""
        return np.asarray(self.wage / self.price_index)


def solve_hats(baseline: Baseline, shock: Shock, numeraire: int | None = None) -> Hats:
    """Solve for the changed world and certify it.

    Parameters
    ----------
    baseline : Baseline
        The world observed.
    shock : Shock
        What changes.
    numeraire : int, optional
        Country whose wage stays; by default world income (value added) does.

    Returns
    -------
    Hats

    Raises
    ------
    InputError
        When the shock does not fit the baseline.
    NoEquilibrium
        When none was certified, or the observed world is unstable.
    """
    shock = shock.fitted(baseline)
    none = Shock().fitted(baseline)
    n = len(baseline.output)
    with np.errstate(over="ignore", under="ignore"):
        old = state_at(baseline, none, np.zeros(n), np.zeros(n))
        refuse_unstable(baseline, old)
        x = find(baseline, shock, old)
        new = state_at(baseline, shock, x[:n], x[n:])
        x = x - _log_numeraire(baseline, new, numeraire)
        new = state_at(baseline, shock, x[:n], x[n:])
        _refuse_negative_spending(baseline, new)
        return _answer(baseline, shock, old, new)


def _refuse_negative_spending(b: Baseline, z: State) -> None:
    final = z.spending - b.input_share * z.output
    if (final <= 0).any():
        worst = b.countries[int(np.argmin(final / z.output))]
        raise NoEquilibrium(f"what {worst} lends abroad and pays in import subsidies would exceed its income", REMEDY)


def _log_numeraire(b: Baseline, z: State, numeraire: int | None) -> float:
    if numeraire is not None:
        return float(z.log_wage[numeraire])
    return float(np.log(((1 - b.input_share) * z.output).sum() / b.value_added.sum()))


def _answer(b: Baseline, shock: Shock, old: State, new: State) -> Hats:
    # From cutoffs up, not from the solver's shares: the certificate below compares the two routes.
    cost, price = np.exp(new.log_cost), np.exp(new.log_price)
    demand = price ** (b.sigma - 1) * (new.spending / old.spending)
    factor = new.tariff_factor / old.tariff_factor
    cutoff = eq.cutoff_hat(cost, shock.iceberg, shock.access, factor, demand, sigma=b.sigma)
    sellers = eq.sellers_hat(np.exp(new.log_entrants), cutoff, shock.scale, shape=b.shape)
    flows = old.flows * eq.flow_hat(cost, shock.access, sellers)
    sold = old.flows > 0
    answer = Hats(
        wage=np.exp(new.log_wage),
        cost=cost,
        price_index=price,
        entrants=np.exp(new.log_entrants),
        expenditure=old.spending,
        expenditure_cf=new.spending,
        output=old.output,
        output_cf=new.output,
        final_spending=old.spending - b.input_share * old.output,
        final_spending_cf=new.spending - b.input_share * new.output,
        cutoff=np.where(sold, cutoff, np.nan),
        sellers=np.where(sold, sellers, np.nan),
        flows=old.flows,
        flows_cf=flows,
        shares=old.shares,
        shares_cf=new.shares,
        tariff_revenue=(b.tariffs * old.flows).sum(axis=0),
        tariff_revenue_cf=(shock.tariffs * flows).sum(axis=0),
        deficits=old.deficits,
        deficits_cf=new.deficits,
        certificate=Certificate({}),
    )
    return _certified(b, shock, new, answer)


def _certified(b: Baseline, shock: Shock, new: State, answer: Hats) -> Hats:
    found = {name: float(np.max(np.abs(gap))) for name, gap in audit(b, shock, answer).items()}
    certificate = Certificate(found, *_checks(b, new))
    if not certificate.certified:
        raise NoEquilibrium(
            f"no certified equilibrium: {certificate.worst} is off by {certificate.max_residual:.1e}",
            "make the shock smaller",
        )
    return Hats(**{**answer.__dict__, "certificate": certificate})


def audit(b: Baseline, shock: Shock, a: Hats) -> dict[str, Array]:
    """State the equations from firms up, apart from the solver: scaled residuals by name."""
    k, s = b.shape, b.sigma - 1
    sellers = np.nan_to_num(a.sellers)
    with np.errstate(divide="ignore", invalid="ignore"):
        access_use = (k - s) / (k * b.sigma) * (a.flows * a.cost[:, None] * shock.access * sellers).sum(axis=1)
        per_buyer = (a.cost[:, None] * shock.iceberg * (1 + shock.tariffs) / (1 + b.tariffs)) ** -s
        variety = a.entrants[:, None] * (shock.scale[:, None] / a.cutoff) ** k * a.cutoff**s
        price_power = (a.shares * np.where(sellers > 0, per_buyer * variety, 0.0)).sum(axis=0)
    production_use = s / b.sigma * a.flows_cf.sum(axis=1)
    entry_use = b.profit_share * a.output
    entry_use = entry_use * (a.entrants * a.cost * shock.entry_cost if b.entry == "free" else a.wage * shock.labour)
    uses = production_use + access_use + entry_use
    wage_bill = a.output * a.wage * shock.labour
    imports, exports = a.flows_cf.sum(axis=0), a.flows_cf.sum(axis=1)
    return {
        "labour_market": uses / wage_bill - 1,
        "goods_market": exports / a.output_cf - 1,
        "spending": (a.output_cf + a.tariff_revenue_cf + a.deficits_cf) / a.expenditure_cf - 1,
        "price_index": price_power * a.price_index**s - 1,
        "trade_balance": (imports - exports - a.deficits_cf) / a.output_cf,
    }


# Stability


def input_loop(b: Baseline, z: State) -> float:
    """Return the spectral radius of the loop from prices through inputs back to prices, wages given."""
    n = len(z.output)
    return float(np.abs(np.linalg.eigvals(np.eye(n) - jacobian(b, z)[n:, n:])).max())


def wage_adjustment(b: Baseline, z: State) -> float:
    """Return the largest real part among the speeds at which excess demand moves relative wages.

    Negative: a wage above its equilibrium falls back, prices following.
    """
    n = len(z.output)
    full = jacobian(b, z)
    reduced = full[:n, :n] - full[:n, n:] @ np.linalg.solve(full[n:, n:], full[n:, :n])
    speeds = np.linalg.eigvals(reduced)
    return float(np.delete(speeds, np.argmin(np.abs(speeds))).real.max())


def refuse_unstable(b: Baseline, old: State) -> None:
    """Refuse an observed world that scale effects through inputs make unstable.

    In a closed economy with free entry the loop is m sigma/(sigma-1): stable while 1 - m > 1/sigma.

    Raises
    ------
    NoEquilibrium
        Naming the country with the largest input share.
    """
    if not b.input_share.any():
        return
    loop = input_loop(b, old)
    if loop < 1 and wage_adjustment(b, old) < 0:
        return
    most = int(np.argmax(b.input_share))
    raise NoEquilibrium(
        f"with roundabout inputs the observed world is unstable: costs and prices feed on one another "
        f"(loop {loop:.2f}; inputs are {b.input_share[most]:.0%} of revenue in {b.countries[most]})",
        "raise sigma, or take labour alone",
    )


def _checks(b: Baseline, new: State) -> tuple[Mapping[str, bool], tuple[str, ...]]:
    trade = (new.flows.sum(axis=1) - np.diag(new.flows)) / new.output
    checks = {
        "relative_wages_determined": bool((trade > TRACE).all()),
        "wage_adjustment_stable": wage_adjustment(b, new) < ROUNDING,
    }
    notes = []
    if not checks["relative_wages_determined"]:
        least = b.countries[int(np.argmin(trade))]
        notes.append(f"{least} exports next to nothing: its wage relative to others is not pinned down")
    if b.input_share.any():
        loop = input_loop(b, new)
        checks["input_loop_stable"] = loop < 1
        notes.append(f"the loop from prices through inputs and variety back to prices has radius {loop:.3f}, below 1")
    return checks, tuple(notes)
