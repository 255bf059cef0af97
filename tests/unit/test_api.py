"""The package as Python users meet it: every example of the page runs, and a case cleans up after itself."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from tiny_case import IMEI, owner_file, small_case, tiny_capture

import wirewitness as ww
from wirewitness.model.errors import ArgumentError, InputError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"


@pytest.fixture
def place(tmp_path, monkeypatch):
    tiny_capture(tmp_path / "x.pcapng")
    owner_file(tmp_path / "owner.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_example_of_the_page_runs(place, capsys) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    for words in ("identifier.imei api.vendor.example", IMEI, "report.html", "bytes stayed unread"):
        assert words in printed


def test_tables_come_in_every_form(place) -> None:
    case = ww.audit("x.pcapng", owner="owner.toml")
    rows = case.tables["flow"].arrow().num_rows
    assert rows == 1
    assert case.tables["flow"].relation().fetchall()
    assert len(pytest.importorskip("polars") and case.tables["flow"].polars()) == rows
    assert len(pytest.importorskip("pandas") and case.tables["flow"].pandas()) == rows
    assert case.sql("SELECT count(*) AS n FROM message WHERE up = ?", [True]).to_pylist() == [{"n": 1}]


def test_a_temporary_case_goes_with_its_object_and_a_kept_one_stays(place) -> None:
    case = ww.audit("x.pcapng")
    folder = case.folder
    assert (folder / "result.json").is_file()
    del case
    gc.collect()
    assert not folder.exists()
    kept = ww.audit("x.pcapng", owner="owner.toml", output="kept")
    again = ww.open_case("kept")
    assert again.result == kept.result
    assert IMEI in again.show(again.exposures[0].id[:6])[-1].data.decode()


def test_a_notebook_shows_verdicts_and_runs_nothing(tmp_path) -> None:
    path = small_case(tmp_path / "inputs")
    path.write_text(path.read_text().replace("The phone sends its IMEI.", "<script>x()</script>"))
    case = ww.audit(case=path)
    html = case._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "Recorded on this device" in html
    assert repr(case) == "<Case 'A small case': 1 exposures, 1 verdicts>"


def test_mistakes_are_one_sentence(place) -> None:
    with pytest.raises(InputError, match="nowhere"):
        ww.audit("nowhere.pcapng")
    with pytest.raises(ArgumentError):
        ww.audit()
    with pytest.raises(ArgumentError, match="exposure"):
        ww.audit("x.pcapng").show("ab")
    with pytest.raises(AttributeError):
        _ = ww.nothing
