"""Find the counterfactual: Newton with its exact Jacobian, continuation in the shock as fallback."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.blocks.hats import equations as eq
from phistar.blocks.hats.economy import Baseline, Shock
from phistar.core.errors import NoEquilibrium

Array = np.ndarray

#: Newton stops once every residual is below this, after one more step that only rounding limits.
STOP = 1e-12
#: Where Newton works it needs a dozen steps, seldom halved; where it does not, a shorter piece is the better use
#: of time.
MAX_STEPS, MAX_HALVINGS = 25, 6
#: Largest change of a log wage or log price in one step: beyond it the linear model is no guide.
STEP_CAP = 1.5
#: The shortest piece of a shock that continuation tries before giving up.
SHORTEST_PIECE = 2e-3
REMEDY = "make the shock smaller, or balance trade in the table first"


@dataclass(frozen=True)
class State:
    """Everything the equations need at trial log wages and log prices."""

    log_wage: Array
    log_price: Array
    log_cost: Array
    log_entrants: Array
    shares: Array
    log_sum: Array
    tariff_factor: Array
    output: Array
    deficits: Array
    spending: Array
    flows: Array


def state_at(b: Baseline, shock: Shock, log_wage: Array, log_price: Array) -> State:
    """Evaluate the equations in their order at trial log wages and log prices."""
    log_c = eq.log_cost(log_wage, log_price, b.cost_input_share)
    log_e = eq.log_entrants(log_wage + np.log(shock.labour), log_c, np.log(shock.entry_cost), free=b.entry == "free")
    exponent = 1 - b.shape * b.sigma / (b.sigma - 1)
    factor = 1 + shock.tariffs
    log_u = eq.log_attraction(
        log_e + b.shape * np.log(shock.scale) + exponent * log_c,
        shock.iceberg,
        shock.access,
        factor / (1 + b.tariffs),
        sigma=b.sigma,
        shape=b.shape,
    )
    shares, log_sum = eq.spending_shares(b.log_shares + log_u)
    revenue = eq.output(b.output, log_wage, shock.labour)
    deficit = eq.deficits(b.deficit_shares, (1 - b.input_share) * revenue)
    bought = eq.spending(revenue + deficit, shares, factor)
    return State(
        log_wage,
        log_price,
        log_c,
        log_e,
        shares,
        log_sum,
        factor,
        revenue,
        deficit,
        bought,
        shares / factor * bought,
    )


def residuals(b: Baseline, old: State, new: State) -> tuple[Array, Array]:
    """Return the residuals of market clearing and of the price index, in logs."""
    with np.errstate(invalid="ignore", divide="ignore"):
        price = eq.log_price_index(
            np.log(new.spending / old.spending), new.log_sum - old.log_sum, sigma=b.sigma, shape=b.shape
        )
        return eq.goods_market(new.flows, new.output), new.log_price - price


def jacobian(b: Baseline, z: State) -> Array:
    """Differentiate both residuals to log wages and log prices, exactly: a 2N x 2N matrix."""
    n = len(z.output)
    free = float(b.entry == "free")
    exponent = 1 - b.shape * b.sigma / (b.sigma - 1)
    # ln of E_i c_i^exponent, the origin's pull, to (ln w, ln P)
    cost = np.hstack([np.diag(1 - b.cost_input_share), np.diag(b.cost_input_share)])
    wage = np.hstack([np.eye(n), np.zeros((n, n))])
    pull = free * wage + (exponent - free) * cost
    log_sum = z.shares.T @ pull
    income = z.output[:, None] * wage + np.outer(b.deficit_shares, (1 - b.input_share) * z.output) @ wage
    kept = z.shares / z.tariff_factor
    spent = income / (z.output + z.deficits)[:, None] - ((kept / kept.sum(axis=0)).T @ pull - log_sum)
    sold = z.flows / z.flows.sum(axis=1)[:, None]
    goods = pull + sold @ (spent - log_sum) - wage
    price = np.hstack([np.zeros((n, n)), np.eye(n)])
    s = b.sigma - 1
    return np.vstack([goods, price - (1 / b.shape - 1 / s) * spent + log_sum / b.shape])


# The solver


def newton(b: Baseline, shock: Shock, old: State, start: Array) -> Array | None:
    """Find log wages and prices by capped Newton steps with the exact Jacobian; None where it fails.

    World income weights fix the level of wages: the homogeneous direction enters as a rank-one term, which
    makes the system regular and leaves its root unchanged.
    """
    n = len(b.output)
    weights = np.concatenate([b.value_added / b.value_added.sum(), np.zeros(n)])
    lift = np.concatenate([np.ones(n), np.zeros(n)])

    def evaluate(x: Array) -> tuple[State, Array, float]:
        """Compute the state at ln wages and prices, what its conditions are off by, and the largest of that."""
        state = state_at(b, shock, x[:n], x[n:])
        gap = np.concatenate(residuals(b, old, state)) + lift * (weights @ x)
        size = float(np.abs(gap).max()) if np.isfinite(gap).all() else np.inf
        return state, gap, size

    x = start
    state, gap, size = evaluate(x)
    polished = size <= STOP
    for _ in range(MAX_STEPS):
        if polished or not np.isfinite(size):
            break
        polished = size <= STOP
        try:
            step = np.linalg.solve(jacobian(b, state) + np.outer(lift, weights), -gap)
        except np.linalg.LinAlgError:
            return None
        step *= min(1.0, STEP_CAP / max(float(np.abs(step).max()), 1e-300))
        for _ in range(1 if polished else MAX_HALVINGS):
            trial = evaluate(x + step)
            if trial[2] < size:
                x, (state, gap, size) = x + step, trial
                break
            step = step / 2
        else:
            break
    return x if size <= STOP else None


def find(b: Baseline, shock: Shock, old: State) -> Array:
    """Find log wages and prices: all of the shock at once, else in pieces that grow and shrink.

    Raises
    ------
    NoEquilibrium
        When continuation stalls.
    """
    x = np.zeros(2 * len(b.output))
    done, piece = 0.0, 1.0
    while done < 1:
        target = min(1.0, done + piece)
        found = newton(b, shock.part(b, target), old, x)
        if found is None:
            piece /= 2
            if piece < SHORTEST_PIECE:
                raise NoEquilibrium(_stall(b, shock, x, done), REMEDY)
        else:
            x, done, piece = found, target, piece * 2
    return x


def _stall(b: Baseline, shock: Shock, x: Array, done: float) -> str:
    n = len(b.output)
    z = state_at(b, shock.part(b, done), x[:n], x[n:])
    left = 1 + z.deficits / ((1 - b.input_share) * z.output)
    tightest = int(np.argmin(left))
    # Continuation stalls a little before the income is gone: wages run away on the last stretch.
    if left[tightest] < 0.3:
        return f"the trade surplus of {b.countries[tightest]}, fixed in world income, outgrows its own income"
    return f"no equilibrium found beyond {done:.1%} of the shock"
