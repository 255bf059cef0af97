"""The closed list of routes: method, path, what it does. The OpenAPI document is made from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from optin.cloud import chunks, consents, published, reports
from optin.cloud.exchange import Answer

_FORMS = {
    "consent": "[A-Za-z0-9-]{1,64}",
    "name": "[0-9a-f]{64}",
    "model": "[A-Za-z0-9._-]{1,64}",
    "build": "[A-Za-z0-9._-]{1,64}",
    "part": "metadata|targets",
    "file": "[A-Za-z0-9][A-Za-z0-9._-]{0,127}",
    "week": "[0-9]{4}-W[0-9]{2}",
}


@dataclass(frozen=True, slots=True)
class Route:
    """``act`` is called with the service, the question and the path's parts."""

    method: str
    path: str
    act: Callable[..., Answer]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the path."""
        return re.compile(re.sub(r"\{(\w+)\}", lambda part: f"({_FORMS[part[1]]})", self.path))

    @property
    def parts(self) -> dict[str, str]:
        """Names of the path's variable parts, with the form of each."""
        return {name: _FORMS[name] for name in re.findall(r"\{(\w+)\}", self.path)}


ROUTES = (
    Route("GET", "/v1/updates/{model}/{build}", published.tell_update),
    Route("GET", "/v1/recommendations/{model}", published.tell_recommendations),
    Route("GET", "/v1/tuf/{part}/{file}", published.tell_repository),
    Route("GET", "/v1/statistics/{model}/{week}", published.tell_statistics),
    Route("PUT", "/v1/consents/{consent}", consents.take_consent),
    Route("POST", "/v1/erasures", consents.erase),
    Route("GET", "/v1/log/head", consents.tell_head),
    Route("GET", "/v1/log/consistency", consents.tell_consistency),
    Route("GET", "/v1/log/inclusion", consents.tell_inclusion),
    Route("POST", "/v1/preferences", reports.take_preferences),
    Route("POST", "/v1/diagnostics", reports.take_diagnostics),
    Route("GET", "/v1/chunks", chunks.list_chunks),
    Route("POST", "/v1/chunks/{name}", chunks.create_chunk),
    Route("HEAD", "/v1/chunks/{name}", chunks.tell_progress),
    Route("PATCH", "/v1/chunks/{name}", chunks.resume_chunk),
    Route("GET", "/v1/chunks/{name}", chunks.give_chunk),
    Route("DELETE", "/v1/chunks/{name}", chunks.delete_chunk),
)
