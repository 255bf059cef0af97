"""Every route under hostile requests: a problem document and no change of state, never an exception."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from optin_life import API, ask, make_life

from optin.cloud.openapi import render_openapi
from optin.cloud.routes import ROUTES
from optin.protocol.exchange import Request

LIFE = make_life(2)
NAMES = ("Optin-Proof", "Optin-Consent", "Optin-Key", "Upload-Length", "Upload-Offset", "Tus-Resumable")
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
PROOF = st.from_regex(
    r"\Atime=20[0-9]{2}-[0-9]{2}-[0-9]{2}T00:00:00Z, nonce=[0-9a-f]{32}, digest=[0-9a-f]{64}, "
    r"signature=[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}\Z"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())


@st.composite
def requests(draw):
    route = draw(st.sampled_from(ROUTES))
    path = route.path
    for part, form in route.parts.items():
        path = path.replace(f"{{{part}}}", draw(st.from_regex(f"\\A{form}\\Z")))
    query = draw(st.sampled_from(("", "?first=1&second=2", "?first=-1", "?leaf=9&size=3", "?" + "a=1&" * 20)))
    headers = draw(st.dictionaries(st.sampled_from(NAMES), TEXT | PROOF | st.just("64"), max_size=4))
    body = draw(st.binary(max_size=300) | JSON | st.just(b"[" * 5000))
    return Request(route.method, API, path + query, tuple(headers.items()), body)


@settings(max_examples=150, deadline=None)
@given(requests())
def test_a_hostile_request_is_refused_and_changes_nothing(request):
    before = LIFE.cloud.store.counts()
    answer = ask(LIFE.cloud, request)
    assert answer.status < 500
    if answer.status >= 400:
        assert answer.json()["status"] == answer.status
    assert LIFE.cloud.store.counts() == before


def test_the_openapi_document_names_every_route():
    paths = render_openapi()["paths"]
    assert {(method.upper(), path) for path, row in paths.items() for method in row} == {
        (route.method, route.path) for route in ROUTES
    }
    assert all(operation["summary"] for row in paths.values() for operation in row.values())
