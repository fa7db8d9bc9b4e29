"""Reading a user's table of flows: two layouts, and every bad one refused in words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from phistar.core.errors import InputError
from phistar.data.flows import FlowTable, read_flows

LONG = "origin,destination,value\nA,A,10\nA,B,2\nB,A,3\nB,B,8\n"
SQUARE = ",A,B\nA,10,2\nB,3,8\n"
FLOWS = np.array([[10.0, 2.0], [3.0, 8.0]])


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "flows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        SQUARE,
        LONG.replace(",", ";"),
        SQUARE.replace(",", "\t"),
        "\ufeff" + LONG,
        LONG.replace("\n", "\r\n"),
        "Value,ORIGIN,Destination\n10,A,A\n2,A,B\n3,B,A\n8,B,B\n\n",
        ",B,A\nA,2,10\nB,8,3\n",
    ],
)
def test_long_and_square_files_give_the_same_flows(tmp_path: Path, text: str) -> None:
    table = read_flows(write(tmp_path, text))
    assert table.countries == ("A", "B")
    np.testing.assert_array_equal(table.flows, FLOWS)
    assert table.source == "file flows.csv"


def test_missing_pairs_are_zero(tmp_path: Path) -> None:
    table = read_flows(write(tmp_path, LONG + "C,C,5\nA,C,1\nC,B,1\n"))
    assert table.flows[1, 2] == 0 and table.flows[2, 1] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no rows"),
        ("origin,destination,value\n", "has no rows"),
        (LONG.replace("A,B,2", "A,B,-2"), "flow A to B = -2.0 is negative"),
        (LONG.replace("A,B,2", "A,B,nan"), "flow A to B = nan is not a finite number"),
        (LONG.replace("A,B,2", "A,B,inf"), "not a finite number"),
        (LONG.replace("A,B,2", "A,B,two"), 'flow A to B = "two" is not a number'),
        (LONG.replace("A,A,10\n", ""), "flow A to A is zero or missing"),
        (LONG + "A,B,3\n", "a second time"),
        (LONG + "A,B\n", "has 2 cells"),
        (LONG + ",B,3\n", "lacks its origin"),
        (LONG + "C,C,1\n", "gives no exports"),
        (LONG + "C,C,1\nC,A,1\n", "gives no imports"),
        ("origin,destination,value\nA,A,3\n", "at least two"),
        (",A,B\nA,10,2\n", "is not square"),
        (",A,C\nA,10,2\nB,3,8\n", "different origins and destinations"),
        (",A,B\nA,10,2\nB,3\n", "has 1 flow for 2"),
        (",A,A\nA,10,2\nA,3,8\n", "names a country twice"),
        (b"\x93NUMPY\x01\x00\xff\xfe", "is not text"),
        (b"\x00\x01\x02\n\x03", "table"),
        ('a,"b\nc', "table"),
        ("just words\nand more\n", "table"),
    ],
)
def test_a_bad_table_is_refused_in_words(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_flows(write(tmp_path, text))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.csv", "", "bad\0name"])
def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="table"):
        read_flows(f"{tmp_path}/{name}")


def random_table(draw: np.random.Generator) -> bytes:
    """Return random letters, under a header or not, or a good table with misprints; some end in bytes of no text."""
    alphabet = np.array(list('AB,;\n\t"-.0129einaforgdstvlué '))
    if draw.random() < 0.5:
        letters = [draw.choice(["", "origin,destination,value\n"]), *draw.choice(alphabet, size=draw.integers(0, 80))]
    else:
        letters = list(draw.choice([LONG, SQUARE]))
        for place in draw.integers(0, len(letters), size=draw.integers(0, 4)):
            letters[place] = draw.choice(alphabet)
    return "".join(letters).encode() + (draw.bytes(3) if draw.random() < 0.1 else b"")


def test_whatever_a_file_holds_is_read_or_refused(tmp_path: Path) -> None:
    draw, read, reasons = np.random.default_rng(0), 0, set()
    for _ in range(500):
        try:
            read_flows(write(tmp_path, random_table(draw)))
            read += 1
        except InputError as refusal:
            reasons.add(re.sub(r"[0-9]+", "#", refusal.problem))
    assert read > 20
    assert len(reasons) > 8, reasons  # many kinds of faults were met, not the first check alone


def test_flows_given_in_python_are_checked_too() -> None:
    with pytest.raises(InputError, match="not square"):
        FlowTable(("A", "B"), np.ones((2, 3)))
