"""The pages made from code say what the code says, and name every word of every closed list and table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from wirelab.world import list_worlds
from wirewitness import _core, case
from wirewitness.decode import closed_lists
from wirewitness.model.kind import ALL_ANSWERS, ALL_KINDS

ROOT = Path(__file__).parents[2]


def tool(name: str) -> ModuleType:
    """A script of tools/, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_closed_lists_is_what_the_program_says():
    make = tool("make_closed_lists")
    assert make.PAGE.read_text("utf-8") == make.render_closed_lists(), (
        "run: python tools/make_closed_lists.py"
    )


def test_every_word_of_every_list_stands_in_it_with_a_sentence():
    rows = (ROOT / "docs/reference/closed-lists.md").read_text("utf-8").splitlines()
    said = {
        row.split("|")[1].strip(" `"): row.split("|")[-2].strip() for row in rows if row.startswith("| `")
    }
    words = {word for rows in closed_lists().values() for word, _ in rows} | {*ALL_KINDS, *ALL_ANSWERS}
    assert said.keys() == words
    assert [word for word, sentence in said.items() if len(sentence) < 10] == []


def test_the_page_of_tables_is_what_the_core_writes():
    make = tool("make_tables_page")
    page = make.PAGE.read_text("utf-8")
    assert page == make.render_tables(), "run: python tools/make_tables_page.py"
    for table, empty in _core.Decoder.empty_tables():
        section = page.split(f"## {table}\n")[1].split("\n## ")[0]
        assert [
            line.split("`")[1] for line in section.splitlines() if line.startswith("| `")
        ] == empty.schema.names


def test_the_check_of_documents_names_a_stale_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    check = tool("check_docs")
    assert check.main() == 0, capsys.readouterr().out
    monkeypatch.setattr(check.make_closed_lists, "render_closed_lists", lambda: "a new word")
    assert check.main() == 1
    assert "closed-lists.md" in capsys.readouterr().out


def test_the_worlds_that_stand_behind_a_verdict_are_those_of_the_laboratory():
    assert len(list_worlds()) == case.WORLDS
