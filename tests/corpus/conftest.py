"""Other people's captures: where they lie. Tests here are marked `corpus`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def corpus_folder() -> Path:
    """The folder of the corpus, named by WIREWITNESS_CORPUS or beside the project."""
    named = os.environ.get("WIREWITNESS_CORPUS")
    return Path(named) if named else HERE.parents[2] / "shared" / "corpus"


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.corpus)


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = corpus_folder()
    if not folder.is_dir():
        pytest.skip(f"the corpus is not here ({folder}); name its folder in WIREWITNESS_CORPUS")
    return folder
