"""Files are written whole or not at all, and nothing but a file is ever replaced."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from phistar.core.errors import InputError
from phistar.core.files import check_writable, replacing, write_columns, write_text


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "all of it")
    reader.join()
    assert read == ["all of it"]
    assert pipe.is_fifo()


def test_a_link_is_kept_and_the_file_it_leads_to_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_cut_short_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(kept) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert kept.read_text() == "old"
    assert list(tmp_path.iterdir()) == [kept]


def test_a_temporary_file_stands_in_the_folder_given(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    with replacing(tmp_path / "out.csv", within=folder) as partial:
        assert partial.parent == folder
        partial.write_text("whole")
    assert (tmp_path / "out.csv").read_text() == "whole"
    assert not list(folder.iterdir())


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs the device that is always full")
def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(InputError, match=r"--json = \"/dev/full\" cannot be written \(no space left on device\)"):
        write_text("/dev/full", "some text", "--json")
    assert Path("/dev/full").is_char_device()


def test_a_device_in_a_folder_one_may_not_write_to_is_writable_all_the_same() -> None:
    check_writable(os.devnull)
    write_text(os.devnull, "nothing stays")
    assert not Path(os.devnull).is_file()


def test_a_table_is_written_through_the_folder_given(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    write_columns(tmp_path / "out.csv", {"x": [1.0, 2.5]}, within=folder)
    assert (tmp_path / "out.csv").read_text().splitlines() == ['"x"', "1", "2.5"]
