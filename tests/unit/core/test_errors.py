import pytest

from phistar.core.errors import InputError, NoEquilibrium, entries, unknown_key
from phistar.core.parameters import Parameter, read_number


def test_an_input_error_names_key_value_rule_and_remedy_in_one_line():
    error = InputError("tau[0][1]", "must be at least 1", 0.5, "tau is the iceberg trade cost")
    assert str(error) == "tau[0][1] = 0.5 must be at least 1: tau is the iceberg trade cost"
    assert error.exit_code == 2


def test_what_is_allowed_and_what_a_key_means_read_as_english():
    def refusal(value, *arguments, **bounds):
        with pytest.raises(InputError) as error:
            read_number(Parameter(*arguments, **bounds), value, arguments[0])
        return str(error.value)

    economies = ("W", "integer", "W", "number of symmetric economies that integrate")
    assert refusal(0, *economies, lower=1) == (
        'W = 0 must be a whole number of at least 1: W means "number of symmetric economies that integrate"'
    )
    cost = ("tau", "matrix", "tau", "iceberg trade cost")
    assert 'must be a number of at least 1, or inf: tau means "iceberg' in refusal(0.5, *cost, lower=1, infinite=True)
    death = ("delta", "scalar", "delta", "probability that a firm dies in a period")
    said = refusal(2.0, *death, lower=0, strict=True, upper=1)
    assert "must be a finite number greater than 0 and at most 1: delta means" in said
    assert "must be a finite number of at most 1" in refusal(2.0, *death, upper=1)


def test_long_values_are_shortened_and_kept_on_one_line():
    error = InputError("L", "is wrong", list(range(1000)))
    assert "\n" not in str(error) and len(str(error)) < 100


def test_an_unknown_key_gets_the_nearest_known_one():
    assert "did you mean sigma?" in str(unknown_key("sigmma", ["sigma", "tau"]))
    assert "known: sigma, tau" in str(unknown_key("zzz", ["tau", "sigma"]))


def test_of_many_known_names_the_nearest_few_are_told_and_what_shows_all():
    many = [*(f"name_{i}" for i in range(40)), "welfare", "fare", "war"]
    assert "did you mean welfare?" in str(unknown_key("walfare", many))
    told = str(unknown_key("qqqwwqqqar", many, "variable", "phistar show melitz"))
    listed, _, page = told.partition("the nearest are ")[2].partition("; ")
    assert listed.split(", ")[0] == "war" and len(listed.split(", ")) == 3 and set(listed.split(", ")) < set(many)
    assert page == "phistar show melitz shows all 43"
    assert "shows" not in str(unknown_key("qqqwwqqqar", many))


def test_no_equilibrium_carries_reason_and_remedy_and_exits_with_three():
    error = NoEquilibrium("markets do not clear", "move tau")
    assert str(error) == "markets do not clear: move tau"
    assert error.exit_code == 3


def test_one_entry_is_not_called_entries():
    from phistar.blocks.productivity import from_spec
    from phistar.models.registry import get_model

    assert entries(1) == "1 entry" and entries(2) == "2 entries" and entries(1000) == "1,000 entries"
    with pytest.raises(InputError, match=r"weights has 1 entry where values has 2"):
        from_spec({"family": "empirical", "values": [1.0, 2.0], "weights": [1.0]}, "productivity")
    with pytest.raises(InputError, match=r"L has 1 entry: the model has two countries"):
        get_model("vertical_specialization").build(
            {"sigma": 4.0, "L": [1.0], "tau_X": 1.3, "tau_M": 1.5, "productivity": {"family": "pareto", "k": 5.0}}
        )


def test_an_error_may_be_told_under_another_key():
    error = InputError("rate", "must be a number", "x", "0.25 is 25 per cent").renamed("--rate")
    assert str(error) == '--rate = "x" must be a number: 0.25 is 25 per cent'
    assert str(InputError("k", "is missing").renamed("--given k")) == "--given k is missing"
