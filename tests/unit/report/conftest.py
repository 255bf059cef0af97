"""The example result, for every test of the report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).with_name("example.py")


def _load():
    if "report_example" not in sys.modules:
        spec = importlib.util.spec_from_file_location("report_example", _PATH)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["report_example"] = module
        spec.loader.exec_module(module)
    return sys.modules["report_example"]


@pytest.fixture
def example():
    """The module of the example: `example.example()` is the result, `example.exposure(...)` one of its parts."""
    return _load()
