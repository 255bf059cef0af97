"""`verify`: everything that can be checked of a bundle without a network, and the audit once more.

Every refusal is one sentence that names the bundle and the file in it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from wirewitness import __version__
from wirewitness.bundle import bag, merkle
from wirewitness.bundle.archive import Member, member_parts, read_archive
from wirewitness.bundle.collect import INPUT, RESULT, table_digests
from wirewitness.bundle.findings import differences, findings_of
from wirewitness.bundle.seal import BUNDLE, COMMITMENTS, FORMAT, REDACTED, SEALED
from wirewitness.bundle.signature import check_signature, load_public
from wirewitness.bundle.timestamp import Stamped, check_timestamp
from wirewitness.case import audit, no_progress
from wirewitness.model.decoding import Decoder, Progress
from wirewitness.model.errors import InputError
from wirewitness.model.result import Result

FINDINGS = "data/findings.json"
PROVENANCE = "data/sealed"
_SMALL = 1 << 28


@dataclass(frozen=True)
class Rerun:
    """The audit once more: how many findings the bundle holds, and what did not come out the same."""

    findings: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What holds of a bundle. `signer` is the key's fingerprint; `known` whether it is the expected one.

    `shown` of `committed` findings are in it: all in a sealed bundle, the chosen ones in a redacted one.
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
    rerun: Rerun | None


@dataclass(frozen=True)
class Opened:
    """A bundle whose zip and manifests hold, open for reading its members."""

    path: Path
    root: str
    members: dict[str, Member]
    file: BinaryIO

    def bytes(self, name: str) -> bytes:
        """A small member."""
        if name not in self.members:
            raise InputError(self.path, f"'{name}' is missing")
        if self.members[name].size > _SMALL:
            raise InputError(self.path, f"'{name}' is far too large for what it should be")
        return b"".join(member_parts(self.file, self.members[name]))

    def json(self, name: str) -> Any:
        """A member that holds JSON."""
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError):
            raise InputError(self.path, f"'{name}' is not JSON") from None


def open_bundle(path: Path, stack: ExitStack) -> Opened:
    """Check zip and manifests and keep the file open for as long as `stack` stands."""
    try:
        file = stack.enter_context(path.open("rb"))
        members = read_archive(path, file)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    root = members[0].name.partition("/")[0]
    for member in members:
        if not member.name.startswith(f"{root}/"):
            raise InputError(path, f"'{member.name}' was added: it lies outside of '{root}/'")
    opened = Opened(path, root, {one.name.removeprefix(f"{root}/"): one for one in members}, file)
    texts = {
        name: opened.bytes(name)
        for name in (bag.BAGIT, bag.INFO, bag.MANIFEST, bag.TAGS)
        if name in opened.members
    }
    bag.check_bag(path, root, members, texts)
    return opened


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
            done = _rerun(opened, work, decoder, progress) if rerun else None
        else:
            shown, committed = _check_proofs(opened, fields)
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
            done,
        )


def sealed_result(opened: Opened) -> Result:
    """The result in a sealed bundle."""
    name = f"{RESULT}/result.json"
    return Result.from_text(opened.bytes(name).decode("utf-8", "replace"), f"{opened.path}: {name}")


def secret_of(opened: Opened) -> bytes:
    """What the salts of a sealed bundle's commitments come from."""
    try:
        return bytes.fromhex(opened.json(COMMITMENTS)["secret"])
    except (KeyError, TypeError, ValueError):
        raise InputError(opened.path, f"'{COMMITMENTS}' is not what a bundle holds") from None


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
        for number, one in enumerate(findings_of(sealed_result(opened)))
    ]
    if merkle.root(leaves).hex() != info.get("Commitment-Root"):
        raise InputError(
            opened.path, f"'{RESULT}/result.json' does not hold the findings that were committed to"
        )
    return len(leaves)


def _check_proofs(opened: Opened, info: dict[str, str]) -> tuple[int, int]:
    """How many findings a redacted copy opens, of how many that the sealed one committed to."""
    document = opened.json(FINDINGS)
    try:
        count = int(info["Commitment-Count"])
        proofs = [
            merkle.Proof(
                str(one["sort"]),
                int(one["index"]),
                count,
                bytes.fromhex(one["salt"]),
                one["document"],
                tuple(bytes.fromhex(text) for text in one["path"]),
            )
            for one in document["findings"]
        ]
    except (KeyError, TypeError, ValueError):
        raise InputError(opened.path, f"'{FINDINGS}' is not what a redacted bundle holds") from None
    for proof in proofs:
        found = merkle.opens_to(proof)
        if found is None or found.hex() != info.get("Commitment-Root"):
            raise InputError(
                opened.path, f"'{FINDINGS}': finding {proof.index} does not belong to the sealed bundle"
            )
    return len(proofs), count


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
            phone = [str(address) for address in given["phone"]]
            tables = document["tables"]
        except (KeyError, TypeError):
            raise InputError(opened.path, f"'{BUNDLE}' does not say how the audit was made") from None
        derived = audit(
            captures,
            folder / "again",
            keys=keys,
            owner=owner,
            case=case,
            phone=phone,
            decoder=decoder,
            progress=progress,
        )
        found = differences(sealed, derived)
        if sealed.versions.wirewitness == __version__:
            again = table_digests(folder / "again")
            found += tuple(
                f"table {name}: not the same rows" for name in again if again[name] != tables.get(name)
            )
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
    """Write the inputs. Their names were checked: none leads out of `folder`."""
    for name, member in opened.members.items():
        if not name.startswith(f"{INPUT}/"):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for part in member_parts(opened.file, member):
                out.write(part)
