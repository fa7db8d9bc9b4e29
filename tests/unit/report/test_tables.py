"""Tables as text."""

from __future__ import annotations

import pytest

from phistar.models.registry import get_model, model_names
from phistar.report.results import model_tables
from phistar.report.tables import Column, Table, colours, label, numbers, percent, render, words


def test_numbers_that_stand_together_share_their_decimals() -> None:
    assert numbers([1.228744, 0.5, 12.0]) == ["1.22874", "0.50000", "12.00000"]
    assert numbers([1.2287440001, 1.0]) == ["1.228744", "1.000000"]
    assert numbers([0.0, 0.0]) == ["0", "0"]
    assert numbers([float("inf"), 2.0, float("nan")]) == ["inf", "2.000000", "-"]
    assert numbers([1e12, 1.0]) == ["1e+12", "1"]
    assert numbers([1e-9, 1.0]) == ["1e-09", "1"]
    assert numbers([]) == []


def test_changes_carry_their_sign() -> None:
    assert percent(20.731576) == "+20.7316"
    assert percent(-0.2829) == "-0.2829"
    assert percent(0.0) == "0"
    assert percent(float("nan")) == "-"
    assert percent(0.00012) == "+1.20e-04"


def test_a_title_wraps_at_the_width_of_the_page() -> None:
    title = "granular: " + "few large firms " * 10
    lines = render(Table(title.strip(), [Column("x")], [("1",)])).splitlines()
    assert max(map(len, lines)) <= 100
    head = lines[: lines.index("─")]
    assert len(head) == 2
    assert " ".join(" ".join(head).split()) == title.strip()


def test_a_wide_table_folds_and_repeats_its_labels() -> None:
    columns = [label("country"), *(Column(f"variable_{i}") for i in range(20))]
    rows = [(name, *("1.000000" for _ in range(20))) for name in ("Home", "Foreign")]
    lines = render(Table("", columns, rows), 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.startswith("Home") for line in lines) > 1
    text = " ".join(lines)
    assert all(f"variable_{i}" in text for i in range(20))


def test_a_change_stays_beside_its_level_when_a_table_folds() -> None:
    pairs = [c for i in range(5) for c in (Column(f"level_{i}"), Column(f"change_{i}", stays=True))]
    rows = [("Home", *(["1.000000", "+0.1000"] * 5))]
    for width in range(30, 110):
        lines = render(Table("", [label("country"), *pairs], rows), width).splitlines()
        assert max(map(len, lines)) <= width
        heads = [line.split() for line in lines if line.startswith("country")]
        assert sum(len(head) - 1 for head in heads) == len(pairs)
        for head in heads:
            assert [h[-1] for h in head if h.startswith("level")] == [h[-1] for h in head if h.startswith("change")]


def test_long_texts_wrap_and_lose_no_word() -> None:
    said = "a long sentence that says what is meant " * 5
    lines = render(Table("T", [label("key"), words("meaning")], [("sigma", said.strip())]), 50).splitlines()
    assert max(map(len, lines)) <= 50
    assert " ".join(" ".join(lines).split()).count("a long sentence") >= 3


def test_wide_letters_take_two_columns() -> None:
    rows = [("日本", "1"), ("abcd", "22")]
    lines = render(Table("", [label("country"), Column("x")], rows)).splitlines()
    assert lines[3] == "日本      1".replace("      ", " " * (len("country") - 4 + 2 + 1))
    assert lines[4] == "abcd     22"


def test_colours_are_asked_for() -> None:
    table = Table("Title", [label("a")], [("b",)])
    assert "\x1b" not in render(table)
    assert "\x1b[1mTitle" in render(table, paint=colours)


def test_a_band_leaves_out_the_rows_that_have_nothing_in_it() -> None:
    columns = [label("of"), label("country"), Column("long run"), Column("short run")]
    rows = [("welfare", "Home", "1.00", ""), ("", "Foreign", "2.00", ""), ("profit", "Home", "", "3.00")]
    first, second = render(Table("", columns, rows), 30).split("\n\n")
    assert "welfare" in first and "Foreign" in first and "profit" not in first
    assert "profit" in second and "welfare" not in second and "Foreign" not in second


def test_a_narrow_page_turns_rows_of_running_text_into_paragraphs() -> None:
    columns = [label("key"), label("symbol"), words("meaning"), words("unit"), words("allowed")]
    meaning = "elasticity of substitution between varieties"
    rows = [("sigma", "σ", meaning, "1", "a finite number greater than 1"), ("J", "", "firms", "-", "")]
    wide, narrow = (render(Table("T", columns, rows), width) for width in (90, 45))
    assert "key" in wide.splitlines()[2]
    lines = narrow.splitlines()
    assert max(map(len, lines)) <= 45
    assert lines[2].startswith("sigma  σ  elasticity of")
    assert "unit: 1; allowed: a finite number greater" in narrow
    assert lines[-2] == "J  firms"  # neither a symbol nor a unit nor a bound


def test_words_are_not_broken_to_fit_a_column() -> None:
    columns = [label("model"), words("what it is"), words("paper")]
    rows = [("melitz_ottaviano", "endogenous markups and market size", "melitz_ottaviano2005")]
    for width in range(45, 90):
        assert "melitz_ottaviano2005" in render(Table("", columns, rows), width)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", model_names())
def test_a_models_page_fits_a_narrow_terminal(name: str, width: int) -> None:
    for table in model_tables(get_model(name)):
        assert max(map(len, render(table, width).splitlines())) <= width
