"""schemathesis draws requests from the cloud's own OpenAPI document, right and wrong ones, against the whole cloud."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from optin_life import make_life

from optin.cloud.journal import Journal
from optin.cloud.openapi import render_openapi
from optin.cloud.server import Front

schemathesis = pytest.importorskip("schemathesis")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")


@schemathesis.serializer("application/offset+octet-stream")
def octets(_, value):
    """Chunks are bytes; what else is drawn goes as its text."""
    return getattr(value, "data", value if isinstance(value, bytes) else str(value).encode())


LIFE = make_life(8)
CHECKS = (
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
)
DOCUMENT = schemathesis.openapi.from_dict(render_openapi())
DOCUMENT.app = Front(LIFE.cloud, Journal(lambda _: None), None)


@DOCUMENT.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_what_the_document_allows_is_answered_as_the_document_says(case):
    before = LIFE.cloud.store.counts()
    case.call_and_validate(checks=CHECKS)
    assert LIFE.cloud.store.counts() == before, "nobody drew a right signature"
