"""A phone with everything off, its cloud beside it."""

from __future__ import annotations

import pytest
from optin_life import Life, make_life


@pytest.fixture
def life() -> Life:
    return make_life()
