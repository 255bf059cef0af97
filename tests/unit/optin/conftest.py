"""A phone with everything off, its cloud beside it."""

from __future__ import annotations

import pytest
from optin_life import Life, make_life
from optin_servers import postgresql_url, s3_endpoint

__all__ = ["life", "postgresql_url", "s3_endpoint"]


@pytest.fixture
def life() -> Life:
    return make_life()
