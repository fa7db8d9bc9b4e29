"""The models phistar knows: one line each, loaded when first used."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from phistar.core.errors import unknown_key
from phistar.core.model import Model
from phistar.core.scenario import Scenario

#: name -> (module, class)
_MODELS = {
    "melitz": ("phistar.models.melitz.model", "Melitz"),
    "melitz_ottaviano": ("phistar.models.melitz_ottaviano.model", "MelitzOttaviano"),
    "market_penetration": ("phistar.models.market_penetration.model", "MarketPenetration"),
    "vertical_specialization": ("phistar.models.vertical_specialization.model", "VerticalSpecialization"),
    "granular": ("phistar.models.granular.model", "Granular"),
}


def model_names() -> tuple[str, ...]:
    """Return the names of all registered models."""
    return tuple(_MODELS)


def get_model(name: str) -> type[Model]:
    """Return the class of a registered model.

    Raises
    ------
    InputError
        When no model has that name; the nearest is named.
    """
    if name not in _MODELS:
        raise unknown_key(name, _MODELS, "model")
    module, attribute = _MODELS[name]
    found: Any = getattr(import_module(module), attribute)
    return found


def all_models() -> Iterator[type[Model]]:
    """Yield every registered model's class."""
    for name in _MODELS:
        yield get_model(name)


def build_model(scenario: Scenario) -> Model:
    """Build a scenario's baseline model."""
    return get_model(scenario.model).build(scenario.parameters, scenario.countries.names)


def build_counterfactual(scenario: Scenario) -> Model:
    """Build a scenario's counterfactual model."""
    return get_model(scenario.model).build(scenario.counterfactual_parameters, scenario.countries.names)
