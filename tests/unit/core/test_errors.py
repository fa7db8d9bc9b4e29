import pytest

from phistar.core.errors import InputError, NoEquilibrium, unknown_key
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
