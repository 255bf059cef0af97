"""The reference page is what `--help` says, and every command and option stands in it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from wirewitness.cli import app, main
from wirewitness.cli.commands import COMMANDS as ROWS
from wirewitness.cli.reference import render_reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == render_reference(app), (
        "run: python -m wirewitness.cli.reference > docs/reference/cli.md"
    )


COMMANDS = {row.name: row.load() for row in ROWS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_it_and_gives_an_example(name) -> None:
    command = COMMANDS[name]
    assert f"## wirewitness {name}\n" in PAGE.read_text("utf-8")
    for parameter in command.params:
        assert parameter.help or parameter.name == "help", f"{name} {parameter.name} has no help"
    examples = [line.strip() for line in command.epilog.splitlines() if line.startswith("  wirewitness ")]
    assert examples
    for example in examples:
        program, called, *rest = shlex.split(example)
        assert (program, called) == ("wirewitness", name)
        command.make_context(name, rest, resilient_parsing=False)  # a wrong option would raise


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_speaks_json_and_says_where_an_error_arose(name) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--debug"} <= options


@pytest.mark.parametrize(
    ("typed", "word", "offered"),
    [
        ("wirewitness ver", 1, ["verify"]),
        ("wirewitness report x --format s", 4, ["stix"]),
        ("wirewitness report x --lang z", 4, ["zh"]),
        ("wirewitness verify --hash", 2, ["--hashes-only"]),
    ],
)
def test_the_shell_completes_commands_options_and_their_values(
    typed, word, offered, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("_WIREWITNESS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(word))
    assert main([]) == 0
    assert capsys.readouterr().out.split() == offered


@pytest.mark.parametrize(
    "words", [["--help"], ["doctor"], ["mark", "--help"], ["claims"], ["serve", "--help"]]
)
def test_a_short_command_loads_no_heavy_library(words) -> None:
    """Half a second of each start went into pyarrow and DuckDB, which only an audited case needs."""
    code = (
        "import sys; from wirewitness.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'pyarrow', 'duckdb', 'numpy', 'jinja2', 'cryptography'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
