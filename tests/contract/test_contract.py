"""What every registered model must satisfy, whatever its paper."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.models.registry import all_models, get_model, model_names
from phistar.verbs.solve import solve
from tests.strict_json import read_strict

from .helpers import closed_economy, closed_off, kinds, plain, relabel, same, understood
from .samples import SAMPLES, each_sample

CASES = list(each_sample())
SEVERAL = [(m, s) for m, s in CASES if s != "closed" and SAMPLES[m].of_countries]
each = pytest.mark.parametrize(("model", "sample"), CASES, ids=[f"{m}: {s}" for m, s in CASES])
each_open = pytest.mark.parametrize(("model", "sample"), SEVERAL, ids=[f"{m}: {s}" for m, s in SEVERAL])
NUMERAIRE = [(m, s) for m, s in SEVERAL if "numeraire" in kinds(m)]
each_numeraire = pytest.mark.parametrize(("model", "sample"), NUMERAIRE, ids=[f"{m}: {s}" for m, s in NUMERAIRE])

# Identities recomputed in double precision from certified outcomes: the certificate is met near 1e-14 in
# these well-scaled worlds; sums over countries and firms' moments may add a digit or two.
EXACT = 1e-12


def test_every_registered_model_has_samples() -> None:
    assert set(model_names()) == set(SAMPLES)


@pytest.mark.parametrize("model", list(all_models()), ids=lambda m: m.name)
def test_a_model_describes_itself(model: Any) -> None:
    assert model.name
    assert model.title
    assert model.paper
    names = [v.name for v in model.variables]
    assert len(names) == len(set(names))
    for variable in model.variables:
        assert variable.unit
        assert variable.meaning
    records = model.equation_records()
    assert records


@each
def test_a_sample_is_certified(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    assert eq.certificate.certified
    # The promise is 1e-10; these worlds are well scaled, so anything above 1e-12 means digits were lost.
    assert eq.certificate.max_residual < 1e-12, eq.certificate.residuals
    assert len(eq.certificate.residuals) >= 2


@each
def test_every_variable_declared_is_reported_with_its_axes(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    n = len(eq.countries)
    for variable in eq.variables:
        if variable.name in eq.values:
            sides = {"country": n, "origin": n, "destination": n}
            assert eq[variable.name].shape == tuple(
                sides.get(d, s) for d, s in zip(variable.dims, eq[variable.name].shape, strict=True)
            )
    assert set(eq.values) <= {v.name for v in get_model(model).variables}


@each
def test_accounts_balance_when_recomputed_from_outcomes(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    for name, gap in SAMPLES[model].accounts(eq, parameters).items():
        assert np.max(np.abs(gap)) < EXACT, (name, gap)


@each
def test_trade_shares_sum_to_one_over_origins(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    if "trade_share" not in eq.values:
        pytest.skip("all firms sell in one market")
    assert np.all(eq["trade_share"] >= 0)
    assert same(eq["trade_share"].sum(axis=0), 1.0, EXACT)


@each
def test_the_parameters_as_understood_describe_the_same_world(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    again = solve(
        {
            "model": model,
            "parameters": json.loads(json.dumps(parameters)),
            "countries": {"names": list(eq.countries)},
        }
    )
    assert again.countries == eq.countries
    for name in eq:
        assert same(again[name], eq[name], EXACT, EXACT), name


@each
def test_the_result_is_strict_json_with_full_precision(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    result = read_strict(eq.to_json())
    assert result["model"] == model
    assert result["status"] == "certified"
    for name, entry in result["variables"].items():
        values = np.asarray(plain(entry["values"]), dtype=float)  # None becomes NaN
        assert np.array_equal(values, eq[name], equal_nan=True), name


@each_numeraire
def test_the_numeraire_does_not_matter(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    last = len(eq.countries) - 1
    moved, _ = understood(model, sample, numeraire=last)
    assert moved["wage"][last] == pytest.approx(1, abs=1e-15)
    level = moved["wage"][0] / eq["wage"][0]
    for variable in eq.variables:
        if variable.name in eq.values:
            power = float(eq.model.sigma) if variable.unit == "numeraire^sigma" else 1.0
            factor = level**power if "numeraire" in variable.unit else 1.0
            assert same(moved[variable.name], factor * eq[variable.name], EXACT, EXACT), variable.name


@each_numeraire
def test_the_numeraire_may_be_named(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    by_name, _ = understood(model, sample, numeraire=eq.countries[1])
    assert by_name["wage"][1] == pytest.approx(1, abs=1e-15)


@each_open
def test_relabelling_countries_relabels_answers(model: str, sample: str) -> None:
    eq, parameters = understood(model, sample)
    order = [2, 0, 1] if len(eq.countries) == 3 else list(reversed(range(len(eq.countries))))
    moved = solve({"model": model, "parameters": relabel(model, parameters, order)})
    for variable in eq.variables:
        if variable.name not in eq.values:
            continue
        value = eq[variable.name]
        axes = [axis for axis, dim in enumerate(variable.dims) if dim in {"country", "origin", "destination"}]
        for axis in axes:
            value = np.take(value, order, axis=axis)
        assert same(moved[variable.name], value, EXACT, EXACT), variable.name


@pytest.mark.parametrize(
    ("model", "count"), [(m, count) for m in SAMPLES if SAMPLES[m].of_countries for count in SAMPLES[m].counts]
)
def test_symmetric_countries_get_symmetric_answers(model: str, count: int) -> None:
    eq = solve({"model": model, "parameters": SAMPLES[model].symmetric(count)})
    assert same(eq["wage"], 1.0, EXACT)
    for variable in eq.variables:
        value = eq.values.get(variable.name)
        if value is None:
            continue
        if variable.dims == ("country",):
            assert same(value, value[0], EXACT, EXACT), variable.name
        elif variable.dims == ("origin", "destination"):
            home = np.eye(count, dtype=bool)
            assert same(value[home], value[0, 0], EXACT, EXACT), variable.name
            assert same(value[~home], value[0, 1], EXACT, EXACT), variable.name


@each_open
def test_large_trade_costs_approach_autarky(model: str, sample: str) -> None:
    entry = SAMPLES[model]
    _, parameters = understood(model, sample)
    # 1e9 to the power -(k - anything) is below rounding for every tail among the samples
    eq = solve({"model": model, "parameters": closed_off(model, parameters, 1e9)})
    assert same(np.diag(eq["trade_share"]), 1.0, 1e-11)
    if not entry.samples[sample].trades_at_any_cost:
        assert np.array_equal(eq["trade_share"], np.eye(len(eq.countries)))
    for i in range(len(eq.countries)):
        alone = solve(closed_economy(model, parameters, i))
        for name in entry.autarky_variables:
            assert same(eq[name][i], alone[name][0], 1e-11), name  # trade left over at 1e9: below 1e-12


@each_open
def test_no_trade_at_all_is_a_closed_economy(model: str, sample: str) -> None:
    entry = SAMPLES[model]
    _, parameters = understood(model, sample)
    eq = solve({"model": model, "parameters": closed_off(model, parameters, float("inf"))})
    assert np.array_equal(eq["trade_share"], np.eye(len(eq.countries)))
    for i in range(len(eq.countries)):
        alone = solve(closed_economy(model, parameters, i))
        for name in entry.autarky_variables:
            assert same(eq[name][i], alone[name][0], EXACT), name


# --- bad input


def bad_inputs(model: str) -> list[tuple[str, Any, str]]:
    """Return (parameter, bad value, why) for everything a model declares."""
    bad: list[tuple[str, Any, str]] = []
    count = np.size(next(iter(SAMPLES[model].samples.values())).parameters.get("L", 1.0))
    for p in get_model(model).parameters:
        below = None if p.lower is None else (p.lower if p.strict else p.lower - 1.0)
        wrong: list[tuple[Any, str]] = [(True, "a truth value"), ("many", "a word"), ({"a": 1.0}, "a table")]
        if p.kind in {"scalar", "country", "matrix"}:
            wrong += [(float("nan"), "not a number"), (-float("inf"), "minus infinity"), (None, "nothing")][:2]
            if not p.infinite:
                wrong += [(float("inf"), "infinite"), ("inf", "infinite, as a word")]
            if below is not None:
                wrong += [(below, "too low")]
            if p.upper is not None:
                wrong += [(p.upper + 1.0, "too high")]
        if p.kind in {"country", "matrix"}:
            wrong += [([], "an empty list"), ([1.0] * (count - 1), "too short"), ([1.5] * 4, "too long")]
        if p.kind == "matrix":
            wrong += [
                ([[1.5] * 3, [1.5] * 2, [1.5] * 3], "ragged"),
                ([1.5] * 3, "one row a number"),
                ([[1.5] * 3] * 2, "a row short"),
                ({"domestic": 1.0}, "half a short form"),
                ({"domestic": 1.0, "foreign": 2.0}, "a short form misspelt"),
            ]
        if p.kind == "choice":
            wrong += [(3, "a number"), (["a"], "a list")]
        if p.kind == "firms":
            wrong += [
                ([], "an empty list"),
                ([1.0, -1.0], "a negative productivity"),
                ([1.0, 0.0], "a productivity of zero"),
                ([1.0, float("nan")], "not a number"),
                ([1.0, float("inf")], "infinite"),
                ([1.0, "two"], "a word for a number"),
                ([[1.0], []], "a country without firms"),
                ({"file": "no such file.csv"}, "a missing file"),
                ({"family": "zipf", "firms": 3}, "an unknown family"),
                ({"family": "pareto", "k": 5.0, "scale": 0.2}, "no number of firms"),
                ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 2.5}, "a fraction of a firm"),
                ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 3, "seed": -1}, "a negative seed"),
                ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 3, "sampling": "any"}, "an unknown sampling"),
                ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 3, "shape": 2.0}, "an unknown key"),
            ]
        if p.kind == "integer":
            wrong += [(1.5, "a fraction"), (-1, "negative")]
        if p.kind == "productivity":
            wrong += [
                ({}, "an empty table"),
                ({"family": "zipf"}, "an unknown family"),
                ([], "an empty list"),
                ({"family": "pareto", "k": 4.5, "scale": 1.0, "shape": 2.0}, "an unknown key"),
                ({"family": "pareto", "scale": 1.0}, "a missing key"),
                ({"family": "pareto", "k": "four", "scale": 1.0}, "a word for a number"),
                ({"family": "pareto", "k": -4.0, "scale": 1.0}, "a negative shape"),
                ({"family": "pareto", "k": float("nan"), "scale": 1.0}, "not a number"),
                ({"family": "bounded_pareto", "k": 4.0, "lower": 2.0, "upper": 1.0}, "bounds reversed"),
                ({"family": "lognormal", "mu": 0.0, "sd": 0.0}, "no spread"),
                ({"family": "empirical", "values": []}, "no values"),
                ({"family": "empirical", "values": [1.0, -1.0]}, "a negative value"),
                ({"family": "empirical", "values": [1.0, 2.0], "weights": [1.0]}, "a weight short"),
                ([{"family": "lognormal", "mu": 0.0, "sd": 0.5}] * (count - 1), "a table short"),
            ]
        bad += [(p.name, value, why) for value, why in wrong]
    return bad


BAD = [(model, *case) for model in SAMPLES for case in bad_inputs(model)]


@pytest.mark.parametrize(("model", "name", "value", "why"), BAD, ids=[f"{m}: {n}, {w}" for m, n, _, w in BAD])
def test_bad_input_is_refused_by_name_in_one_line(model: str, name: str, value: Any, why: str) -> None:
    sample = next(iter(SAMPLES[model].samples.values()))
    scenario = sample.scenario(model, **{name: value})
    with pytest.raises(InputError) as caught:
        solve(scenario)
    message = str(caught.value)
    # a list of the wrong length may be blamed on the list it disagrees with
    assert name in message or "entries" in message, message
    assert "\n" not in message
    assert len(message) < 400
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("model", SAMPLES)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(model: str) -> None:
    sample = next(iter(SAMPLES[model].samples.values()))
    name = get_model(model).parameters[0].name
    with pytest.raises(InputError, match=f"did you mean {name}"):
        solve(sample.scenario(model, **{name + "a": 1.0}))


@pytest.mark.parametrize("model", SAMPLES)
def test_a_missing_required_parameter_is_named(model: str) -> None:
    from phistar.core.parameters import REQUIRED

    sample = next(iter(SAMPLES[model].samples.values()))
    for p in get_model(model).parameters:
        if p.default is REQUIRED:
            scenario = sample.scenario(model)
            del scenario["parameters"][p.name]
            with pytest.raises(InputError, match=p.name):
                solve(scenario)


def test_an_unknown_model_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="melitz"):
        solve({"model": "melits", "parameters": {}})


def test_a_scenario_without_a_model_is_refused() -> None:
    with pytest.raises(InputError, match="model"):
        solve({"parameters": {}})
