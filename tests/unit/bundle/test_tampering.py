"""Whatever someone does to a bundle, it is refused, and the sentence names the file."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sealing import CUSTODY, forge, members, rewrite

from wirewitness.bundle import redact_bundle, verify_bundle
from wirewitness.bundle.archive import write_archive, wrong_name
from wirewitness.bundle.opened import open_bundle
from wirewitness.model.errors import InputError

RESULT = "case/data/result/result.json"
CAPTURE = "case/data/inputs/case/captures/tiny.pcap"
OWNER = "case/data/inputs/case/owner.toml"


def refused(path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        verify_bundle(path, rerun=False)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_a_flipped_bit_anywhere_is_refused(sealed) -> None:
    whole = sealed.read_bytes()
    chance = random.Random(8)
    places = {0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(250))}
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        sealed.write_bytes(damaged)
        with pytest.raises(InputError):
            verify_bundle(sealed, rerun=False)


@pytest.mark.parametrize("name", [RESULT, CAPTURE, OWNER, "case/bag-info.txt", "case/data/commitments.json"])
def test_a_changed_file_is_named(sealed, name) -> None:
    files = members(sealed)
    files[name] += b"\n"
    rewrite(sealed, files)
    refused(sealed, name.removeprefix("case/"), "changed")


def test_swapped_files_are_named(sealed) -> None:
    files = members(sealed)
    files[CAPTURE], files[OWNER] = files[OWNER], files[CAPTURE]
    rewrite(sealed, files)
    refused(sealed, CAPTURE.removeprefix("case/"), "changed")


def test_a_missing_an_added_and_a_renamed_file_are_named(sealed, sealed_once) -> None:
    files = members(sealed)
    rewrite(sealed, {name: data for name, data in files.items() if name != OWNER})
    refused(sealed, "owner.toml", "missing")
    rewrite(sealed, {**files, "case/data/more.txt": b"more"})
    refused(sealed, "data/more.txt", "added")
    rewrite(sealed, {**files, "case/notes.txt": b"more"})
    refused(sealed, "notes.txt", "added")
    rewrite(sealed, {**files, "other/notes.txt": b"more"})
    refused(sealed, "other/notes.txt", "added")
    renamed = {name.replace("owner.toml", "own.toml"): data for name, data in files.items()}
    rewrite(sealed, renamed)
    refused(sealed, "owner.toml", "missing")


def test_a_signature_cannot_be_taken_off_or_exchanged(sealed) -> None:
    files = members(sealed)
    signature = "case/tagmanifest-sha256.txt.sig"
    rewrite(sealed, {name: data for name, data in files.items() if name != signature})
    refused(sealed, "tagmanifest-sha256.txt.sig", "missing")
    rewrite(sealed, {**files, signature: files[signature][:-40] + b"A" * 10 + files[signature][-30:]})
    refused(sealed, "tagmanifest-sha256.txt.sig", "not a signature")
    rewrite(sealed, {**files, signature: b""})
    refused(sealed, "tagmanifest-sha256.txt.sig", "not a signature")


@given(share=st.floats(0, 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_zip_is_refused(sealed_once, tmp_path, share) -> None:
    whole = sealed_once.read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[: int(share * (len(whole) - 1))])
    with pytest.raises(InputError, match=r"cut\.zip"):
        verify_bundle(path, rerun=False)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "case/../../x",
        "case\\..\\x",
        "case/./x",
        "C:/x",
        "case/\x1b[2J",
        "case//x",
        "e\u0301",
    ],
)
def test_a_path_that_climbs_out_is_refused_and_nothing_is_written(sealed, tmp_path, name) -> None:
    assert wrong_name(name) is not None
    with zipfile.ZipFile(sealed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("case/bagit.txt"), b"")
        info = zipfile.ZipInfo("x")
        info.filename = name
        archive.writestr(info, b"out")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError):
        verify_bundle(sealed)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bomb_and_a_foreign_zip_are_refused_unread(sealed) -> None:
    with zipfile.ZipFile(sealed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case/data/zeros", b"\0" * 50_000_000)
    refused(sealed, "case/data/zeros", "compressed")
    with zipfile.ZipFile(sealed, "w") as archive:
        archive.writestr("case/bagit.txt", b"")
    refused(sealed)
    sealed.write_bytes(b"not a zip")
    refused(sealed, "not a bundle")
    buffer = io.BytesIO()
    write_archive(buffer, {"case/bagit.txt": b""})
    sealed.write_bytes(buffer.getvalue())
    refused(sealed, "missing")


def test_what_is_added_behind_the_end_is_refused(sealed) -> None:
    sealed.write_bytes(sealed.read_bytes() + b"\0")
    refused(sealed, "goes on after its end")


def test_an_opened_finding_cannot_be_changed_or_moved(sealed, tmp_path) -> None:
    part = tmp_path / "part.zip"
    redact_bundle(sealed, part, keep=["C1"], custody=CUSTODY)
    done = verify_bundle(part)
    assert (done.sort, done.shown) == ("redacted", 1)
    assert done.committed > 1
    assert done.seal == verify_bundle(sealed, rerun=False).seal
    whole = part.read_bytes()
    assert b"CLIENT" not in whole
    assert b"commitments" not in whole
    files = members(part)
    findings = files["part/data/findings.json"].replace(b'"supported"', b'"withstood"')
    assert findings != files["part/data/findings.json"]
    with ExitStack() as stack:
        opened = open_bundle(part, stack)
        assert set(opened.members) >= {"data/findings.json", "data/sealed/bag-info.txt"}
    forge(part, {**files, "part/data/findings.json": findings})
    refused(part, "findings.json", "does not belong")


def test_a_forger_without_the_key_cannot_make_the_manifests_anew(sealed) -> None:
    files = members(sealed)
    files[RESULT] = files[RESULT].replace(b'"supported"', b'"withstood"')
    forge(sealed, files)
    refused(sealed, "tagmanifest-sha256.txt.sig", "not a signature")


def test_the_audit_made_again_tells_a_forged_finding(sealed, audited, tmp_path) -> None:
    from sealing import SECRET

    from wirewitness.bundle import seal_case

    forged = tmp_path / "audit"
    shutil.copytree(audited, forged)
    text = (forged / "result.json").read_text("utf-8")
    (forged / "result.json").write_text(text.replace('"supported"', '"not_observed"'), "utf-8")
    kept = (forged / "inputs.json").read_text("utf-8").replace('"../', f'"{audited.parent}/')
    (forged / "inputs.json").write_text(kept, "utf-8")
    seal_case(forged, tmp_path / "forged.zip", custody=CUSTODY, secret=SECRET)
    done = verify_bundle(tmp_path / "forged.zip")
    assert done.rerun is not None
    assert [one for one in done.rerun.differences if one.startswith("verdicts C1")]
