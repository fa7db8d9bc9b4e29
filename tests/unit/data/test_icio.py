"""The bundled table's facts, and what a table must satisfy."""

from __future__ import annotations

import hashlib
import re
from importlib import resources

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.data.countries import NAMES, country_name, read_countries
from phistar.data.icio import load_bundled

TABLE = load_bundled()
AT = {code: n for n, code in enumerate(TABLE.countries)}


def test_the_bundled_table_has_its_known_totals() -> None:
    flows = TABLE.flows()
    usa, chn = AT["USA"], AT["CHN"]
    assert flows[usa, chn] / 1e3 == pytest.approx(184.5, abs=0.05)
    assert flows[chn, usa] / 1e3 == pytest.approx(415.5, abs=0.05)
    assert flows[usa, usa] / flows[:, usa].sum() == pytest.approx(0.9257, abs=5e-5)
    assert TABLE.gross_output().sum() / 1e6 == pytest.approx(170.74, abs=0.005)
    assert TABLE.gross_output()[usa] / 1e6 == pytest.approx(36.9, abs=0.05)
    assert TABLE.gross_output()[chn] / 1e6 == pytest.approx(35.7, abs=0.05)
    assert TABLE.value_added().sum() == pytest.approx(81589615.10630299, rel=1e-12)
    assert int((TABLE.flows_by_sector() == 0).sum()) == 902


def test_rows_and_columns_agree() -> None:
    assert TABLE.imbalance() < 1e-14
    spending = TABLE.intermediate_inputs() + TABLE.final_spending()
    np.testing.assert_allclose(TABLE.flows().sum(0), spending, rtol=1e-12)
    costs = TABLE.intermediate_inputs() + TABLE.net_taxes.sum(1) + TABLE.value_added()
    np.testing.assert_allclose(costs, TABLE.gross_output(), rtol=1e-12)


def test_axes_are_labelled_and_ordered_origin_sector_destination() -> None:
    assert (len(TABLE.countries), len(TABLE.sectors), TABLE.final_uses) == (20, 20, ("C", "I", "Cx"))
    assert TABLE.flows_by_sector().shape == (20, 20, 20)
    np.testing.assert_allclose(TABLE.flows_by_sector().sum(1), TABLE.flows(), rtol=1e-14)
    assert set(TABLE.countries) == set(NAMES)


def test_the_one_sector_table_carries_input_shares_and_the_credit() -> None:
    table = TABLE.flow_table()
    assert table.input_share is not None and ((table.input_share > 0.3) & (table.input_share < 0.65)).all()
    assert "not an official OECD product" in " ".join(table.credit.split())
    assert table.money == "billion USD" and table.unit == "million USD"
    assert table.names[AT["MEX"]] == "Mexico"


def test_the_file_shipped_is_the_one_its_readme_describes() -> None:
    folder = resources.files("phistar.data").joinpath("bundled")
    readme = folder.joinpath("README.md").read_text(encoding="utf-8")
    digest = hashlib.sha256(folder.joinpath("icio_2019_g20.npz").read_bytes()).hexdigest()
    assert digest in re.findall(r"[0-9a-f]{64}", readme)
    assert "with credit" in readme and "not an official OECD product" in " ".join(readme.split())


def test_countries_are_read_by_code_or_name_in_any_case() -> None:
    assert read_countries("usa, china", TABLE.countries, "importer") == ["USA", "CHN"]
    assert read_countries(["United States", "USA", "MEX"], TABLE.countries, "importer") == ["USA", "MEX"]
    assert country_name("XYZ") == "XYZ"


@pytest.mark.parametrize(
    ("word", "guess"), [("UAS", "USA"), ("Chine", "CHN (China)"), ("Qqqq", "known: ARG"), (" , ", "names no country")]
)
def test_an_unknown_country_is_refused_with_the_nearest(word: str, guess: str) -> None:
    with pytest.raises(InputError, match=re.escape(guess)):
        read_countries(word, TABLE.countries, "importer")
