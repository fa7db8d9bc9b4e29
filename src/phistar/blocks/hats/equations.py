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

import numpy as np

from phistar.core.sources import equation

Array = np.ndarray


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
