r"""Exact-hat gravity with Melitz firms and Pareto productivity: from observed flows to a changed world.

A hat is new over old. Firms of origin i draw productivity from a Pareto law with shape k and scale b_i, pay
c_i f_e_i to draw and c_i f_ij to sell in j, ship at iceberg cost tau_ij and compete in CES demand with
elasticity sigma; s = sigma - 1, k > s. Destination j charges the ad valorem tariff t_ij on the value at its
border: buyers pay p (1 + t_ij), the firm keeps p. T_ij = 1 + t_ij.

The derivation, in the order of the functions below.

1. With X_j spent at buyers' prices and A_j = P_j^s X_j, revenue net of tariff is A_j p^(-s) T_ij^(-sigma);
   profit is largest at p = (sigma/s) tau_ij c_i / phi. Zero profit, revenue = sigma c_i f_ij, gives the
   cutoff x_ij = (sigma/s) tau_ij (sigma f_ij)^(1/s) (c_i T_ij)^(sigma/s) A_j^(-1/s).
2. Sellers are the entrants above it: M_ij = E_i (x_ij/b_i)^(-k).
3. Under Pareto average sales are a multiple of the access cost: X_ij = sigma k/(k-s) c_i f_ij M_ij.
4. So buyers spend T_ij X_ij = u_ij A_j^(k/s), with u_ij ~ E_i b_i^k tau_ij^-k f_ij^(1-k/s) (c_i T_ij)^(1-k
   sigma/s): tariffs bite with k sigma/s - 1 on spending and with k sigma/s on flows net of tariff, icebergs
   with k.
5. Shares of spending are pi_ij = u_ij / sum_i u_ij.
6. They add up when A_j^(k/s) sum_i u_ij = X_j, the price index: P_j ~ X_j^(1/k-1/s) (sum_i u_ij)^(-1/k).
7. Firms pay every cost in a bundle of labour and goods, c_i = w_i^(1-m_i) P_i^(m_i); m = 0 is labour alone.
8. Profits net of access costs are the share s/(k sigma) of revenue. Free entry: E_i c_i f_e_i = s/(k sigma)
   Y_i. Or E_i is given and profits are income.
9. Revenue Y_i = sum_j X_ij pays inputs, a fixed share of it, and value added w_i L_i (or w_i L_i and
   profits): Y_i is in proportion to w_i L_i.
10. Deficits are fixed shares of world income (value added): D_j = d_j sum_i v_i Y_i.
11. Spending is revenue, tariff revenue and the deficit: X_j = Y_j + sum_i t_ij X_ij + D_j; X_ij = pi_ij X_j
    / T_ij.
12. Markets clear: sum_j X_ij = Y_i, one redundant, the numeraire being world income or one country's wage.

Without tariffs and deficits welfare is (domestic share)^(-1/k); with them, times (X_j/w_j)^(1 + 1/s - 1/k).
At given revenue shares of inputs and given labour, free and fixed entry imply the same hats of everything
but E.
Arrays are [origin][destination]; the equation functions take rectangular ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core.certificate import Certificate
from ..core.errors import InputError, NoEquilibrium
from ..core.sources import equation

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
#: Exports below this share of revenue leave a relative wage to rounding.
TRACE = 1e-9
#: Speeds of adjustment this close to zero are zero.
ROUNDING = 1e-12
REMEDY = "make the shock smaller, or balance trade in the table first"


# Equations


@equation("hats", "1", r"\hat x = \hat\tau\hat f^{1/s}(\hat c_i\hat T)^{\sigma/s}\hat A_j^{-1/s}")
def cutoff_hat(
    cost: Array, iceberg: Array, access: Array, tariff_factor: Array, demand: Array, *, sigma: float
) -> Array:
    """Compute changes of cutoffs from zero profit, (origin, destination)."""
    s = sigma - 1
    taxed_cost = cost[:, None] * tariff_factor
    return np.asarray(iceberg * access ** (1 / s) * taxed_cost ** (sigma / s) * demand[None, :] ** (-1 / s))


@equation("hats", "2", r"\hat M_{ij} = \hat E_i (\hat x_{ij}/\hat b_i)^{-k}")
def sellers_hat(entrants: Array, cutoff: Array, scale: Array, *, shape: float) -> Array:
    """Compute changes of the number of sellers: entrants above the cutoff, (origin, destination)."""
    return np.asarray(entrants[:, None] * (cutoff / scale[:, None]) ** -shape)


@equation("hats", "3", r"\hat X_{ij} = \hat c_i \hat f_{ij} \hat M_{ij}")
def flow_hat(cost: Array, access: Array, sellers: Array) -> Array:
    """Compute changes of flows net of tariff: average sales follow the access cost, (origin, destination)."""
    return np.asarray(cost[:, None] * access * sellers)


@equation("hats", "4", r"\hat u = \hat E_i\hat b_i^k\hat\tau^{-k}\hat f^{1-k/s}(\hat c_i\hat T)^{1-k\sigma/s}")
def log_attraction(
    log_origin: Array, iceberg: Array, access: Array, tariff_factor: Array, *, sigma: float, shape: float
) -> Array:
    """Compute log changes of spending on an origin at given demand, (origin, destination).

    `log_origin` is ln of E_i b_i^k c_i^(1-k sigma/s): what is the same in every destination.
    """
    s = sigma - 1
    with np.errstate(divide="ignore"):
        bilateral = (
            -shape * np.log(iceberg)
            + (1 - shape / s) * np.log(access)
            + (1 - shape * sigma / s) * np.log(tariff_factor)
        )
    return np.asarray(log_origin[:, None] + bilateral)


@equation("hats", "5", r"\pi'_{ij} = \pi_{ij}\hat u_{ij}/\sum_l\pi_{lj}\hat u_{lj}")
def spending_shares(log_weights: Array) -> tuple[Array, Array]:
    """Compute shares of spending over origins, and the log of their sum before division, (destination,)."""
    top = log_weights.max(axis=0)
    weights = np.exp(log_weights - top)
    total = weights.sum(axis=0)
    return weights / total, top + np.log(total)


@equation("hats", "6", r"\hat P_j = \hat X_j^{1/k-1/s}(\sum_i\pi_{ij}\hat u_{ij})^{-1/k}")
def log_price_index(log_spending: Array, log_sum: Array, *, sigma: float, shape: float) -> Array:
    """Compute log changes of price indices at buyers' prices, (destination,)."""
    return np.asarray((1 / shape - 1 / (sigma - 1)) * log_spending - log_sum / shape)


@equation("hats", "7", r"\hat c_i = \hat w_i^{1-m_i}\hat P_i^{m_i}")
def log_cost(log_wage: Array, log_price: Array, input_share: Array) -> Array:
    """Compute log changes of the cost of the bundle of labour and goods, (origin,)."""
    return np.asarray((1 - input_share) * log_wage + input_share * log_price)


@equation("hats", "8", r"\hat E_i = \hat Y_i/(\hat c_i\hat f_{e,i})")
def log_entrants(log_output: Array, log_cost: Array, log_entry_cost: Array, *, free: bool) -> Array:
    """Compute log changes of entrants under free entry, or none, (origin,)."""
    return np.asarray(log_output - log_cost - log_entry_cost if free else np.zeros_like(log_output))


@equation("hats", "9", r"Y'_i = Y_i\hat w_i\hat L_i")
def output(baseline_output: Array, log_wage: Array, labour: Array) -> Array:
    """Compute revenue of each origin's firms from its wage bill, (origin,)."""
    return np.asarray(baseline_output * np.exp(log_wage) * labour)


@equation("hats", "10", r"D'_j = d_j\sum_i v_i Y'_i")
def deficits(deficit_shares: Array, value_added: Array) -> Array:
    """Compute trade deficits as fixed shares of world income, (destination,)."""
    return np.asarray(deficit_shares * value_added.sum())


@equation("hats", "11", r"X'_j = (Y'_j+D'_j)/\sum_i(\pi'_{ij}/T'_{ij})")
def spending(income: Array, shares: Array, tariff_factor: Array) -> Array:
    """Compute spending at buyers' prices from income before the tariff revenue it creates, (destination,)."""
    return np.asarray(income / (shares / tariff_factor).sum(axis=0))


@equation("hats", "12", r"\sum_j\pi'_{ij}X'_j/T'_{ij} = Y'_i")
def goods_market(flows: Array, output: Array) -> Array:
    """State market clearing: log of sales over revenue, (origin,)."""
    return np.asarray(np.log(flows.sum(axis=1) / output))


# The world observed and what changes in it


@dataclass(frozen=True)
class Baseline:
    """An observed world.

    Attributes
    ----------
    flows : ndarray (origin, destination)
        Sales net of tariff, home included.
    sigma, shape : float
        Elasticity of substitution; Pareto shape, above sigma - 1.
    tariffs : ndarray (origin, destination), optional
        Ad valorem tariffs behind the flows; zero by default.
    input_share : ndarray (country,), optional
        Intermediate inputs in revenue; zero by default (labour alone).
    entry : str
        ``free`` or ``fixed``.
    countries : tuple of str, optional
        Names for messages.
    """

    flows: Array
    sigma: float
    shape: float
    tariffs: Any = None
    input_share: Any = None
    entry: str = "free"
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        flows = np.asarray(self.flows, dtype=float)
        n = len(flows)
        object.__setattr__(self, "flows", flows)
        object.__setattr__(self, "tariffs", _matrix("tariffs", 0.0 if self.tariffs is None else self.tariffs, n))
        shares = 0.0 if self.input_share is None else self.input_share
        object.__setattr__(self, "input_share", _vector("input_share", shares, n))
        object.__setattr__(self, "countries", self.countries or tuple(str(i) for i in range(n)))
        self._check(n)

    def _check(self, n: int) -> None:
        if flaw := elasticity_flaw(self.sigma, self.shape):
            raise InputError(*flaw)
        if self.flows.shape != (n, n) or not np.isfinite(self.flows).all() or (self.flows < 0).any():
            raise InputError("flows", "must be a square matrix of finite numbers, at least 0")
        if (np.diag(self.flows) <= 0).any():
            raise InputError("flows", "must have positive sales at home on the diagonal")
        check_tariffs("tariffs", self.tariffs)
        if self.entry not in {"free", "fixed"}:
            raise InputError("entry", 'must be one of "free", "fixed"', self.entry)
        if not ((self.input_share >= 0).all() and (self.cost_input_share < 1).all()):
            raise InputError("input_share", "must leave a part of each country's costs to labour")

    @property
    def profit_share(self) -> float:
        """Profits net of access costs in revenue, s/(k sigma): what entry costs under free entry."""
        return (self.sigma - 1) / (self.shape * self.sigma)

    @cached_property
    def cost_input_share(self) -> Array:
        """Intermediate inputs in costs: in revenue under free entry, where costs exhaust it."""
        return self.input_share if self.entry == "free" else self.input_share / (1 - self.profit_share)

    @cached_property
    def output(self) -> Array:
        """Revenue of each origin's firms."""
        return self.flows.sum(axis=1)

    @cached_property
    def value_added(self) -> Array:
        """Revenue less intermediate inputs."""
        return (1 - self.input_share) * self.output

    @cached_property
    def deficit_shares(self) -> Array:
        """Trade deficits as shares of world value added."""
        return (self.flows.sum(axis=0) - self.output) / self.value_added.sum()

    @cached_property
    def log_shares(self) -> Array:
        """Logs of the shares of spending at buyers' prices; a zero flow is minus infinity."""
        bought = self.flows * (1 + self.tariffs)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(bought / bought.sum(axis=0)))


@dataclass(frozen=True)
class Shock:
    """What changes: hats of primitives, and tariffs as they become. Scalars stand for every entry.

    Attributes
    ----------
    iceberg, access : ndarray (origin, destination)
        Hats of tau and f.
    labour, scale, entry_cost : ndarray (country,)
        Hats of L, of the Pareto scale b, and of f_e.
    tariffs : ndarray (origin, destination), optional
        Tariffs afterwards; as before by default.
    """

    iceberg: Any = 1.0
    access: Any = 1.0
    labour: Any = 1.0
    scale: Any = 1.0
    entry_cost: Any = 1.0
    tariffs: Any = None

    def fitted(self, baseline: Baseline) -> Shock:
        """Return the shock with full arrays for a baseline.

        Raises
        ------
        InputError
            When a hat is not positive and finite, or a tariff not above -1.
        """
        n = len(baseline.flows)
        tariffs = baseline.tariffs if self.tariffs is None else _matrix("tariffs", self.tariffs, n)
        check_tariffs("tariffs", tariffs)
        hats = {key: _matrix(key, getattr(self, key), n) for key in ("iceberg", "access")}
        hats |= {key: _vector(key, getattr(self, key), n) for key in ("labour", "scale", "entry_cost")}
        for key, hat in hats.items():
            if not (np.isfinite(hat).all() and (hat > 0).all()):
                raise InputError(key, "must be a positive and finite change, new over old")
        return Shock(**hats, tariffs=tariffs)

    def part(self, baseline: Baseline, fraction: float) -> Shock:
        """Return a fitted shock gone part of its way, geometrically."""
        hats = {key: getattr(self, key) ** fraction for key in ("iceberg", "access", "labour", "scale", "entry_cost")}
        factors = (1 + baseline.tariffs) ** (1 - fraction) * (1 + self.tariffs) ** fraction
        return Shock(**hats, tariffs=self.tariffs if fraction == 1 else factors - 1)


def elasticity_flaw(sigma: float, shape: float) -> tuple[str, str, float, str] | None:
    """Return what is wrong with the elasticities, as the parts of an `InputError`, or None."""
    if not (np.isfinite(sigma) and sigma > 1):
        return "sigma", "must be a finite number greater than 1", sigma, ""
    if not (np.isfinite(shape) and shape > sigma - 1):
        problem = f"must be finite and exceed sigma - 1 = {sigma - 1:g} for finite sales"
        return "shape", problem, shape, "raise shape or lower sigma"
    return None


def check_tariffs(key: str, tariffs: Array) -> None:
    """Refuse tariffs that are not finite and above -1, or that a country would charge itself."""
    if not (np.isfinite(tariffs).all() and (tariffs > -1).all()):
        raise InputError(key, "must be finite and greater than -1 everywhere")
    if np.diag(tariffs).any():
        raise InputError(key, "must be zero at home, on the diagonal")


def _matrix(key: str, value: Any, n: int) -> Array:
    array = np.asarray(value, dtype=float)
    if array.shape not in {(), (n, n)}:
        raise InputError(key, f"must be a number or a {n} x {n} matrix [origin][destination]")
    return np.array(np.broadcast_to(array, (n, n)))


def _vector(key: str, value: Any, n: int) -> Array:
    array = np.asarray(value, dtype=float)
    if array.shape not in {(), (n,)}:
        raise InputError(key, f"must be a number or one number for each of {n} countries")
    return np.array(np.broadcast_to(array, (n,)))


# The equilibrium at trial wages and prices


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
    log_c = log_cost(log_wage, log_price, b.cost_input_share)
    log_e = log_entrants(log_wage + np.log(shock.labour), log_c, np.log(shock.entry_cost), free=b.entry == "free")
    exponent = 1 - b.shape * b.sigma / (b.sigma - 1)
    factor = 1 + shock.tariffs
    log_u = log_attraction(
        log_e + b.shape * np.log(shock.scale) + exponent * log_c,
        shock.iceberg,
        shock.access,
        factor / (1 + b.tariffs),
        sigma=b.sigma,
        shape=b.shape,
    )
    shares, log_sum = spending_shares(b.log_shares + log_u)
    revenue = output(b.output, log_wage, shock.labour)
    deficit = deficits(b.deficit_shares, (1 - b.input_share) * revenue)
    bought = spending(revenue + deficit, shares, factor)
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
        price = log_price_index(
            np.log(new.spending / old.spending), new.log_sum - old.log_sum, sigma=b.sigma, shape=b.shape
        )
        return goods_market(new.flows, new.output), new.log_price - price


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


# The answer


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
    cutoff = cutoff_hat(cost, shock.iceberg, shock.access, factor, demand, sigma=b.sigma)
    sellers = sellers_hat(np.exp(new.log_entrants), cutoff, shock.scale, shape=b.shape)
    flows = old.flows * flow_hat(cost, shock.access, sellers)
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
