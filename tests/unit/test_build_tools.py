"""What `make setup` says to somebody who lacks a part: one sentence each, with the way to get it, before any work."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "have_build_tools"
TOOLS = ("sh", "sed", "cut", "sort", "head", "dirname", "printf")


@pytest.fixture
def machine(tmp_path):
    """A folder of programs that stands for a machine: the shell's own tools, and what a test puts there."""
    for name in TOOLS:
        if (path := shutil.which(name)) is None:
            pytest.skip(f"there is no {name}")
        (tmp_path / name).symlink_to(path)

    def put(**programs: str) -> None:
        for name, says in programs.items():
            file = tmp_path / name
            file.write_text(f"#!/bin/sh\n{says}\n")
            file.chmod(0o755)

    put.folder = tmp_path
    return put


def asked(machine) -> tuple[int, list[str]]:
    done = subprocess.run(
        [machine.folder / "sh", SCRIPT],
        env={"PATH": str(machine.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


WHOLE = {
    "python3": "exit 0",
    "cc": "exit 0",
    "cargo": "exit 0",
    "rustc": "echo 'rustc 1.95.0 (x 2026-04-14)'",
}


def test_a_machine_that_has_all_is_told_nothing(machine) -> None:
    machine(**WHOLE)
    assert asked(machine) == (0, [])


def test_an_empty_machine_is_told_everything_at_once(machine) -> None:
    code, lines = asked(machine)
    assert code == 1
    assert [line.split(":")[0] for line in lines] == [
        "make setup needs Python 3.11 or newer",
        "make setup needs a C compiler",
        "make setup needs Rust 1.85 or newer",
    ]
    assert all("apt-get" in line or "rustup" in line for line in lines)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"python3": 'case "$2" in *version_info*) exit 1;; *) echo 3.9.2;; esac'}, "python3 is 3.9.2"),
        ({"python3": 'case "$2" in *ensurepip*) exit 1;; esac'}, "apt-get install python3-venv"),
        ({"rustc": "echo 'rustc 1.63.0 (Debian)'"}, "not 1.63.0: rustup update"),
        ({"rustc": "echo 'rustc 1.9.0'"}, "not 1.9.0"),
    ],
)
def test_what_is_too_old_is_told_with_its_version(machine, changed, said) -> None:
    machine(**{**WHOLE, **changed})
    code, lines = asked(machine)
    assert code == 1
    assert len(lines) == 1
    assert said in lines[0]


def test_readme_and_tutorial_name_what_it_asks_for() -> None:
    for page in ("README.md", "docs/tutorial.md"):
        text = (ROOT / page).read_text("utf-8")
        for word in ("Python 3.11", "1.85", "build-essential", "python3-venv", "rustup.rs"):
            assert word in text, (page, word)
