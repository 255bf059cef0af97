"""Routes about backup chunks: tus 1.0.0 with creation-with-upload, on names that the phone chooses.

A chunk is opaque here. It is taken only under a live consent for a backup, and belongs to the key that signed
that consent; reading, listing and deleting need that key.
"""

from __future__ import annotations

import json

from optin.cloud.access import Access, require_key, require_live
from optin.cloud.exchange import Answer, Question
from optin.cloud.problem import Problem
from optin.cloud.service import Service
from optin.cloud.store import HeldChunk
from optin.protocol.chunk import HEADER_BYTES, LONGEST, PADDED_TO
from optin.protocol.exchange import Headers
from optin.protocol.proof import digest_of

_TUS = ("Tus-Resumable", "1.0.0")
_OVERHEAD = HEADER_BYTES + 17
_LONGEST = LONGEST + PADDED_TO + _OVERHEAD


def create_chunk(service: Service, question: Question, name: str) -> Answer:
    """POST /v1/chunks/NAME: begin a chunk of Upload-Length bytes, with as much of it as the body holds."""
    access = _uploading(service, question)
    size = _number(question, "upload-length")
    if not _OVERHEAD < size <= _LONGEST or (size - _OVERHEAD) % PADDED_TO:
        raise Problem(400, "Malformed", f"A chunk is padded to a multiple of {PADDED_TO} bytes.")
    held = service.store.chunk(access.vault, name)
    if held is not None and held.digest != access.proof.digest and held.offset == held.size:
        raise Problem(409, "Conflict", "A different chunk of that name exists.")
    if held is not None and held.digest == access.proof.digest and held.offset:
        return Answer(200, headers=_progress(held))
    if held is not None:
        service.store.drop_chunk(held)
    consent = access.consent.record.consent.id
    begun = HeldChunk(access.vault, name, consent, access.proof.digest, size, 0)
    service.store.begin_chunk(begun)
    grown = _grow(service, begun, question.body)
    return Answer(201, headers=(*_progress(grown), ("Location", f"/v1/chunks/{name}")))


def tell_progress(service: Service, question: Question, name: str) -> Answer:
    """HEAD /v1/chunks/NAME: how many bytes of a chunk the cloud has."""
    held = _held(service, require_key(question), name)
    return Answer(200, headers=(*_progress(held), ("Cache-Control", "no-store")))


def resume_chunk(service: Service, question: Question, name: str) -> Answer:
    """PATCH /v1/chunks/NAME: the next bytes of a chunk, from Upload-Offset on."""
    access = _uploading(service, question)
    held = _held(service, access.vault, name)
    if _number(question, "upload-offset") != held.offset:
        raise Problem(409, "Conflict", "The upload goes on at another offset.")
    if held.digest != access.proof.digest:
        raise Problem(409, "Conflict", "That is another chunk than the one that was begun.")
    return Answer(204, headers=_progress(_grow(service, held, question.body)))


def give_chunk(service: Service, question: Question, name: str) -> Answer:
    """GET /v1/chunks/NAME: a whole chunk, to the holder of its vault's key."""
    held = _held(service, require_key(question), name)
    sealed = service.store.objects.read(held.vault, name)
    if held.offset != held.size or sealed is None:
        raise Problem(404, "Not found", "There is no whole chunk of that name.")
    return Answer(200, sealed, "application/octet-stream")


def list_chunks(service: Service, question: Question) -> Answer:
    """GET /v1/chunks: names and sizes of all whole chunks of a vault."""
    vault = require_key(question)
    rows = [[held.name, held.size] for held in service.store.chunks(vault) if held.offset == held.size]
    return Answer(200, json.dumps({"chunks": rows}, separators=(",", ":")).encode())


def delete_chunk(service: Service, question: Question, name: str) -> Answer:
    """DELETE /v1/chunks/NAME: forget a chunk (tus termination), also after consent has ended."""
    service.store.drop_chunk(_held(service, require_key(question), name))
    return Answer(204, headers=(_TUS,))


def _uploading(service: Service, question: Question) -> Access:
    access = require_live(question, service.store, whole=False)
    if access.consent.record.consent.purpose != "backup":
        raise Problem(403, "No consent", "The consent is not one for a backup.")
    return access


def _grow(service: Service, chunk: HeldChunk, data: bytes) -> HeldChunk:
    if chunk.offset + len(data) > chunk.size:
        raise Problem(413, "Too large", "More bytes came than the chunk was said to have.")
    if not data:
        return chunk
    grown = service.store.grow_chunk(chunk, data)
    if grown.offset == grown.size:
        whole = data if len(data) == grown.size else service.store.objects.read(grown.vault, grown.name)
        if digest_of(whole or b"") != grown.digest:
            service.store.drop_chunk(grown)
            raise Problem(460, "Damaged", "The chunk is not the one that was signed; it was dropped.")
    return grown


def _held(service: Service, vault: str, name: str) -> HeldChunk:
    held = service.store.chunk(vault, name)
    if held is None:
        raise Problem(404, "Not found", "There is no chunk of that name in this vault.")
    return held


def _progress(held: HeldChunk) -> Headers:
    return _TUS, ("Upload-Offset", str(held.offset)), ("Upload-Length", str(held.size))


def _number(question: Question, name: str) -> int:
    text = question.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Problem(400, "Malformed", f"The header {name} is a number.")
    return int(text)
