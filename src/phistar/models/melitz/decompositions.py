"""Split a change between two Melitz equilibria: welfare, aggregate productivity, trade flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.axes import COUNTRY, PAIR
from phistar.core.model import Decomposition
from phistar.models.melitz import equations as eq
from phistar.models.melitz.primitives import Primitives

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`."""
    with np.errstate(all="ignore"):
        splits = {"productivity": reallocation(old, new), "trade": trade_margins(old, new)}
        if float(old.model.sigma) == float(new.model.sigma):
            splits = {"welfare": welfare(old, new), **splits}
    return splits


def _log_change(old: Equilibrium, new: Equilibrium, name: str) -> np.ndarray:
    return np.log(new[name]) - np.log(old[name])


def welfare(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln W into home variety, home productivity, openness, income beyond wages and internal trade costs.

    Notes
    -----
    (w_j/P_j)^s lambda_jj = M_jj (s phi~_jj / (sigma tau_jj))^s holds at every equilibrium, so the split is exact.
    `acr` is what the trade share alone predicts, -d ln lambda_jj over the local trade elasticity of the baseline.
    """
    s = float(old.model.sigma) - 1.0
    total = _log_change(old, new, "welfare")
    openness = 0.0 - np.diagonal(_log_change(old, new, "trade_share"))
    columns = {
        "total": total,
        "variety_home": np.diagonal(_log_change(old, new, "mass_sellers")) / s,
        "productivity_home": np.diagonal(_log_change(old, new, "phi_tilde_market")),
        "openness": openness / s,
        "income_beyond_wages": total - _log_change(old, new, "real_wage"),
        "internal_trade_cost": np.diagonal(old.model.log_tau - new.model.log_tau),
        "acr": openness / np.diagonal(old["trade_elasticity"]),
    }
    parts = ("variety_home", "productivity_home", "openness", "income_beyond_wages", "internal_trade_cost")
    gap = float(np.max(np.abs(columns["acr"] - total)))
    verdict = "holds" if gap <= 1e-10 else f"does not hold (off by up to {gap:.1e} log points)"
    note = f"d ln welfare, in logs; the formula of Arkolakis, Costinot and Rodriguez-Clare (column acr) {verdict} here"
    return Decomposition("total", parts, columns, COUNTRY, note)


def trade_margins(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln X_ij into the number of sellers, continuing sellers' growth, and who they are."""
    columns = {
        "total": _log_change(old, new, "trade_flow"),
        "extensive": _log_change(old, new, "mass_sellers"),
        "intensive": _sales_per_power(new) - _sales_per_power(old),
    }
    columns["composition"] = _power_per_seller(new) - _power_per_seller(old)
    note = ("d ln trade flow, in logs: number of sellers (extensive), sales of a continuing seller (intensive), "
            "and the sellers' average (composition)")  # fmt: skip
    return Decomposition("total", ("extensive", "intensive", "composition"), columns, PAIR, note)


def _sales_per_power(e: Equilibrium) -> np.ndarray:
    """Ln of a seller's sales over phi^s (origin, destination): the same for every seller."""
    m = e.model
    log_x = eq.selection(m, dict(e.unknowns)).log_x
    return np.log(m.sigma * m.f) + np.log(e["wage"])[:, None] - (m.sigma - 1.0) * log_x


def _power_per_seller(e: Equilibrium) -> np.ndarray:
    """Ln of the mean of phi^s over sellers (origin, destination)."""
    return (float(e.model.sigma) - 1.0) * np.log(e["phi_tilde_market"])


@dataclass(frozen=True)
class _Above:
    """The firms from a cutoff up, with the share of its atom (if it is on one) that counts."""

    log_cutoff: np.ndarray
    share: np.ndarray

    def tighter(self, other: _Above) -> _Above:
        """Return the smaller of two such sets, entry by entry."""
        mine = (self.log_cutoff > other.log_cutoff) | (
            (self.log_cutoff == other.log_cutoff) & (self.share <= other.share)
        )
        return _Above(np.where(mine, self.log_cutoff, other.log_cutoff), np.where(mine, self.share, other.share))

    def sums(self, m: Primitives, order: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return int phi^order and int phi^order ln phi over the set."""
        g = m.productivity
        whole = np.exp(g.log_moment(self.log_cutoff, order))
        left_out = (1.0 - self.share) * np.exp(g.log_moment_of_atom(self.log_cutoff, order))
        logs = np.where(whole > 0.0, whole * g.mean_log(self.log_cutoff, order), 0.0)
        return whole - left_out, logs - np.where(left_out > 0.0, left_out * self.log_cutoff, 0.0)


@dataclass(frozen=True)
class _Industry:
    """One equilibrium's firms: sellers by market, active firms by origin, sales over phi^s by market."""

    m: Primitives
    sellers: _Above
    active: _Above
    weight: np.ndarray

    def log_productivity(self, group: _Above) -> tuple[np.ndarray, np.ndarray]:
        """Return revenue and revenue times ln phi of the firms of `group` (origin)."""
        within = self.sellers.tighter(group)
        sales, logs = within.sums(self.m, self.m.sigma - 1.0)
        return np.sum(self.weight * sales, axis=1), np.sum(self.weight * logs, axis=1)

    def mean_log(self, group: _Above) -> np.ndarray:
        """Return the unweighted mean of ln phi of `group` (origin)."""
        count, logs = group.sums(self.m, 0.0)
        return (logs / count)[:, 0]


def _industry(e: Equilibrium) -> _Industry:
    m = e.model
    selection = eq.selection(m, dict(e.unknowns))
    share = np.ones(selection.log_e.shape) if selection.mixing is None else selection.mixing.active_share
    most = selection.survival == np.max(selection.survival, axis=1)[:, None]
    lowest = np.argmin(np.where(most, selection.log_e, np.inf), axis=1)[:, None]
    active = _Above(np.take_along_axis(selection.log_e, lowest, 1), np.take_along_axis(share, lowest, 1))
    weight = m.f * np.exp(-(m.sigma - 1.0) * (selection.log_x - active.log_cutoff))
    return _Industry(m, _Above(selection.log_e, share), active, weight)


def _matched(group: _Above, of: Primitives, to: Primitives) -> _Above:
    """Carry a set of firms over to another distribution: a firm keeps its rank among the draws."""
    if of.families == to.families:
        return group
    rank = of.productivity.log_survival(group.log_cutoff)
    return _Above(to.productivity.log_quantile_upper(np.exp(rank)), group.share)


def reallocation(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split the change of revenue-weighted ln phi into within, between, exit and entry (Melitz and Polanec 2015).

    Notes
    -----
    Survivors are active in both; a firm keeps its rank where the distribution itself changed, and `within` is
    then the mean change of their ln phi (zero otherwise). `between` is the change of their covariance of market
    share and ln phi; exit and entry weigh the gap between survivors and those who go or come.
    """
    before, after = _industry(old), _industry(new)
    from_after = _matched(after.active, after.m, before.m)
    survivors_before = before.active.tighter(from_after)
    survivors_after = after.active.tighter(_matched(before.active, before.m, after.m))
    all_before, logs_before = before.log_productivity(before.active)
    all_after, logs_after = after.log_productivity(after.active)
    stay_before, stay_logs_before = before.log_productivity(survivors_before)
    stay_after, stay_logs_after = after.log_productivity(survivors_after)
    survivors = stay_logs_after / stay_after - stay_logs_before / stay_before
    within = after.mean_log(survivors_after) - before.mean_log(survivors_before)
    columns = {
        "total": logs_after / all_after - logs_before / all_before,
        "within": within,
        "between": survivors - within,
        "exit": _turnover(stay_before, stay_logs_before, all_before, logs_before),
        "entry": 0.0 - _turnover(stay_after, stay_logs_after, all_after, logs_after),
        "share_of_exiters": 1.0 - stay_before / all_before,
        "share_of_entrants": 1.0 - stay_after / all_after,
    }
    note = "change of revenue-weighted log productivity, by origin (Melitz and Polanec 2015)"
    return Decomposition("total", ("within", "between", "exit", "entry"), columns, COUNTRY, note)


def _turnover(stay: np.ndarray, stay_logs: np.ndarray, everyone: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Share of those who go (or come) times survivors' lead over them: survivors' mean less everyone's."""
    return np.where(stay < everyone, stay_logs / stay - logs / everyone, 0.0)
