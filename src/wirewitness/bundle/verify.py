"""`verify`: everything that can be checked of a bundle without a network, and the audit once more.

Every refusal is one sentence that names the bundle and the file in it.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from wirewitness import __version__
from wirewitness.bundle import bag, merkle
from wirewitness.bundle.archive import member_parts
from wirewitness.bundle.collect import INPUT, RESULT
from wirewitness.bundle.findings import committed, differences, findings_of
from wirewitness.bundle.opened import PROVENANCE, Opened, open_bundle, sealed_result, sealed_tables, secret_of
from wirewitness.bundle.proofs import check_proofs
from wirewitness.bundle.seal import BUNDLE, FORMAT, REDACTED, SEALED
from wirewitness.bundle.signature import check_signature, load_public
from wirewitness.bundle.tables import check_tables
from wirewitness.bundle.timestamp import Stamped, check_timestamp
from wirewitness.case import audit, no_progress
from wirewitness.model.decoding import Decoder, Progress
from wirewitness.model.errors import InputError


@dataclass(frozen=True)
class Rerun:
    """The audit once more: how many findings the bundle holds, and what did not come out the same."""

    findings: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What holds of a bundle. `signer` is the key's fingerprint; `known` whether it is the expected one.

    `shown` of `committed` findings are in it: all in a sealed bundle, the chosen ones in a redacted one.
    `rows` are rows of tables: all, or the chosen ones.
    `seal` is the sealed bundle's, also for a redacted one.
    """

    path: Path
    sort: str
    seal: str
    files: int
    bytes: int
    info: dict[str, str]
    signer: str | None
    known: bool
    stamped: Stamped | None
    shown: int
    committed: int
    rows: int
    rerun: Rerun | None


def verify_bundle(
    path: Path,
    *,
    signer: Path | None = None,
    authority: Path | None = None,
    rerun: bool = True,
    work: Path | None = None,
    decoder: Decoder | None = None,
    progress: Progress = no_progress,
) -> Verified:
    """Check a sealed or redacted bundle. `work` is where it may unpack (else the temporary folder)."""
    progress("verify", 0, 0)
    with ExitStack() as stack:
        opened = open_bundle(path, stack)
        sort = bag.read_info(opened.bytes(bag.INFO)).get("Wirewitness-Bundle", "")
        if sort not in {SEALED, REDACTED}:
            raise InputError(path, f"'{bag.INFO}' does not say that this is a bundle of wirewitness")
        prefix = "" if sort == SEALED else f"{PROVENANCE}/"
        tags, info = opened.bytes(prefix + bag.TAGS), opened.bytes(prefix + bag.INFO)
        fields = bag.read_info(info)
        if (
            f"{hashlib.sha256(info).hexdigest()}  {bag.INFO}"
            not in tags.decode("utf-8", "replace").splitlines()
        ):
            raise InputError(path, f"'{prefix}{bag.INFO}' was changed: it is not the one that was sealed")
        fingerprint = _signature(opened, prefix, tags, fields)
        if signer is not None and load_public(signer) != fingerprint:
            raise InputError(path, f"is not signed with the key in {signer}")
        stamped = _timestamp(opened, prefix, tags, fields, authority)
        done: Rerun | None = None
        if sort == SEALED:
            shown = committed = _check_commitments(opened, fields)
            rows = sum(table.rows for table in sealed_tables(opened).values())
            done = _rerun(opened, work, decoder, progress) if rerun else None
        else:
            shown, committed, rows = check_proofs(opened, fields)
        return Verified(
            path,
            sort,
            hashlib.sha256(tags).hexdigest(),
            len(opened.members),
            path.stat().st_size,
            fields,
            fingerprint,
            signer is not None,
            stamped,
            shown,
            committed,
            rows,
            done,
        )


def _signature(opened: Opened, prefix: str, tags: bytes, info: dict[str, str]) -> str | None:
    name = prefix + bag.SIGNATURE
    promised = info.get("Signature", "").removeprefix("ssh-ed25519 ")
    if not promised.startswith("SHA256:"):
        if name in opened.members:
            raise InputError(opened.path, f"'{name}' was added: the bundle says that it is not signed")
        return None
    if name not in opened.members:
        raise InputError(opened.path, f"'{name}' is missing: the bundle says that {promised} signed it")
    signed = check_signature(opened.path, name, opened.bytes(name), tags)
    if signed.fingerprint != promised:
        raise InputError(opened.path, f"'{name}' is of another key than the bundle says")
    return signed.fingerprint


def _timestamp(
    opened: Opened, prefix: str, tags: bytes, info: dict[str, str], authority: Path | None
) -> Stamped | None:
    name = prefix + bag.TIMESTAMP
    if info.get("Timestamp-Authority", "none") == "none":
        if name in opened.members:
            raise InputError(opened.path, f"'{name}' was added: the bundle says that it has no timestamp")
        if authority is not None:
            raise InputError(opened.path, f"has no timestamp that {authority} could confirm")
        return None
    if name not in opened.members:
        raise InputError(opened.path, f"'{name}' is missing: the bundle says that it has a timestamp")
    return check_timestamp(opened.path, name, opened.bytes(name), tags, authority)


def _check_commitments(opened: Opened, info: dict[str, str]) -> int:
    """Whether the root in bag-info.txt is that of the findings; how many they are."""
    secret = secret_of(opened)
    leaves = [
        merkle.leaf(merkle.salt_of(secret, number), one.sort, one.document)
        for number, one in enumerate(committed(sealed_result(opened), sealed_tables(opened)))
    ]
    if merkle.root(leaves).hex() != info.get("Commitment-Root"):
        raise InputError(
            opened.path, f"'{RESULT}/result.json' does not hold the findings that were committed to"
        )
    return len(leaves) - len(sealed_tables(opened))


def _rerun(opened: Opened, work: Path | None, decoder: Decoder | None, progress: Progress) -> Rerun:
    """Unpack the inputs, audit them, compare every finding."""
    document = opened.json(BUNDLE)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(opened.path, f"'{BUNDLE}' is not of format {FORMAT}")
    sealed = sealed_result(opened)
    with tempfile.TemporaryDirectory(prefix="wirewitness-verify-", dir=work) as name:
        folder = Path(name)
        _unpack(opened, folder)
        try:
            given = document["arguments"]

            def place(member: object) -> Path | None:
                return folder / _member(opened, member) if member is not None else None

            captures = [folder / _member(opened, one) for one in given["captures"]]
            keys = [folder / _member(opened, one) for one in given["keys"]]
            case, owner = place(given["case"]), place(given["owner"])
            also = [folder / _member(opened, one) for one in given.get("also", [])]
            phone = [str(address) for address in given["phone"]]
        except (KeyError, TypeError, AttributeError):
            raise InputError(opened.path, f"'{BUNDLE}' does not say how the audit was made") from None
        derived = audit(
            captures,
            folder / "again",
            keys=keys,
            owner=owner,
            case=case,
            phone=phone,
            also=also,
            decoder=decoder,
            progress=progress,
        )
        found = differences(sealed, derived)
        if sealed.versions.wirewitness == __version__:
            found += check_tables(opened, folder, folder / "again", sealed_tables(opened), secret_of(opened))
        else:
            found += (
                f"the bundle was made by wirewitness {sealed.versions.wirewitness}, this is {__version__}",
            )
    return Rerun(len(list(findings_of(sealed))), found)


def _member(opened: Opened, name: object) -> str:
    there = isinstance(name, str) and (name in opened.members or _is_folder(opened, name))
    if not isinstance(name, str) or not there:
        raise InputError(opened.path, f"'{BUNDLE}' names a file that is not in the bundle: {name}")
    return name


def _is_folder(opened: Opened, name: str) -> bool:
    return name.startswith(f"{INPUT}/") and any(one.startswith(f"{name}/") for one in opened.members)


def _unpack(opened: Opened, folder: Path) -> None:
    """Write the inputs and the tables. Their names were checked: none leads out of `folder`."""
    for name, member in opened.members.items():
        if not name.startswith((f"{INPUT}/", f"{RESULT}/tables/")):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for part in member_parts(opened.file, member):
                out.write(part)
