"""One command makes every figure of docs/method anew: each tool that writes one is a part of it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
METHOD = ROOT / "docs" / "method"


@pytest.fixture
def score(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("score")


def test_every_block_of_figures_is_made_by_a_part_or_by_make_soundness(score) -> None:
    soundness = re.search(
        r"^soundness:.*?\n\n", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert soundness is not None
    made = {part.tool for part in score.PARTS.values()} | set(re.findall(r"\S+/\w+\.py", soundness[0]))
    marks = {
        (page.name, tool)
        for page in METHOD.glob("*.md")
        for tool in re.findall(r"<!-- figures: made by ([\w/]+\.py)", page.read_text("utf-8"))
    }
    assert {tool for _, tool in marks} <= made
    for name, part in score.PARTS.items():
        assert (ROOT / part.tool).is_file(), name
        page = (METHOD / part.page).read_text("utf-8")
        assert (part.page, part.tool) in marks or f"make score PARTS={name}" in page, name


def test_a_part_without_its_corpus_or_libraries_is_left_out_in_one_sentence(
    score, monkeypatch, tmp_path, capsys
) -> None:
    ran = []
    monkeypatch.setattr(score, "CORPUS", tmp_path)
    monkeypatch.setattr(score, "_installed", lambda _module: False)
    monkeypatch.setattr(score, "run", lambda part: ran.append(part.tool) or True)
    monkeypatch.setattr("sys.argv", ["score.py", "leakage", "decoding", "rhythm"])
    assert score.main() == 0
    left_out, other, *_ = capsys.readouterr().out.splitlines()
    where = "../shared/corpus/pii-leakage"
    assert left_out == f"leakage: left out, for it needs the corpus in {where}, which is not there."
    assert other.startswith("decoding: left out, for it needs cbor2,")
    assert ran == ["tools/measure_rhythm.py"]


def test_a_part_that_finds_what_must_not_be_found_fails_the_whole_and_is_named(
    score, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(score, "run", lambda part: part.page != "rhythm.md")
    monkeypatch.setattr("sys.argv", ["score.py", "rhythm", "worlds"])
    assert score.main() == 1
    assert capsys.readouterr().err == "Failed, or found what must not be found: rhythm.\n"


def test_a_part_that_nobody_knows_is_refused_with_those_that_there_are(score, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["score.py", "pictrues"])
    with pytest.raises(SystemExit, match="2"):
        score.main()
    assert "there is no part pictrues; there are decoding, false," in capsys.readouterr().err
