"""Routes about consent: take a record into the log, prove what is in it, erase what lies under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from optin.cloud.access import require_holder
from optin.cloud.exchange import Answer, Question
from optin.cloud.log import SqlLog
from optin.cloud.problem import Problem
from optin.cloud.service import Service
from optin.ledger.merkle import prove_consistency, prove_inclusion
from optin.protocol.canonical import render_bytes
from optin.protocol.erasure import ErasureReceipt
from optin.protocol.proof import TOLERANCE
from optin.protocol.signed_record import SignedRecord

OLDEST = timedelta(hours=24)
"""A record that claims to be older when it arrives is backdated, and refused."""
LONGEST_PROOF_QUESTION = 12


def take_consent(service: Service, question: Question, identifier: str) -> Answer:
    """PUT /v1/consents/ID: a signed record, before anything that needs it. Answers with its receipt."""
    try:
        record = SignedRecord.parse(question.body)
    except ValueError as error:
        raise Problem(400, "Malformed", f"The record is refused: {error}.") from error
    consent = record.consent
    if consent.id != identifier:
        raise Problem(400, "Mismatch", "The record's id differs from the one in the path.")
    if not record.withdrawn and not question.now - OLDEST <= consent.start <= question.now + TOLERANCE:
        raise Problem(422, "Backdated", "The record begins at another time than about now.")
    return Answer.of(service.store.add_consent(record, question.now, service.keys.log), 201)


def tell_head(service: Service, question: Question) -> Answer:
    """GET /v1/log/head: the signed head of the consent log."""
    head = service.store.read_log(lambda log: log.head(question.now))
    return Answer.of(head.render(service.keys.log))


def tell_consistency(service: Service, question: Question) -> Answer:
    """GET /v1/log/consistency?first=N&second=M: proof that the log of N entries is the beginning of M."""
    first, second = _number(question, "first"), _number(question, "second")
    return _proof(service, second, lambda log: prove_consistency(log, first, second))


def tell_inclusion(service: Service, question: Question) -> Answer:
    """GET /v1/log/inclusion?leaf=N&size=M: proof that entry N is in the log of M."""
    leaf, size = _number(question, "leaf"), _number(question, "size")
    return _proof(service, size, lambda log: prove_inclusion(log, leaf, size))


def erase(service: Service, question: Question) -> Answer:
    """POST /v1/erasures: delete all that lies under the consent that the request names; a signed receipt."""
    access = require_holder(question, service.store)
    consent = access.consent.record.consent.id
    chunks, size, reports = service.store.erase(access.vault, consent, question.now, access.proof.nonce)
    receipt = ErasureReceipt(consent, chunks, size, reports, question.now)
    return Answer.of(receipt.render(service.keys.log), 200)


def _proof(service: Service, size: int, proof: Callable[[SqlLog], list[bytes]]) -> Answer:
    def answer(log: SqlLog) -> list[bytes]:
        if size > log.size:
            raise Problem(404, "Not found", "The log is not that long.")
        return proof(log)

    try:
        steps = service.store.read_log(answer)
    except IndexError as error:
        raise Problem(404, "Not found", "There is no such proof.") from error
    return Answer.of({"proof": [render_bytes(step) for step in steps]})


def _number(question: Question, name: str) -> int:
    text = question.query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_PROOF_QUESTION):
        raise Problem(400, "Malformed", f"The query needs {name} as a number.")
    return int(text)
