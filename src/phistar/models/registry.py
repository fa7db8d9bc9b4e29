"""The models phistar knows: one line each, loaded when first used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from phistar.core.errors import unknown_key
from phistar.core.model import Model
from phistar.core.parameters import PARTNERS
from phistar.core.scenario import Scenario, load_scenario

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


def read_scenario(source: Any, settings: Sequence[str] = ()) -> Scenario:
    """Read a scenario and lay ``KEY=VALUE`` settings over it: whole parameters first, then single entries.

    A parameter given in a short form is written out in full before one of its entries is set; countries are then
    told apart, and the lists count them.

    Raises
    ------
    InputError
        When the scenario or a setting cannot be read.
    """
    single = [text for text in settings if "[" in text.partition("=")[0]]
    scenario = load_scenario(source, [text for text in settings if text not in single])
    names = {text.partition("[")[0].strip() for text in single}
    if any(not isinstance(scenario.parameters.get(name), list) for name in names):
        full = build_model(scenario).as_parameters()
        written = {name: full[name] for name in names if name in full}
        scenario = scenario.model_copy(update={"parameters": {**scenario.parameters, **written}})
    if single:
        apart = {name: value for name, value in scenario.parameters.items() if name != PARTNERS}
        scenario = scenario.model_copy(update={"parameters": apart})
    return load_scenario(scenario, single)


def build_model(scenario: Scenario) -> Model:
    """Build a scenario's baseline model."""
    return get_model(scenario.model).build(scenario.parameters, scenario.countries.names)


def build_counterfactual(scenario: Scenario) -> Model:
    """Build a scenario's counterfactual model."""
    return get_model(scenario.model).build(scenario.counterfactual_parameters, scenario.countries.names)
