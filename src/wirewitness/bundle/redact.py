"""`redact`: a copy of a sealed bundle that shows chosen findings and proves that they belong to it.

It holds the chosen findings with their salts and the hashes beside their way to the root; the sealed bundle's
bag-info.txt (which names the root), tag manifest, signature and timestamp. No capture, key, fact or other
finding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from wirewitness import __version__
from wirewitness.bundle import bag, merkle
from wirewitness.bundle.findings import Finding, findings_of
from wirewitness.bundle.seal import REDACTED, SEALED, Sealed, write_bag
from wirewitness.bundle.verify import FINDINGS, PROVENANCE, open_bundle, sealed_result, secret_of
from wirewitness.model.custody import Custody
from wirewitness.model.errors import ArgumentError, InputError

FORMAT = "wirewitness-redacted/1"


def redact_bundle(path: Path, output: Path, *, keep: Sequence[str], custody: Custody) -> Sealed:
    """Write the copy. `keep` names findings: a claim's id, an exposure's id or its beginning."""
    with ExitStack() as stack:
        opened = open_bundle(path, stack)
        if bag.read_info(opened.bytes(bag.INFO)).get("Wirewitness-Bundle") != SEALED:
            raise InputError(path, "is not a sealed bundle, so nothing can be left out of it")
        secret = secret_of(opened)
        findings = list(findings_of(sealed_result(opened)))
        leaves = [
            merkle.leaf(merkle.salt_of(secret, number), one.sort, one.document)
            for number, one in enumerate(findings)
        ]
        chosen = sorted({number for name in keep for number in _chosen(findings, name)})
        members: dict[str, Path | bytes] = {
            f"{PROVENANCE}/{name}": opened.bytes(name)
            for name in (bag.INFO, bag.TAGS, bag.SIGNATURE, bag.TIMESTAMP)
            if name in opened.members
        }
    document = {
        "format": FORMAT,
        "findings": [
            {
                "sort": findings[number].sort,
                "index": number,
                "salt": merkle.salt_of(secret, number).hex(),
                "path": [beside.hex() for beside in merkle.path_of(leaves, number)],
                "document": findings[number].document,
            }
            for number in chosen
        ],
    }
    members[FINDINGS] = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    fields = [
        ("Wirewitness-Bundle", REDACTED),
        ("Bagging-Date", custody.time.text[:10]),
        ("Bag-Software-Agent", f"wirewitness {__version__}"),
        ("Contact-Name", custody.by or "not stated"),
        ("External-Description", f"{len(chosen)} of {len(findings)} findings of a sealed bundle"),
    ]
    return write_bag(output, members, fields, key=None, stamp=None, findings=len(chosen))


def _chosen(findings: Sequence[Finding], name: str) -> list[int]:
    """The findings that a name means: those of that name, else the exposures whose id alone begins so."""
    exact = [number for number, one in enumerate(findings) if one.name == name]
    if exact:
        return exact
    begin = [
        number
        for number, one in enumerate(findings)
        if one.sort in {"exposures", "answers"} and one.name.startswith(name)
    ]
    if len(begin) != 1:
        why = (
            f"{len(begin)} exposures begin so"
            if begin
            else "no claim, exposure, control or rhythm is called so"
        )
        raise ArgumentError(f"--keep {name}: {why}")
    return begin
