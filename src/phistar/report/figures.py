"""Figures by name, each one Vega-Lite definition that paper, notebook and browser share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from phistar.core.errors import InputError, unknown_key
from phistar.core.model import Model
from phistar.core.parameters import read_place
from phistar.core.scenario import Scenario
from phistar.models.registry import build_model, read_scenario

Drawer = Callable[[Scenario, Any, int | None], Any]


def figure_names() -> tuple[str, ...]:
    """Return the names of all figures."""
    return tuple(_FIGURES)


def find_figure(name: str) -> Drawer:
    """Return the function that draws a figure.

    Raises
    ------
    InputError
        When there is no such figure; the nearest, or all, are named.
    """
    if name not in _FIGURES:
        raise unknown_key(name, _FIGURES, "figure")
    return _FIGURES[name]


def draw(
    name: str,
    scenario: Any,
    settings: Sequence[str] = (),
    *,
    over: Sequence[str] | Mapping[str, Any] = (),
    country: str | int | None = None,
) -> Any:
    """Draw a figure of a scenario.

    Parameters
    ----------
    name : str
        ``cutoffs``, ``comparative_statics``, ``firm_sizes`` or ``markups`` (where they differ between firms); where
        firms are listed one by one ``markups``, ``schedules`` and ``comparative_statics``.
    scenario : path, dict or Scenario
    settings : sequence of str
        ``KEY=VALUE`` settings laid over the scenario.
    over : sequence of str, or mapping
        Of comparative statics: one key and its values, as in `sweep`.
    country : str or int, optional
        Name or index of the country shown; by default the first, or all where lines can be told apart.

    Returns
    -------
    altair.Chart
        Shows itself in a notebook; `save_chart` writes it to a file.

    Raises
    ------
    InputError
        When there is no such figure, or the model has none.
    NoEquilibrium
        When the scenario has no certified equilibrium.
    """
    drawer = find_figure(name)
    loaded = read_scenario(scenario, settings)
    model = build_model(loaded)
    if "figures" not in model.capabilities:
        raise InputError("model", "has no figures", model.name)
    if over and name != "comparative_statics":
        raise InputError("--over", f"has no part in the figure {name}", remedy="use comparative_statics")
    _check_firms(name, model)
    return drawer(loaded, over, None if country is None else read_place(country, model.countries, "--country"))


def _check_firms(name: str, model: Model) -> None:
    """Refuse figures of a distribution where firms are listed one by one, and those of listed firms elsewhere."""
    if "firm" in model.labels and name in {"cutoffs", "firm_sizes"}:
        raise InputError("--figure", f"{name} is not drawn for {model.name}, whose firms are listed one by one",
                         remedy="use markups, schedules or comparative_statics")  # fmt: skip
    if "firm" not in model.labels and name == "schedules":
        raise InputError("--figure", f"{name} is not drawn for {model.name}, whose firms are a distribution",
                         remedy="use firm_sizes")  # fmt: skip


def _cutoffs(scenario: Scenario, over: Any, country: int | None) -> Any:
    from phistar.verbs.solve import solve

    equilibrium = solve(scenario)
    if next(v for v in equilibrium.variables if v.name == "cutoff").unit == "cost":
        from phistar.report.cost_selection import cost_diagram

        return cost_diagram(equilibrium, country or 0)
    from phistar.report.selection import cutoff_diagram

    return cutoff_diagram(equilibrium, country or 0)


def _comparative_statics(scenario: Scenario, over: Any, country: int | None) -> Any:
    from phistar.report.statics import statics_chart
    from phistar.verbs.grid import parse_grid
    from phistar.verbs.sweep import sweep

    axes = parse_grid(over)
    if len(axes) != 1 or not axes[0].numeric:
        raise InputError("--over", "must be one key with numbers for this figure", remedy="give it once")
    return statics_chart(sweep(scenario, over), build_model(scenario), axes[0].key, country)


def _firm_sizes(scenario: Scenario, over: Any, country: int | None) -> Any:
    from phistar.report.sizes import DRAWS, MOST_CELLS, MOST_ROWS, SEED, few_active, size_chart
    from phistar.verbs.simulate import simulate
    from phistar.verbs.solve import solve

    equilibrium = solve(scenario)
    n = len(equilibrium.countries)
    draws = min(DRAWS, MOST_ROWS // n, MOST_CELLS // n**2)
    firms = simulate(equilibrium, n_firms=draws, seed=SEED)
    if "active_firms" in equilibrium.model.capabilities and few_active(firms, country or 0):
        return size_chart(simulate(equilibrium, n_firms=draws, seed=SEED, active=True), country or 0, firms)
    return size_chart(firms, country or 0)


def _markups(scenario: Scenario, over: Any, country: int | None) -> Any:
    from phistar.report.markups import markup_chart
    from phistar.report.rivals import rivals_chart
    from phistar.verbs.solve import solve

    if "firm" in build_model(scenario).labels:
        return rivals_chart(*_before_and_after(scenario), country or 0)
    return markup_chart(solve(scenario), country)


def _schedules(scenario: Scenario, over: Any, country: int | None) -> Any:
    from phistar.report.rivals import schedules_chart

    return schedules_chart(*_before_and_after(scenario), country or 0)


def _before_and_after(scenario: Scenario) -> tuple[Any, Any]:
    """Solve the baseline, and the counterfactual where there is one."""
    from phistar.verbs.compare import compare
    from phistar.verbs.solve import solve

    if scenario.counterfactual is None or not scenario.counterfactual.parameters:
        return solve(scenario), None
    found = compare(scenario)
    return found.baseline, found.counterfactual


_FIGURES: dict[str, Drawer] = {
    "cutoffs": _cutoffs,
    "comparative_statics": _comparative_statics,
    "firm_sizes": _firm_sizes,
    "markups": _markups,
    "schedules": _schedules,
}
