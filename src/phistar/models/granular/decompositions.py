"""Split the change between two granular equilibria: prices, welfare, profits, varieties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.core.model import Decomposition

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium

_GAINS = ("pro_competitive", "variety", "selection", "equal_markups")


def decompose(old: Equilibrium, new: Equilibrium) -> dict[str, Decomposition]:
    """Split the change from `old` to `new`; two worlds with different firms or markets cannot be set side by side."""
    if old["share"].shape != new["share"].shape:
        return {}
    with np.errstate(all="ignore"):
        split = {"price_index": price_index(old, new), "welfare": welfare(old, new)}
        if old["share"].ndim == 1:
            split |= {"total_varieties": total_varieties(old, new), "profit": profit(old, new)}
            split["varieties"] = varieties(old, new)
        return split


def _log_change(old: Equilibrium, new: Equilibrium, name: str) -> np.ndarray:
    return np.asarray(np.log(new[name]) - np.log(old[name]))


def _gains(old: Equilibrium, new: Equilibrium) -> dict[str, np.ndarray]:
    """Split -d ln P exactly: ln P = ln M - ln N/(sigma-1) - ln phi_bar - ln(1 - misallocation)."""
    power = float(new.model.sigma) - 1.0
    if float(old.model.sigma) != float(new.model.sigma):
        number = np.log(new["total_varieties"]) / power
        number = number - np.log(old["total_varieties"]) / (float(old.model.sigma) - 1.0)
    else:
        number = _log_change(old, new, "total_varieties") / power
    return {
        "pro_competitive": -_log_change(old, new, "aggregate_markup"),
        "variety": number,
        "selection": _log_change(old, new, "mean_productivity"),
        "equal_markups": np.log1p(-new["misallocation"]) - np.log1p(-old["misallocation"]),
    }


def price_index(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split the fall of the price index into lower markups, more varieties, better firms, more equal markups."""
    columns = {"total": -_log_change(old, new, "price_index"), **_gains(old, new)}
    note = ("-d ln P: the aggregate markup falls, the range of varieties grows, varieties move to abler firms, "
            "markups differ less")  # fmt: skip
    return Decomposition("total", _GAINS, columns, _dims(old), note)


def welfare(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split the change of welfare into the same gains and profits.

    Notes
    -----
    Fixed R: utility changes by rho times -d ln P and by profits per head. CES: the log of real income changes, and each
    gain has its share of what wages alone gain.
    """
    fall = -_log_change(old, new, "price_index")
    if new.model.upper == "fixed" and old.model.upper == "fixed":
        total = new["welfare"] - old["welfare"]
        wages = new["welfare_wages"] - old["welfare_wages"]
        note = "change of utility per head, in the numeraire; profits are income"
    else:
        total, wages = _log_change(old, new, "welfare"), _log_change(old, new, "welfare_wages")
        note = "d ln of real income per head; profits are income"
    weight = np.where(fall == 0.0, 0.0, wages / np.where(fall == 0.0, 1.0, fall))
    gains = {name: weight * part for name, part in _gains(old, new).items()}
    columns = {"total": total, **gains, "profits": total - wages, "other": wages - weight * fall}
    return Decomposition("total", (*_GAINS, "profits", "other"), columns, _dims(old), note)


def total_varieties(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split the change in the range on sale: firms that stay, firms that leave, firms that come."""
    before, after = (np.nan_to_num(e["copies"] * np.nan_to_num(e["varieties"])) for e in (old, new))
    was, is_ = old["active"] > 0.0, new["active"] > 0.0
    parts = {
        "stayers": np.sum(np.where(was & is_, after - before, 0.0)),
        "leavers": -np.sum(np.where(was & ~is_, before, 0.0)),
        "newcomers": np.sum(np.where(~was & is_, after, 0.0)),
    }
    columns = {"total": new["total_varieties"] - old["total_varieties"], **{k: np.asarray(v) for k, v in parts.items()}}
    note = "change in the number of varieties on sale; what partners' copies add is counted with stayers"
    return Decomposition("total", tuple(parts), columns, (), note)


def profit(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln of each survivor's profit, its fixed cost aside, into market size and competition (firm)."""
    size = _log_change(old, new, "expenditure")
    total = np.log(new["profit"] + _fixed(new)) - np.log(old["profit"] + _fixed(old))
    columns = {"total": total, "market_size": np.where(np.isnan(total), np.nan, size), "competition": total - size}
    note = "d ln profit before the fixed cost, of firms active in both: a larger market, and a smaller share at less"
    return Decomposition("total", ("market_size", "competition"), columns, ("firm",), note)


def varieties(old: Equilibrium, new: Equilibrium) -> Decomposition:
    """Split d ln of each survivor's varieties: market size, share, and cannibalization, which markups tell (firm)."""
    size, share = _log_change(old, new, "expenditure"), _log_change(old, new, "share")
    total = _log_change(old, new, "varieties")
    columns = {
        "total": total,
        "market_size": np.where(np.isnan(total), np.nan, size),
        "share": share,
        "cannibalization": total - size - share,
    }
    note = "d ln varieties of firms active in both: N = E S/((sigma-1) K_1 mu)"
    return Decomposition("total", ("market_size", "share", "cannibalization"), columns, ("firm",), note)


def _fixed(e: Any) -> float:
    return float(e.model.fixed)


def _dims(e: Equilibrium) -> tuple[str, ...]:
    return ("country",) if e["price_index"].ndim else ()
