"""The OpenAPI document, made from the closed list of routes, so that it cannot drift from it."""

from __future__ import annotations

from typing import Any

from optin.cloud.routes import ROUTES, Route
from optin.protocol.proof import CONSENT_HEADER, KEY_HEADER, PROOF_HEADER

_BODIES = {
    "PUT /v1/consents/{consent}": "application/json",
    "POST /v1/preferences": "application/json",
    "POST /v1/diagnostics": "application/json",
    "POST /v1/chunks/{name}": "application/offset+octet-stream",
    "PATCH /v1/chunks/{name}": "application/offset+octet-stream",
}
_QUERIES = {"/v1/log/consistency": ("first", "second"), "/v1/log/inclusion": ("leaf", "size")}
_PROVEN = ("/v1/chunks", "/v1/preferences", "/v1/diagnostics", "/v1/erasures")
_TUS_HEADERS = {"POST /v1/chunks/{name}": "Upload-Length", "PATCH /v1/chunks/{name}": "Upload-Offset"}


def render_openapi() -> dict[str, Any]:
    """The document as a JSON object."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "optin cloud", "version": "1", "description": "See docs/optin/protocol.md."},
        "paths": paths,
    }


def _operation(route: Route) -> dict[str, Any]:
    name = f"{route.method} {route.path}"
    text = (route.act.__doc__ or "").partition(": ")[2]
    parameters = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{form}$"}}
        for part, form in route.parts.items()
    ]
    parameters += [
        {"name": query, "in": "query", "required": True, "schema": {"type": "integer", "minimum": 0}}
        for query in _QUERIES.get(route.path, ())
    ]
    if route.path.startswith(_PROVEN):
        headers = [PROOF_HEADER, CONSENT_HEADER if _under_consent(route) else KEY_HEADER]
        headers += [_TUS_HEADERS[name]] if name in _TUS_HEADERS else []
        parameters += [
            {"name": header, "in": "header", "required": True, "schema": {"type": "string"}}
            for header in headers
        ]
    problem = {"description": "Refused; nothing changed.", "content": {"application/problem+json": {}}}
    operation: dict[str, Any] = {
        "summary": text.splitlines()[0].rstrip(".") if text else name,
        "parameters": parameters,
        "responses": {"2XX": {"description": "Done."}, "4XX": problem, "5XX": problem},
    }
    if name in _BODIES:
        octets = {"type": "string", "format": "binary"}
        schema = {"type": "object"} if _BODIES[name] == "application/json" else octets
        operation["requestBody"] = {"required": True, "content": {_BODIES[name]: {"schema": schema}}}
    return operation


def _under_consent(route: Route) -> bool:
    return route.method in ("POST", "PATCH")
