from phistar.core.errors import InputError, unknown_key


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


def test_of_many_known_names_the_nearest_few_are_told_and_what_shows_all():
    many = [*(f"name_{i}" for i in range(40)), "welfare", "fare", "war"]
    assert "did you mean welfare?" in str(unknown_key("walfare", many))
    told = str(unknown_key("qqqwwqqqar", many, "variable", "phistar show melitz"))
    listed, _, page = told.partition("the nearest are ")[2].partition("; ")
    assert listed.split(", ")[0] == "war" and len(listed.split(", ")) == 3 and set(listed.split(", ")) < set(many)
    assert page == "phistar show melitz shows all 43"
    assert "shows" not in str(unknown_key("qqqwwqqqar", many))
