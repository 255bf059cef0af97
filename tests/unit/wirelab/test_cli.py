"""The command line: wrong arguments are one sentence and exit code 2; a stranger's world plays from its file."""

from __future__ import annotations

import json

import pytest

from wirelab.cli import main

MINE = '''"""A stranger's world.

The phone asks its vendor for nothing at all, and the weather goes on as ever.
"""

from wirelab.vendor.honest import tell_honestly

TITLE = "Mine"
DAYS = 4


def play(stage):
    tell_honestly(stage)
'''


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["play", "no_such_world", "-o", "OUT"], "there is no world 'no_such_world'"),
        (["play", "as_alleged", "--seed", "seven", "-o", "OUT"], "a seed is a whole number, not 'seven'"),
        (["play", "as_alleged", "-o", "."], "exists already"),
        (["play", "missing.py", "-o", "OUT"], "there is no world in the file missing.py"),
        (["play", "as_alleged"], "-o/--output"),
        (["play", "as_alleged", "--sight", "x-ray", "-o", "OUT"], "invalid choice: 'x-ray'"),
        (["score", "."], "holds no truth.json"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "required"),
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("wirelab: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_worlds_are_listed_with_their_paragraphs(capsys):
    assert main(["worlds"]) == 0
    said = capsys.readouterr().out
    assert "as_alleged" in said
    assert "What the forum user said." in said
    assert main(["worlds", "--names"]) == 0
    assert "refuses_interception" in capsys.readouterr().out.split()


@pytest.mark.lab
def test_a_world_of_a_stranger_plays_from_its_file(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(MINE)
    assert main(["play", str(tmp_path / "mine.py"), "--seed", "3", "-o", str(tmp_path / "out")]) == 0
    truth = json.loads((tmp_path / "out" / "truth.json").read_text())
    assert (truth["world"], truth["title"], truth["seed"]) == ("mine", "Mine", 3)
    assert "mine.py" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["x = 1\n", '"""Only words."""\n', "def play(stage):\n    pass\n"])
def test_a_file_that_is_no_world_is_refused(text, tmp_path, capsys):
    (tmp_path / "none.py").write_text(text)
    assert main(["play", str(tmp_path / "none.py"), "-o", str(tmp_path / "out")]) == 2
    assert "needs a docstring that describes it and a function play(stage)" in capsys.readouterr().err
