"""The audit export: whoever holds it can check each upload, and its schema says what is in it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import jsonschema

from optin.agent.audit_export import render_audit_export
from optin.agent.switch import Switch
from optin.protocol.chunk import open_chunk

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/audit_export.schema.json").read_text())


def test_every_chunk_in_the_cloud_opens_with_the_export_and_joins_to_a_consent(life):
    photos = {f"photo:{number}": bytes([number]) * 1000 for number in range(4)}
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    for item, content in photos.items():
        life.agent.offer("photo", item, content)
    life.pass_time(1)

    export = json.loads(render_audit_export(life.agent, life.now))
    jsonschema.validate(export, SCHEMA)
    sealed = {name: value for (_, name), value in life.cloud.store.objects.values.items()}
    opened = {open_chunk(sealed[chunk["name"]], base64.b64decode(chunk["key"])) for chunk in export["chunks"]}
    assert opened >= set(photos.values())
    assert len(opened) == 4 + 1, "four photos and the manifest"
    consents = {record["id"] for record in export["consents"]}
    assert {upload["consent"] for upload in export["uploads"]} <= consents
    assert [upload["kind"] for upload in export["uploads"]] == ["photo"] * 5


def test_a_phone_that_sent_nothing_has_an_empty_export(life):
    export = json.loads(render_audit_export(life.agent, life.now))
    jsonschema.validate(export, SCHEMA)
    assert export["chunks"] == export["consents"] == export["uploads"] == []
