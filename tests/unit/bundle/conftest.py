"""One small case, audited and sealed once; every test works on its own copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sealing import CUSTODY, KEY, SECRET
from tiny_case import small_case

from wirewitness.bundle import seal_case
from wirewitness.case import audit


@pytest.fixture(scope="session")
def audited(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    audit(case=small_case(folder / "inputs"), output=folder / "audit")
    return folder / "audit"


@pytest.fixture(scope="session")
def sealed_once(audited, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sealed") / "case.zip"
    seal_case(audited, path, custody=CUSTODY, secret=SECRET, key=KEY)
    return path


@pytest.fixture
def sealed(sealed_once, tmp_path) -> Path:
    return Path(shutil.copy(sealed_once, tmp_path / "case.zip"))
