"""`seal`: a case folder becomes one file that nobody can change unnoticed.

Time, randomness and the way to a timestamp authority are passed in.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wirewitness import __version__
from wirewitness.bundle import bag, merkle
from wirewitness.bundle.archive import Member, measure, write_archive, wrong_name
from wirewitness.bundle.collect import INPUT, collect_case, table_file
from wirewitness.bundle.findings import TableRoot, committed
from wirewitness.bundle.rows import row_tree
from wirewitness.bundle.signature import fingerprint_of, sign
from wirewitness.bundle.timestamp import check_timestamp
from wirewitness.model.custody import Custody, Intake
from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.json_form import to_json
from wirewitness.model.json_text import json_text
from wirewitness.model.result import Result

FORMAT = "wirewitness-bundle/1"
SEALED, REDACTED = "sealed", "redacted"
BUNDLE = "data/bundle.json"
COMMITMENTS = "data/commitments.json"
_PRIVATE_KEY = re.compile(rb"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----")
_HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Stamp:
    """A timestamp authority: its name, and the way to it (request in, response out)."""

    authority: str
    ask: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Sealed:
    """What was written. `seal` is the SHA-256 of the tag manifest: note it down elsewhere."""

    path: Path
    seal: str
    files: int
    bytes: int
    findings: int
    fingerprint: str | None
    private_keys: tuple[str, ...] = ()
    """Members that hold a private key: whoever has the bundle has it."""
    origin: str | None = None
    """Of a redacted copy: the seal of the bundle that it comes from."""


def seal_case(
    folder: Path,
    output: Path,
    *,
    custody: Custody,
    secret: bytes,
    attachments: Sequence[Path] = (),
    key: Ed25519PrivateKey | None = None,
    stamp: Stamp | None = None,
) -> Sealed:
    """Write the bundle of a case folder; `secret` are 32 random bytes for the commitments."""
    if len(secret) != merkle.SALT_BYTES:
        raise ArgumentError(f"the secret of a bundle should have {merkle.SALT_BYTES} bytes")
    found = collect_case(folder, attachments)
    result = Result.from_text((folder / "result.json").read_text("utf-8"), folder / "result.json")
    tables = table_roots(secret, folder)
    leaves = [
        merkle.leaf(merkle.salt_of(secret, number), one.sort, one.document)
        for number, one in enumerate(committed(result, tables))
    ]
    root = merkle.root(leaves).hex()
    members = dict(found.members)
    members[COMMITMENTS] = json_text({"root": root, "count": len(leaves), "secret": secret.hex()}).encode()
    members[BUNDLE] = json_text(
        {
            "format": FORMAT,
            "wirewitness": __version__,
            "schema": result.versions.schema,
            "databases": to_json(result.versions.databases),
            "arguments": found.arguments(),
            "captures": [
                _capture(file.sha256, file.bytes, found.intake) for c in result.captures for file in c.files
            ],
            "tables": to_json(tables),
        }
    ).encode()
    private_keys = _private_keys(members)
    fields = [
        ("Wirewitness-Bundle", SEALED),
        ("Bagging-Date", custody.time.text[:10]),
        ("Sealed-At", custody.time.text),
        ("Bag-Software-Agent", f"wirewitness {__version__}"),
        ("Contact-Name", custody.by or "not stated"),
        ("Sealed-Where", custody.where or "not stated"),
        *_received(found.intake),
        ("External-Description", result.title or "a case without a title"),
        ("Commitment-Root", root),
        ("Commitment-Count", str(len(leaves))),
        ("Commitment-Tables", str(len(tables))),
        ("Signature", f"ssh-ed25519 {fingerprint_of(key)}" if key else "none: this bundle is not signed"),
        ("Timestamp-Authority", stamp.authority if stamp else "none"),
        *(("Holds-Private-Key", name) for name in private_keys),
    ]
    done = write_bag(output, members, fields, key=key, stamp=stamp, findings=len(leaves) - len(tables))
    return replace(done, private_keys=private_keys)


def _private_keys(members: dict[str, Path | bytes]) -> tuple[str, ...]:
    """The inputs that hold a private key, by name: whoever is handed the bundle must know."""
    files = [(name, source) for name, source in members.items() if isinstance(source, Path)]
    return tuple(
        name for name, source in files if name.startswith(INPUT) and _PRIVATE_KEY.search(_head(source))
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def table_roots(secret: bytes, folder: Path) -> dict[str, TableRoot]:
    """The roots of the tables in a case folder."""
    roots = {}
    for name in TABLES:
        with (folder / table_file(name)).open("rb") as file:
            tree = row_tree(secret, name, file)
        roots[name] = TableRoot(tree.rows, tree.root.hex())
    return roots


def _capture(sha256: str, size: int, intake: Intake | None) -> dict[str, object]:
    """A capture in bundle.json: its hash, and who took it in, where and when, if that was kept."""
    taken = next((one for one in (intake.captures if intake else ()) if one.sha256 == sha256), None)
    received = {"at": taken.time.text, "by": taken.by, "where": taken.where} if taken else None
    return {"sha256": sha256, "bytes": size, "received": received}


def _received(intake: Intake | None) -> list[tuple[str, str]]:
    """For bag-info.txt: when, by whom and where the captures came in; each different answer once."""
    captures = intake.captures if intake else ()

    def each(answers: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(one for one in answers if one)) or "not stated"

    return [
        ("Captures-Received-At", each(sorted(one.time.text for one in captures))),
        ("Captures-Received-By", each(one.by for one in captures)),
        ("Captures-Received-Where", each(one.where for one in captures)),
    ]


def write_bag(
    output: Path,
    members: dict[str, Path | bytes],
    fields: Iterable[tuple[str, str]],
    *,
    key: Ed25519PrivateKey | None,
    stamp: Stamp | None,
    findings: int,
) -> Sealed:
    """Write payload, manifests, signature and timestamp as a canonical zip; whole or not at all."""
    root = output.name.removesuffix(".zip")
    if wrong_name(root) or "/" in root:
        raise ArgumentError(
            f"'{output.name}' is no name for a bundle; give another with -o, such as case.zip"
        )
    measured = {f"{root}/{name}": measure(f"{root}/{name}", source) for name, source in members.items()}
    whole = dict(members)
    whole[bag.BAGIT] = bag.DECLARATION
    whole[bag.MANIFEST] = bag.render_manifest({name: measured[f"{root}/{name}"].sha256 for name in members})
    whole[bag.INFO] = bag.render_info(fields)
    listed = (bag.BAGIT, bag.MANIFEST, bag.INFO)
    tags = bag.render_manifest({name: measure(name, whole[name]).sha256 for name in listed})
    whole[bag.TAGS] = tags
    if key is not None:
        whole[bag.SIGNATURE] = sign(key, tags)
    if stamp is not None:
        whole[bag.TIMESTAMP] = stamp.ask(tags)
        check_timestamp(output, bag.TIMESTAMP, _bytes(whole[bag.TIMESTAMP]), tags)
    size = _write(output, {f"{root}/{name}": source for name, source in whole.items()}, measured)
    return Sealed(
        output,
        hashlib.sha256(tags).hexdigest(),
        len(whole),
        size,
        findings,
        fingerprint_of(key) if key else None,
    )


def _write(output: Path, members: dict[str, Path | bytes], measured: dict[str, Member]) -> int:
    if output.exists():
        raise ArgumentError(f"{output} exists already; give another name with -o")
    part: Path | None = None
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=".part", dir=output.parent)
        part = Path(name)
        with os.fdopen(number, "wb") as file:
            write_archive(file, members, measured)
            file.flush()
            os.fsync(file.fileno())
        part.rename(output)
    except OSError as error:
        raise InputError(output, f"cannot be written: {error.strerror or error}; nothing was kept") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return output.stat().st_size


def _bytes(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()
