"""Every finding is derived again from the capture, step by step, and the bytes found are the owner's."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib

import pytest

from wirelab.cli import main as wirelab
from wirewitness import case, decode
from wirewitness.evidence import read_evidence, window_span
from wirewitness.model.exposure import Exposure


@pytest.fixture(scope="module", params=["owner_turned_it_on", "as_alleged"])
def world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds") / request.param
    assert wirelab(["play", request.param, "--seed", "7", "-o", str(folder)]) == 0
    result = case.audit([], folder / "audit", case=folder / "case.toml")
    return folder, result


def stages(folder, exposure: Exposure, chunk_keys):
    message = decode.MessageRef(
        exposure.flow, exposure.stream, exposure.message, exposure.from_client, exposure.where, exposure.steps
    )
    keys = [(folder / "capture.keys.log").read_bytes()]
    return decode.rederive([folder / "capture.pcapng"], message, keylogs=keys, chunk_keys=chunk_keys)


def test_each_finding_is_derived_again(world):
    folder, result = world
    export = json.loads((folder / "audit_export.json").read_text())
    chunk_keys = [(chunk["name"], base64.b64decode(chunk["key"])) for chunk in export["chunks"]]
    owner = tomllib.loads((folder / "owner.toml").read_text())
    values = {fact["id"]: fact["value"] for fact in owner["fact"] if "value" in fact}
    photos = {path.name: path.read_bytes() for path in (folder / "photos").iterdir()}
    whole_photos = plain_values = 0
    assert result.exposures
    windows = read_evidence(folder / "audit")
    assert windows.keys() == {one.id for one in (*result.exposures, *result.answers)}
    for exposure in (*result.exposures, *result.answers):
        derived = stages(folder, exposure, chunk_keys)
        begin, end = window_span(exposure.range)
        window = windows[exposure.id]
        assert (window.begin, window.data) == (begin, derived[-1].data[begin:end]), exposure.id
        assert window.stages == tuple((one.label, len(one.data)) for one in derived), exposure.id
    for exposure in result.exposures:
        last = stages(folder, exposure, chunk_keys)[-1].data
        found = last[exposure.range[0] : exposure.range[1]]
        assert len(found) == exposure.range[1] - exposure.range[0], exposure.id
        fact = exposure.fact or ""
        if exposure.kind == "photo" and fact.startswith("photo:"):
            photo = photos[fact.removeprefix("photo:")]
            if exposure.digest == "piece":
                assert found in photo
            else:
                # A list of a backup names its photos by their digest.
                assert found == (hashlib.new(exposure.digest, photo).digest() if exposure.digest else photo)
            whole_photos += not exposure.digest
        elif fact in values and not exposure.digest:
            spelled = found.decode("utf-8").casefold()
            wanted = values[fact].casefold()
            assert [c for c in spelled if c.isalnum()][-6:] == [c for c in wanted if c.isalnum()][-6:]
            plain_values += 1
    assert whole_photos
    assert plain_values
