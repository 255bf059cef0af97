"""Routes for what everybody may read: the newest software and the catalogue, the same for every owner."""

from __future__ import annotations

from optin.cloud.exchange import Answer, Question
from optin.cloud.problem import Problem
from optin.cloud.service import Service
from optin.protocol.answer import encode_recommendations


def tell_update(service: Service, _: Question, __: str, ___: str) -> Answer:
    """GET /v1/updates/MODEL/BUILD: the newest software."""
    if service.update is None:
        raise Problem(404, "Not found", "No software is published.")
    return Answer(200, service.update.encode())


def tell_recommendations(service: Service, question: Question, _: str) -> Answer:
    """GET /v1/recommendations/MODEL: the signed catalogue; the phone ranks it."""
    return Answer(200, encode_recommendations(service.catalogue, question.now, service.keys.catalogue))
