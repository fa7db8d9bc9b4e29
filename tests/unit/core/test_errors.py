from phistar.core.errors import InputError, NoEquilibrium, unknown_key


def test_an_input_error_names_key_value_rule_and_remedy_in_one_line():
    error = InputError("tau[0][1]", "must be at least 1", 0.5, "tau is the iceberg trade cost")
    assert str(error) == "tau[0][1] = 0.5 must be at least 1: tau is the iceberg trade cost"
    assert error.exit_code == 2


def test_long_values_are_shortened_and_kept_on_one_line():
    error = InputError("L", "is wrong", list(range(1000)))
    assert "\n" not in str(error) and len(str(error)) < 100


def test_an_unknown_key_gets_the_nearest_known_one():
    assert "did you mean sigma?" in str(unknown_key("sigmma", ["sigma", "tau"]))
    assert "known: sigma, tau" in str(unknown_key("zzz", ["tau", "sigma"]))


def test_no_equilibrium_carries_reason_and_remedy_and_exits_with_three():
    error = NoEquilibrium("markets do not clear", "move tau")
    assert str(error) == "markets do not clear: move tau"
    assert error.exit_code == 3
