"""The tariff experiment: inputs, outcomes on the bundled table, the report, the command."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phistar.cli.app import main
from phistar.core.errors import InputError, NoEquilibrium
from phistar.data.flows import FlowTable
from phistar.data.icio import load_bundled
from phistar.report.trade import print_trade, trade_console, trade_figure
from phistar.verbs.trade import TradeResult, trade

RESULT = trade("USA", "CHN", 0.25)
AT = {code: n for n, code in enumerate(RESULT.countries)}
USA, CHN, MEX, ROW = (AT[code] for code in ("USA", "CHN", "MEX", "ROW"))
SMALL = FlowTable(("A", "B", "C"), np.array([[10.0, 2.0, 1.0], [1.5, 8.0, 2.0], [1.0, 2.5, 9.0]]))


def at(result: TradeResult, name: str, code: str) -> float:
    return float(result[name][AT[code]])


def test_a_tariff_by_the_united_states_on_china_has_its_known_answer() -> None:
    # The world as this package first solved it, certified to 1e-15: a guard against silent change.
    expected = {"USA": (-0.0056, 1.280, -2.12), "CHN": (-0.0990, -1.367, -35.15), "MEX": (0.0871, 0.337, 1.86)}
    for code, (welfare, terms, money) in expected.items():
        assert 100 * (at(RESULT, "welfare_hat", code) - 1) == pytest.approx(welfare, abs=6e-5)
        assert 100 * (at(RESULT, "terms_of_trade_hat", code) - 1) == pytest.approx(terms, abs=6e-4)
        assert at(RESULT, "equivalent_variation", code) == pytest.approx(money, abs=6e-3)
    assert at(RESULT, "tariff_revenue_cf", "USA") == pytest.approx(33.55, abs=6e-3)
    assert RESULT.certificate.max_residual < 1e-13


def test_revenue_is_the_rate_on_the_flow_that_remains() -> None:
    assert at(RESULT, "tariff_revenue_cf", "USA") == pytest.approx(0.25 * RESULT["trade_flow_cf"][CHN, USA], rel=1e-12)
    assert np.delete(RESULT["tariff_revenue_cf"], USA).max() == 0
    assert RESULT["tariff_cf"][CHN, USA] == 0.25 and RESULT["tariff_cf"].sum() == 0.25


def test_a_small_tariff_helps_the_united_states_and_hurts_china() -> None:
    small = trade("USA", "CHN", 0.01)
    assert at(small, "welfare_hat", "USA") > 1 > at(small, "welfare_hat", "CHN")


def test_fewer_chinese_firms_sell_in_the_united_states_and_trade_is_diverted() -> None:
    assert RESULT["mass_sellers_hat"][CHN, USA] < 0.5 and RESULT["cutoff_hat"][CHN, USA] > 1
    assert RESULT["mass_sellers_hat"][MEX, USA] > 1 and RESULT["mass_sellers_hat"][CHN, MEX] > 1
    assert at(RESULT, "exports_hat", "MEX") > 1 > at(RESULT, "exports_hat", "CHN")


def test_a_zero_tariff_changes_nothing_exactly() -> None:
    result = trade("USA", "CHN", 0.0, inputs="roundabout")
    for name in RESULT:
        if name.endswith("_hat"):
            np.testing.assert_array_equal(result[name], 1.0, err_msg=name)
    assert not result["equivalent_variation"].any() and not result["efficiency_contribution"].any()


def test_contributions_add_up_to_log_welfare() -> None:
    total = RESULT["terms_of_trade_contribution"] + RESULT["efficiency_contribution"]
    np.testing.assert_allclose(total, np.log(RESULT["welfare_hat"]), atol=1e-15)


def test_terms_of_trade_redistribute_what_the_world_sells_itself() -> None:
    money = RESULT["terms_of_trade_contribution"] * RESULT["final_spending"]
    assert abs(money.sum()) < 0.02 * np.abs(money).sum()


def test_exporters_follow_the_largest_single_foreign_market() -> None:
    flows = RESULT["trade_flow"].copy()
    np.fill_diagonal(flows, 0)
    flows[:, ROW] = 0
    assert int(flows[CHN].argmax()) == USA
    after = (flows * RESULT["mass_sellers_hat"])[CHN]
    assert at(RESULT, "exporters_hat", "CHN") == pytest.approx(after.max() / flows[CHN, USA], rel=1e-12)


def test_sales_weighted_productivity_is_the_mean_over_cutoffs() -> None:
    flows, after = RESULT["trade_flow"][MEX], RESULT["trade_flow_cf"][MEX]
    old = (flows / flows[MEX]) ** (-1 / 4.25)
    ratio = np.average(old * RESULT["cutoff_hat"][MEX], weights=after) / np.average(old, weights=flows)
    assert at(RESULT, "productivity_sales_weighted_hat", "MEX") == pytest.approx(ratio, rel=1e-12)
    np.testing.assert_array_equal(RESULT["domestic_cutoff_hat"], np.diag(RESULT["cutoff_hat"]))


def test_retaliation_hurts_the_united_states_and_taxes_both_ways() -> None:
    both = trade("USA", "CHN", 0.25, retaliate=True)
    assert both["tariff_cf"][USA, CHN] == both["tariff_cf"][CHN, USA] == 0.25
    assert at(both, "welfare_hat", "USA") < at(RESULT, "welfare_hat", "USA")


def test_roundabout_inputs_multiply_the_losses() -> None:
    inputs = trade("USA", "CHN", 0.25, inputs="roundabout")
    assert inputs.certificate.checks["input_loop_stable"]
    assert at(inputs, "welfare_hat", "CHN") < at(RESULT, "welfare_hat", "CHN")


def test_a_prohibitive_tariff_ends_the_pair_and_an_infinite_looking_one_stays_finite() -> None:
    result = trade("USA", "CHN", 1e9)
    assert result["trade_flow_cf"][CHN, USA] < 1e-40
    assert at(result, "tariff_revenue_cf", "USA") < 1e-25
    huge = trade("USA", "CHN", 1e250)
    assert huge["trade_flow_cf"][CHN, USA] == 0 and np.isfinite(huge["welfare_hat"]).all()
    np.testing.assert_allclose(huge["welfare_hat"], result["welfare_hat"], rtol=1e-10)
    assert np.isfinite(huge["productivity_sales_weighted_hat"]).all()
    json.loads(huge.to_json())


@pytest.mark.parametrize("rate", [-0.2, 0.01, 1.0, 4.0])
@pytest.mark.parametrize("inputs", ["none", "roundabout"])
@pytest.mark.parametrize("sides", [("USA", "all"), ("all", "CHN"), ("all", "all"), ("USA,MEX", "CHN,DEU")])
def test_every_admissible_experiment_is_certified(rate: float, inputs: str, sides: tuple[str, str]) -> None:
    result = trade(*sides, rate, inputs=inputs)
    assert result.certificate.max_residual < 1e-10
    foreign = ~np.eye(20, dtype=bool)
    np.testing.assert_allclose(result["trade_share_cf"].sum(0), 1, rtol=1e-13)
    assert set(np.unique(result["tariff_cf"][foreign])) <= {0.0, rate}


def test_all_means_every_partner_and_lists_may_be_mixed() -> None:
    result = trade("all", ["China", "rus"], 0.1)
    assert (result["tariff_cf"][CHN] > 0).sum() == 19 and result["tariff_cf"][CHN, AT["RUS"]] == 0.1
    assert (trade("USA", "all", 0.1)["tariff_cf"] > 0).sum() == 19
    assert (trade("all", "all", 0.1)["tariff_cf"] > 0).sum() == 380


def test_known_tariffs_before_are_added_to() -> None:
    before = np.full((3, 3), 0.1) - 0.1 * np.eye(3)
    result = trade("A", "B", 0.25, table=SMALL, tariffs=before)
    assert result["tariff_cf"][1, 0] == pytest.approx(0.35)
    assert result["tariff"][1, 0] == 0.1
    cut = trade("A", "B", -0.1, table=SMALL, tariffs=before)
    assert cut["tariff_cf"][1, 0] == pytest.approx(0, abs=1e-15) and cut["imports_hat"][0] > 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"importer": "UAS"}, "importer.*did you mean USA"),
        ({"exporter": "Chnia"}, "exporter.*did you mean CHN"),
        ({"exporter": "USA"}, "exporter.*is also the importer"),
        ({"exporter": ""}, "exporter names no country"),
        ({"rate": -1.0}, "rate = -1.0 must be greater than -1"),
        ({"rate": float("inf")}, "rate.*finite"),
        ({"rate": float("nan")}, "rate.*finite"),
        ({"rate": "much"}, "rate.*number"),
        ({"sigma": 1.0}, "sigma.*greater than 1"),
        ({"shape": 3.0}, "shape = 3.0 must be finite and exceed sigma - 1 = 3"),
        ({"inputs": "many"}, 'inputs.*"none", "roundabout"'),
        ({"entry": "open"}, "entry"),
        ({"table": "absent.csv"}, "table.*is not a file"),
        ({"table": SMALL, "importer": "A", "exporter": "B", "inputs": "roundabout"}, "inputs.*intermediate"),
        ({"tariffs": np.zeros((2, 2))}, "tariffs must be a 20 x 20"),
    ],
)
def test_bad_input_is_refused_by_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        trade(**({"importer": "USA", "exporter": "CHN", "rate": 0.25} | change))


def test_an_unstable_world_of_inputs_is_refused_with_a_remedy() -> None:
    with pytest.raises(NoEquilibrium, match=r"unstable.*raise sigma"):
        trade("USA", "CHN", 0.25, sigma=2.0, shape=1.2, inputs="roundabout")


def test_subsidies_beyond_income_are_refused_with_the_country() -> None:
    with pytest.raises(NoEquilibrium, match=r"KOR.*import subsidies would exceed its income"):
        trade("all", "all", -0.5, inputs="roundabout")


def test_the_result_says_what_it_rests_on() -> None:
    told = json.loads(RESULT.to_json())
    assert (told["model"], told["verb"], told["status"]) == ("melitz", "trade", "certified")
    assert told["parameters"]["importer"] == ["USA"] and told["parameters"]["rate"] == 0.25
    assert all(row["assumption"] and row["source"] for row in told["assumptions"])
    assert "OECD" in told["data"]["source"] and "not an official" in told["data"]["credit"]
    assert told["variables"]["cutoff_hat"]["dims"] == ["origin", "destination"]
    assert len(told["variables"]["welfare_hat"]["values"]) == 20
    assert told["country_names"][USA] == "United States"


def test_columns_and_frame_hold_every_number() -> None:
    columns, frame = RESULT.columns(), RESULT.to_frame()
    assert list(frame.columns) == list(columns)
    assert columns["value"] == frame["value"].tolist()
    place = columns["variable"].index("welfare_hat") + USA
    assert (columns["origin"][place], columns["value"][place]) == ("USA", at(RESULT, "welfare_hat", "USA"))


def test_the_report_fits_its_page_and_begins_with_the_countries_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    print_trade(RESULT)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100 and not any(line.endswith(" ") for line in lines)
    assert "A 25% tariff by the United States on imports from China" in lines
    rows = [line for line in lines if line.startswith(("United States", "China", "Mexico"))]
    assert [row.split()[0] for row in rows] == ["United", "China", "Mexico"]
    text = "\n".join(lines)
    assert "Melitz and Redding (2015)" in text and "certified" in text and "OECD" in text and "…" not in text


def test_links_stand_before_exporters_and_the_columns_say_what_they_mean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    print_trade(RESULT)
    lines = capsys.readouterr().out.splitlines()
    above, below = next((a, b) for a, b in itertools.pairwise(lines) if b.startswith("Country"))
    assert above.index("export ") < above.index("exporters") and "links %" in below
    said = lines[lines.index("What the columns say") :]
    for name in ("welfare %", "real wage %", "terms of trade %", "export links %", "exporters %", "average prod. %"):
        assert any(line.startswith(name) for line in said), name


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_terminal_is_told_of_the_columns_it_shows_and_of_no_others(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    print_trade(RESULT, trade_console())
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= int(columns)
    assert "export links %" in out
    assert ("exporters %" in out) == (columns == "120")


def test_short_names_leave_room_for_the_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_trade(trade("A", "B", 0.2, table=SMALL))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("Country ") for line in lines) and "…" not in "\n".join(lines)


def test_a_rate_that_looks_like_a_percentage_is_solved_and_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND[:-1], "25"]) == 0
    out = capsys.readouterr().out
    assert "A 2500% tariff" in out
    assert "note: --rate 25 is a share, so the tariff is 2,500 per cent; 25 per cent is --rate 0.25" in out
    assert main([*COMMAND[:-1], "1.45"]) == 0  # such tariffs have been charged
    assert "note: --rate" not in capsys.readouterr().out


@pytest.mark.parametrize("rate", [-0.4, 5.0, 1e9])
def test_the_report_of_an_extreme_experiment_still_fits(rate: float, capsys: pytest.CaptureFixture[str]) -> None:
    print_trade(trade("USA", "all" if rate < 1e3 else "CHN", rate))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_a_narrow_terminal_gets_fewer_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    print_trade(RESULT, trade_console())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60 and "welfare" in "\n".join(lines)


def test_the_figure_tells_every_country_and_splits_its_welfare() -> None:
    definition = trade_figure(RESULT).to_dict()
    left, right = definition["hconcat"]
    parts = left["layer"][1]["data"]["values"]
    for name, country in (("United States", USA), ("China", CHN)):
        total = sum(row["value"] for row in parts if row["country"] == name)
        assert total == pytest.approx(100 * (RESULT["welfare_hat"][country] - 1), abs=1e-12)
    assert len(right["layer"][1]["data"]["values"]) == 20
    assert definition["title"]["text"] == RESULT.model.sentence


COMMAND = ["trade", "--importer", "USA", "--exporter", "CHN", "--rate", "0.25"]


def test_the_command_writes_what_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, told, figure = tmp_path / "all.csv", tmp_path / "all.json", tmp_path / "figure.svg"
    assert main([*COMMAND, "--out", str(out), "--json", str(told), "--figure", str(figure)]) == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(RESULT.columns()["value"])
    assert json.loads(told.read_text())["verb"] == "trade"
    assert figure.read_text().startswith("<svg") and "Mexico" in figure.read_text()
    assert str(out) in capsys.readouterr().out


def test_json_stands_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--json", "-"]) == 0
    streams = capsys.readouterr()
    assert json.loads(streams.out)["status"] == "certified"
    assert "United States" in streams.err


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (["--exporter", "USA"], 2),
        (["--rate", "-2"], 2),
        (["--table", "absent.csv"], 2),
        (["--figure", "figure.gif"], 2),
        (["--json", "/nowhere/at/all.json"], 2),
        (["--sigma", "2", "--shape", "1.2", "--inputs", "roundabout"], 3),
    ],
)
def test_a_refusal_is_one_line_and_a_status(change: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, *change]) == status
    streams = capsys.readouterr()
    assert streams.out == "" and streams.err.startswith("phistar: ") and streams.err.count("\n") == 1


def test_a_users_table_is_told_in_its_own_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(",A,B\nA,10,2\nB,3,8\n")
    assert main(["trade", "--importer", "A", "--exporter", "all", "--rate", "0.1", "--table", str(path)]) == 0
    text = capsys.readouterr().out
    assert "file mine.csv" in text and "units of the table" in text and "USD" not in text and "OECD" not in text


def test_the_solve_needs_numpy_alone() -> None:
    import subprocess

    code = (
        "import sys; from phistar.verbs.trade import trade; trade('USA', 'CHN', .25); "
        "print([m for m in ('scipy', 'pandas', 'altair', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_default_table_is_the_bundled_one() -> None:
    again = trade("USA", "CHN", 0.25, table=load_bundled().flow_table())
    np.testing.assert_array_equal(again["welfare_hat"], RESULT["welfare_hat"])
