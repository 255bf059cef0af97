"""A sealed bundle: what is in it, that others can check it without us, and that it audits to the same findings."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import jsonschema
import pytest
from sealing import CUSTODY, KEY, SECRET, ssh_files
from tiny_case import IMEI, owner_file, small_case, tiny_capture

from wirewitness.bundle import redact_bundle, seal_case, verify_bundle
from wirewitness.case import audit
from wirewitness.cli import main
from wirewitness.model.errors import ArgumentError, InputError


def test_it_holds_what_the_audit_used_and_verifies_offline(sealed) -> None:
    done = verify_bundle(sealed)
    assert done.rerun is not None
    assert done.rerun.differences == ()
    assert done.rerun.findings == done.shown == done.committed > 0
    assert done.signer
    assert not done.known
    with zipfile.ZipFile(sealed) as archive:
        names = {name.removeprefix("case/") for name in archive.namelist()}
        original = archive.read("case/data/inputs/case/captures/tiny.pcap")
    assert {
        "data/inputs/case/case.toml",
        "data/inputs/case/owner.toml",
        "data/result/result.json",
        "bag-info.txt",
    } <= names
    assert original == tiny_capture(sealed.parent / "again.pcap").read_bytes()


def members_of(bundle: Path, *names: str) -> list[object]:
    with zipfile.ZipFile(bundle) as archive:
        return [json.loads(archive.read(f"{bundle.stem}/data/{name}.json")) for name in names]


def test_what_a_bundle_says_of_itself_fits_its_schema(sealed, tmp_path) -> None:
    schema = json.loads((Path(__file__).parents[3] / "schemas" / "bundle.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    redact_bundle(sealed, tmp_path / "part.zip", keep=["C1"], custody=CUSTODY)
    documents = [*members_of(sealed, "bundle", "commitments"), *members_of(tmp_path / "part.zip", "findings")]
    for document in documents:
        jsonschema.validate(document, schema)
        for wrong in (document | {"surprise": 1}, {}):  # type: ignore[operator]
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(wrong, schema)


def test_the_same_case_sealed_twice_is_the_same_file(audited, sealed_once, tmp_path) -> None:
    again = tmp_path / "case.zip"
    seal_case(audited, again, custody=CUSTODY, secret=SECRET, key=KEY)
    assert again.read_bytes() == sealed_once.read_bytes()


def test_others_check_it_without_us(sealed, tmp_path) -> None:
    if not shutil.which("ssh-keygen") or not shutil.which("sha256sum"):
        pytest.skip("ssh-keygen or sha256sum is not here")
    with zipfile.ZipFile(sealed) as archive:
        archive.extractall(tmp_path)
    bag = tmp_path / "case"
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=bag, check=True)
    _, public = ssh_files(tmp_path)
    (tmp_path / "signers").write_text(f"lab {public.read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", "../signers", "-I", "lab", "-n", "wirewitness"]
    tags = bag / "tagmanifest-sha256.txt"
    with tags.open("rb") as message:
        done = subprocess.run(
            [*command, "-s", f"{tags.name}.sig"], cwd=bag, stdin=message, check=False, capture_output=True
        )
    assert done.returncode == 0, done.stderr
    wrong = subprocess.run(
        [*command, "-s", f"{tags.name}.sig"], cwd=bag, input=b"another", check=False, capture_output=True
    )
    assert wrong.returncode != 0


def test_unpacked_the_result_is_a_case_folder_again(sealed, tmp_path, capsys) -> None:
    with zipfile.ZipFile(sealed) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "case" / "data" / "result"
    exposure = json.loads((folder / "result.json").read_text("utf-8"))["exposures"][0]["id"]
    assert main(["show", str(folder), exposure]) == 0
    assert IMEI in capsys.readouterr().out


def test_what_was_given_by_hand_comes_along(tmp_path) -> None:
    capture = tiny_capture(tmp_path / "a.pcap")
    owner = owner_file(tmp_path / "owner.toml")
    keys = tmp_path / "keys.log"
    keys.write_text("# none\n")
    audit([capture], tmp_path / "audit", keys=[keys], owner=owner, phone=["192.168.1.23"])
    (tmp_path / "settings.jpg").write_bytes(b"a photograph")
    seal_case(
        tmp_path / "audit",
        tmp_path / "b.zip",
        custody=CUSTODY,
        secret=SECRET,
        attachments=[tmp_path / "settings.jpg"],
    )
    done = verify_bundle(tmp_path / "b.zip")
    assert done.rerun is not None
    assert done.rerun.differences == ()
    assert done.signer is None
    assert done.info["Signature"].startswith("none")
    assert done.info["Contact-Name"] == "A. Tester"
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("b/data/attachments/settings.jpg") == b"a photograph"
        assert "b/data/inputs/keys/001/keys.log" in archive.namelist()


def test_a_key_log_that_was_found_beside_the_capture_comes_along(tmp_path) -> None:
    capture = tiny_capture(tmp_path / "a.pcap")
    (tmp_path / "secrets.txt").write_text(f"CLIENT_RANDOM {'0' * 64} {'1' * 96}\n")
    result = audit([capture], tmp_path / "audit", phone=["192.168.1.23"])
    assert "keys_found" in {note.code for note in result.notes}
    seal_case(tmp_path / "audit", tmp_path / "b.zip", custody=CUSTODY, secret=SECRET)
    done = verify_bundle(tmp_path / "b.zip")
    assert done.rerun is not None
    assert done.rerun.differences == ()


@pytest.mark.parametrize("name", ["captures/tiny.pcap", "owner.toml", "case.toml"])
def test_what_changed_since_the_audit_is_not_sealed(tmp_path, name) -> None:
    audit(case=small_case(tmp_path / "inputs"), output=tmp_path / "audit")
    path = tmp_path / "inputs" / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InputError, match=f"{path.name}.*changed since the audit"):
        seal_case(tmp_path / "audit", tmp_path / "b.zip", custody=CUSTODY, secret=SECRET)
    assert not (tmp_path / "b.zip").exists()


def test_a_case_file_that_leads_out_of_the_bundle_is_not_sealed(tmp_path) -> None:
    case = small_case(tmp_path / "inputs")
    absolute = (tmp_path / "inputs" / "owner.toml").as_posix()
    case.write_text(case.read_text().replace('"owner.toml"', f'"{absolute}"'))
    audit(case=case, output=tmp_path / "audit")
    with pytest.raises(InputError, match="name it relative"):
        seal_case(tmp_path / "audit", tmp_path / "b.zip", custody=CUSTODY, secret=SECRET)


def test_an_earlier_bundle_is_not_overwritten(audited, sealed) -> None:
    before = hashlib.sha256(sealed.read_bytes()).digest()
    with pytest.raises(ArgumentError, match="exists already"):
        seal_case(audited, sealed, custody=CUSTODY, secret=SECRET)
    assert hashlib.sha256(sealed.read_bytes()).digest() == before


def test_the_commands_seal_verify_and_redact(audited, tmp_path, capsys) -> None:
    private, public = ssh_files(tmp_path)
    bundle, part = tmp_path / "case.zip", tmp_path / "part.zip"
    assert main(["seal", str(audited), "-o", str(bundle), "--sign", str(private), "--by", "A. Tester"]) == 0
    assert "SHA256:" in capsys.readouterr().out
    assert main(["verify", str(bundle), "--signer", str(public), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["signer_is_the_expected_one"]
    assert said["differences"] == []
    assert main(["redact", str(bundle), "-o", str(part), "--keep", "C1"]) == 0
    assert main(["verify", str(part)]) == 0
    assert "belongs to the sealed bundle" in capsys.readouterr().out
    assert IMEI.encode() not in part.read_bytes()
    assert main(["redact", str(bundle), "-o", str(tmp_path / "x.zip"), "--keep", "C9"]) == 2
    assert "--keep C9" in capsys.readouterr().err


def test_another_key_is_refused(sealed, tmp_path) -> None:
    _, public = ssh_files(tmp_path, seed=1)
    with pytest.raises(InputError, match="is not signed with the key in"):
        verify_bundle(sealed, signer=Path(public), rerun=False)


def test_a_private_key_among_the_inputs_is_named(tmp_path, capsys) -> None:
    """It opens more than this case: whoever is handed the bundle, or a copy of it, must know that it was in there."""
    private, _ = ssh_files(tmp_path)
    shutil.copy(private, tmp_path / "server.pem")
    tiny_capture(tmp_path / "tiny.pcap")
    audit([tmp_path / "tiny.pcap"], tmp_path / "audit", keys=[tmp_path / "server.pem"])
    assert main(["seal", str(tmp_path / "audit"), "-o", str(tmp_path / "case.zip")]) == 0
    member = "data/inputs/keys/001/server.pem"
    assert member in " ".join(capsys.readouterr().err.split())
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert f"Holds-Private-Key: {member}" in archive.read("case/bag-info.txt").decode()
    assert main(["verify", str(tmp_path / "case.zip"), "--quiet"]) == 0


def test_a_bundle_without_a_private_key_names_none(sealed) -> None:
    with zipfile.ZipFile(sealed) as archive:
        assert "Holds-Private-Key" not in archive.read("case/bag-info.txt").decode()


def test_another_audit_that_was_judged_together_comes_along_and_is_judged_with_again(tmp_path) -> None:
    audit(case=small_case(tmp_path / "one"), output=tmp_path / "first")
    folder = small_case(tmp_path / "two").parent
    other = b"GET /ping HTTP/1.1\r\nHost: api.vendor.example\r\n\r\n"
    tiny_capture(folder / "captures" / "tiny.pcap", other)
    result = audit(case=folder / "case.toml", output=tmp_path / "second", also=[tmp_path / "first"])
    reasons = [r for v in result.verdicts for r in v.reasons if r.code in ("run_agrees", "run_differs")]
    assert [r.params["audit"] for r in reasons] == ["first"]
    bundle = tmp_path / "case.zip"
    seal_case(tmp_path / "second", bundle, custody=CUSTODY, secret=SECRET)
    shutil.rmtree(tmp_path / "first")
    done = verify_bundle(bundle)
    assert done.rerun is not None
    assert done.rerun.differences == ()
    assert members_of(bundle, "bundle")[0]["arguments"]["also"] == ["data/inputs/also/001/first/result.json"]  # type: ignore[index]


def test_another_audit_that_was_changed_since_is_refused_by_name(tmp_path) -> None:
    audit(case=small_case(tmp_path / "one"), output=tmp_path / "first")
    audit(case=small_case(tmp_path / "two"), output=tmp_path / "second", also=[tmp_path / "first"])
    text = (tmp_path / "first" / "result.json").read_text()
    (tmp_path / "first" / "result.json").write_text(text + "\n")
    with pytest.raises(InputError, match="was changed since the audit"):
        seal_case(tmp_path / "second", tmp_path / "case.zip", custody=CUSTODY, secret=SECRET)
