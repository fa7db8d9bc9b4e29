"""phistar: heterogeneous-firm trade models, solved, certified and shocked under one interface."""

from typing import TYPE_CHECKING, Any

from phistar.core.errors import InputError, NoEquilibrium, PhistarError
from phistar.core.version import VERSION as __version__

if TYPE_CHECKING:
    from phistar.core.equilibrium import Equilibrium
    from phistar.core.scenario import Scenario, load_scenario
    from phistar.models.registry import get_model, model_names
    from phistar.verbs.calibrate import calibrate
    from phistar.verbs.compare import compare
    from phistar.verbs.elasticities import elasticities
    from phistar.verbs.gravity import gravity
    from phistar.verbs.hats import hats
    from phistar.verbs.liberalize import liberalize
    from phistar.verbs.simulate import market_quantiles, schedule, simulate
    from phistar.verbs.solve import solve
    from phistar.verbs.sweep import sweep
    from phistar.verbs.trade import trade

#: Public name -> module; loaded when first used, so that importing phistar stays light.
_LAZY = {
    "Equilibrium": "phistar.core.equilibrium",
    "Scenario": "phistar.core.scenario",
    "load_scenario": "phistar.core.scenario",
    "get_model": "phistar.models.registry",
    "model_names": "phistar.models.registry",
    "calibrate": "phistar.verbs.calibrate",
    "compare": "phistar.verbs.compare",
    "elasticities": "phistar.verbs.elasticities",
    "gravity": "phistar.verbs.gravity",
    "hats": "phistar.verbs.hats",
    "liberalize": "phistar.verbs.liberalize",
    "market_quantiles": "phistar.verbs.simulate",
    "schedule": "phistar.verbs.simulate",
    "simulate": "phistar.verbs.simulate",
    "solve": "phistar.verbs.solve",
    "sweep": "phistar.verbs.sweep",
    "trade": "phistar.verbs.trade",
}

__all__ = [
    "Equilibrium",
    "InputError",
    "NoEquilibrium",
    "PhistarError",
    "Scenario",
    "__version__",
    "calibrate",
    "compare",
    "elasticities",
    "get_model",
    "gravity",
    "hats",
    "liberalize",
    "load_scenario",
    "market_quantiles",
    "model_names",
    "schedule",
    "simulate",
    "solve",
    "sweep",
    "trade",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'phistar' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
