"""A case folder made of the report's example, and the command line as a person meets it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[1] / "report" / "example.py"


@pytest.fixture
def example():
    if "report_example" not in sys.modules:
        spec = importlib.util.spec_from_file_location("report_example", _PATH)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["report_example"] = module
        spec.loader.exec_module(module)
    return sys.modules["report_example"]


@pytest.fixture
def case(example, tmp_path) -> Path:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "result.json").write_text(example.example().text, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """No colours of the tester's terminal, a fixed width, English."""
    for name in ("LC_ALL", "LC_MESSAGES", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "120")
