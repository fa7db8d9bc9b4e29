import json

import pytest

from phistar.core.errors import InputError
from phistar.core.paths import parse_path
from phistar.core.scenario import load_scenario, parse_value, set_key
from phistar.models.registry import build_model, read_scenario

GOOD = 'model = "melitz"\n[parameters]\nsigma = 4.0\ntau = [[1.0, 1.3], [1.2, 1.0]]\n'


def test_toml_json_and_dict_give_the_same_scenario(tmp_path):
    (tmp_path / "s.toml").write_text(GOOD)
    data = {"model": "melitz", "parameters": {"sigma": 4.0, "tau": [[1.0, 1.3], [1.2, 1.0]]}}
    (tmp_path / "s.json").write_text(json.dumps(data))
    assert load_scenario(tmp_path / "s.toml") == load_scenario(tmp_path / "s.json") == load_scenario(data)


def test_a_dict_given_is_not_changed_by_settings():
    data = {"model": "melitz", "parameters": {"tau": [[1.0, 1.3], [1.2, 1.0]]}}
    loaded = load_scenario(data, ["tau[0][1]=2.0", "sigma=5"])
    assert loaded.parameters == {"tau": [[1.0, 2.0], [1.2, 1.0]], "sigma": 5}
    assert data["parameters"]["tau"][0][1] == 1.3


def test_settings_reach_into_tables():
    parameters = {"productivity": {"family": "pareto", "k": 4.0}}
    set_key(parameters, "productivity.k", 5.0)
    assert parameters["productivity"]["k"] == 5.0


def test_an_index_into_a_scalar_says_to_write_the_list_out():
    with pytest.raises(InputError, match="write tau out as a list"):
        set_key({"tau": 1.3}, "tau[0][1]", 2.0)


@pytest.mark.parametrize("text", ["sigma", "=4", " =4"])
def test_a_setting_without_key_or_value_names_the_option(text):
    with pytest.raises(InputError, match=r"--set = .* must be KEY=VALUE"):
        load_scenario({"model": "melitz"}, [text])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("model = ", "not valid TOML"),
        ("modell = 'melitz'", "did you mean model"),
        ("[parameters]\nsigma = 4", "model is missing"),
        ("model = 3", "model = 3"),
        ("model = 'melitz'\nparameters = 3", "parameters = 3 must be a table"),
        ("model = 'melitz'\ncounterfactual = 3", "counterfactual = 3 must be a table"),
        (
            "model = 'melitz'\n[counterfactual]\nsigma = 3",
            "counterfactual.sigma is not a known key: write what changes under [counterfactual.parameters]",
        ),
        ("model = 'melitz'\n[countries]\nnames = [1, 2]", "countries.names[0] = 1 must be a text"),
    ],
)
def test_a_wrong_structure_is_one_line_that_names_the_key(tmp_path, content, said):
    path = tmp_path / "s.toml"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        load_scenario(path)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_and_binary_rubbish_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a file"):
        load_scenario(tmp_path / "none.toml")
    rubbish = tmp_path / "rubbish.toml"
    rubbish.write_bytes(bytes(range(128, 256)))
    with pytest.raises(InputError, match="is not text"):
        load_scenario(rubbish)


def test_the_counterfactual_lays_its_changes_over_the_baseline():
    loaded = load_scenario({"model": "m", "parameters": {"a": 1, "b": 2}, "counterfactual": {"parameters": {"b": 3}}})
    assert loaded.counterfactual_parameters == {"a": 1, "b": 3}


def test_a_key_set_twice_is_refused_with_both_values():
    with pytest.raises(InputError, match=r"sigma is set twice, to 4 and to 5: set it once"):
        load_scenario({"model": "melitz"}, ["sigma=4", "sigma=5"])


def test_a_table_and_one_of_its_entries_may_both_be_set_in_order():
    whole = "productivity={family='pareto', k=4.5}"
    scenario = load_scenario({"model": "melitz"}, [whole, "productivity.k=5"])
    assert scenario.parameters["productivity"] == {"family": "pareto", "k": 5}
    again = read_scenario({"model": "melitz", "parameters": {"sigma": 4.0, "L": [1.0, 2.0]}},
                          [whole, "tau[0][1]=1.5", "tau=1.3"])  # fmt: skip
    assert again.parameters["tau"] == [[1.0, 1.5], [1.3, 1.0]]


@pytest.mark.parametrize("name", ["world.yaml", "world.yml", "world.txt"])
def test_a_file_of_another_format_is_told_which_are_read(tmp_path, name):
    (tmp_path / name).write_text("model: melitz\nparameters:\n  sigma: 4\n")
    with pytest.raises(InputError, match=r"neither TOML nor JSON: scenario files are \.toml or \.json"):
        load_scenario(tmp_path / name)


def test_a_suffix_counts_in_either_case_and_toml_needs_none(tmp_path):
    (tmp_path / "world.JSON").write_text('{"model": "melitz"}')
    (tmp_path / "world").write_text('model = "melitz"')
    assert load_scenario(tmp_path / "world.JSON") == load_scenario(tmp_path / "world")


SYMMETRIC = {"sigma": 4.0, "partners": 1, "tau": 1.5, "productivity": {"family": "pareto", "k": 4.5}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("L", [1.0, 2.0]),
        ("tau", [[1.0, 1.5], [1.6, 1.0]]),
        ("f", [[1.0, 1.5], [1.5, 1.1]]),
        ("productivity", [{"family": "pareto", "k": 4.5}, {"family": "pareto", "k": 5.0}]),
    ],
)
def test_partners_refuse_lists_that_set_countries_apart(key, value):
    scenario = load_scenario({"model": "melitz", "parameters": {**SYMMETRIC, key: value}})
    with pytest.raises(InputError, match=rf"{key} = .* differs between countries that partners = 1 calls identical"):
        build_model(scenario)


def test_partners_take_lists_in_which_countries_are_the_same():
    parameters = {**SYMMETRIC, "L": [2.0, 2.0], "tau": [[1.0, 1.5], [1.5, 1.0]]}
    assert len(build_model(load_scenario({"model": "melitz", "parameters": parameters})).countries) == 2


def test_a_setting_of_one_entry_tells_partners_apart():
    model = build_model(read_scenario({"model": "melitz", "parameters": {**SYMMETRIC, "partners": 2}}, ["L[1]=3"]))
    assert model.as_parameters()["L"] == [1.0, 3.0, 1.0]


def test_values_read_as_toml_and_else_as_words():
    assert parse_value("1.5") == 1.5
    assert parse_value("[1, 2]") == [1, 2]
    assert parse_value("overhead") == "overhead"


def test_a_path_is_taken_apart_into_words_and_indices():
    assert parse_path("productivity[1].k").parts == ("productivity", 1, "k")
    assert parse_path("tau[0][1]").rest == (0, 1)
    for wrong in ("", "tau[", "tau[x]", "a..b", "tau 1"):
        with pytest.raises(InputError):
            parse_path(wrong)


@pytest.mark.parametrize(
    ("given", "setting"), [(1.5, "tau[0][1]=1.3"), ({"domestic": 1.0, "export": 1.5}, " tau[0][1] = 1.3")]
)
def test_a_setting_of_one_entry_writes_a_short_form_out_first(given: object, setting: str) -> None:
    parameters = {"sigma": 4.0, "L": [1.0, 2.0], "tau": given, "productivity": {"family": "pareto", "k": 4.5}}
    scenario = read_scenario({"model": "melitz", "parameters": parameters}, [setting, "L[1]=3", "sigma=3.5"])
    assert scenario.parameters["tau"] == [[1.0, 1.3], [1.5, 1.0]]
    assert scenario.parameters["L"] == [1.0, 3.0]
    assert scenario.parameters["sigma"] == 3.5
