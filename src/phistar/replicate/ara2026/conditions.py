"""Conditions on the parameters, under a Pareto, that decide where a claim holds."""

from __future__ import annotations

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.samples import Sample

#: `sourcing_condition` in words.
SOURCING = "1 + (1/ρ + 2A)(p − q) > 0"


def pareto_F(sample: Sample) -> tuple[np.ndarray, ...]:
    """Return F by mode (D, DM, X, XM), up to a factor, of equal countries with a Pareto, from parameters alone."""
    s, k = sample.column("sigma") - 1.0, sample.column("productivity.k")
    costs = {
        "D": 1.0,
        "DM": sample.column("tau_M"),
        "X": sample.column("tau_X"),
        "XM": sample.column("tau_X") * sample.column("tau_M"),
    }
    return tuple(sample.column(f"f_{mode}") ** (1.0 - k / s) * cost**-k for mode, cost in costs.items())


def complementary(sample: Sample) -> np.ndarray:
    """Say where (15) holds: f_XM/f_X < f_DM/f_D."""
    f_D, f_X, f_DM, f_XM = (sample.column(name) for name in ("f_D", "f_X", "f_DM", "f_XM"))
    return np.asarray(f_XM / f_X < f_DM / f_D)


def equal_countries_lead(sample: Sample) -> np.ndarray:
    """Say where equal countries would lead in goods: theta/rho of the parameters is above one."""
    _F_D, F_DM, F_X, F_XM = pareto_F(sample)
    rho = local.rho_of(sample.column("sigma"))  # type: ignore[arg-type]
    return np.asarray((F_X + F_XM) / (F_DM + F_XM) / rho > 1.0)


def sourcing_condition(sample: Sample) -> np.ndarray:
    """Say where alpha_M1 falls as omega rises, at symmetry under a Pareto, from parameters alone.

    With elasticities to omega of -A, -A - 1, 1/rho + A, 1/rho + A - 1 of the cutoffs D, DM, X, XM and F ~ phi^-k, that
    of alpha_M1 is -k [1 + (1/rho + 2A)(p - q)].
    """
    F_D, F_DM, F_X, F_XM = pareto_F(sample)
    rho = (sample.column("sigma") - 1.0) / sample.column("sigma")
    alpha_X, theta = (F_D + F_DM) / (F_X + F_XM), (F_X + F_XM) / (F_DM + F_XM)
    A = (theta / rho - 1.0) / (theta * (alpha_X - 1.0))
    return np.asarray(1.0 + (1.0 / rho + 2.0 * A) * (F_X / (F_D + F_X) - F_XM / (F_DM + F_XM)) > 0.0)
