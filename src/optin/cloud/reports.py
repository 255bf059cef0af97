"""Routes for what a phone tells: noised preferences, and diagnostic reports by the owner's own act."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from optin.cloud.access import require_live
from optin.cloud.exchange import Answer, Question
from optin.cloud.problem import Problem
from optin.cloud.service import Service
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.preference import PreferenceReport, name_week
from optin.protocol.proof import TOLERANCE

_T = TypeVar("_T")


def take_preferences(service: Service, question: Question) -> Answer:
    """POST /v1/preferences: a noised report of fixed size."""
    report = _parsed(PreferenceReport.parse, question.body)
    access = require_live(question, service.store, "preference")
    if report.week not in {name_week(question.now + shift) for shift in (-TOLERANCE, TOLERANCE)}:
        raise Problem(422, "Wrong week", "A report is about the week in which it is sent; check the clock.")
    service.store.add_preferences(report, access.proof.nonce, question.now)
    return Answer(202)


def take_diagnostics(service: Service, question: Question) -> Answer:
    """POST /v1/diagnostics: a diagnostic report, gzip'd, under a consent that names the identifier in it."""
    _parsed(DiagnosticReport.parse, question.body)
    access = require_live(question, service.store, "identifier.serial", "device_profile")
    consent = access.consent.record.consent.id
    service.store.add_diagnostic(question.body, consent, access.proof.nonce, question.now)
    return Answer(202)


def _parsed(parse: Callable[[bytes], _T], body: bytes) -> _T:
    try:
        return parse(body)
    except ValueError as error:
        raise Problem(400, "Malformed", f"The body is refused: {error}.") from error
