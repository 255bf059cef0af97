"""`redact`: a copy of a sealed bundle that shows chosen findings and proves that they belong to it.

It holds the chosen findings with their salts and the hashes beside their way to the root; the sealed bundle's
bag-info.txt (which names the root), tag manifest, signature and timestamp. No capture, key, fact or other
finding or row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from wirewitness import __version__
from wirewitness.bundle import bag, merkle
from wirewitness.bundle.findings import TABLE, Finding, committed
from wirewitness.bundle.opened import (
    FINDINGS,
    PROVENANCE,
    Opened,
    open_bundle,
    sealed_result,
    sealed_tables,
    secret_of,
)
from wirewitness.bundle.rows import nth_row, row_salt, row_tree
from wirewitness.bundle.seal import REDACTED, SEALED, Sealed, write_bag
from wirewitness.bundle.tables import sealed_table
from wirewitness.model.custody import Custody
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.json_text import json_text

FORMAT = "wirewitness-redacted/1"


def redact_bundle(
    path: Path,
    output: Path,
    *,
    keep: Sequence[str],
    custody: Custody,
    rows: Sequence[tuple[str, int]] = (),
) -> Sealed:
    """Write the copy. `keep` names findings: a claim's id, an exposure's id or its beginning.

    `rows` names rows of tables, each by its table and its place, counted from 1.
    """
    if not keep and not rows:
        raise ArgumentError("nothing to show: name a finding with --keep, or a row of a table with --row")
    with ExitStack() as stack:
        opened = open_bundle(path, stack)
        if bag.read_info(opened.bytes(bag.INFO)).get("Wirewitness-Bundle") != SEALED:
            raise InputError(path, "is not a sealed bundle, so nothing can be left out of it")
        secret = secret_of(opened)
        origin = hashlib.sha256(opened.bytes(bag.TAGS)).hexdigest()
        tables = sealed_tables(opened)
        findings = committed(sealed_result(opened), tables)
        leaves = [
            merkle.leaf(merkle.salt_of(secret, number), one.sort, one.document)
            for number, one in enumerate(findings)
        ]
        chosen = {number for name in keep for number in _chosen(findings, name)}
        chosen |= {_table(findings, name) for name, _ in rows}
        shown_rows = [
            one
            for name in dict.fromkeys(table for table, _ in rows)
            for one in _rows(opened, secret, name, rows)
        ]
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
            for number in sorted(chosen)
        ],
        "rows": shown_rows,
    }
    kept = sum(findings[number].sort != TABLE for number in chosen)
    members[FINDINGS] = json_text(document).encode()
    fields = [
        ("Wirewitness-Bundle", REDACTED),
        ("Bagging-Date", custody.time.text[:10]),
        ("Bag-Software-Agent", f"wirewitness {__version__}"),
        ("Contact-Name", custody.by or "not stated"),
        ("External-Description", f"{kept} of {len(findings) - len(tables)} findings of a sealed bundle"),
    ]
    done = write_bag(output, members, fields, key=None, stamp=None, findings=kept)
    return replace(done, origin=origin)


def _rows(
    opened: Opened, secret: bytes, table: str, rows: Sequence[tuple[str, int]]
) -> Iterator[dict[str, object]]:
    """The rows wanted of one table, with their ways to its root."""
    with sealed_table(opened, table) as file:
        tree = row_tree(secret, table, file)
        if tree.root.hex() != sealed_tables(opened)[table].root:
            raise InputError(opened.path, f"table '{table}' does not hold the rows that were committed to")
        for number in sorted({number for name, number in rows if name == table}):
            row = nth_row(file, number)
            if row is None:
                raise ArgumentError(f"--row {table}:{number}: the table has {tree.rows} rows, the first is 1")
            salt = row_salt(secret, table, row)
            place = tree.place(merkle.leaf(salt, table, row))
            path = [beside.hex() for beside in tree.path(place)]
            yield {"table": table, "index": place, "salt": salt.hex(), "path": path, "document": row}


def _table(findings: Sequence[Finding], name: str) -> int:
    """The place of a table among what was committed to."""
    places = {one.name: number for number, one in enumerate(findings) if one.sort == TABLE}
    if name not in places:
        raise ArgumentError(f"--row {name}: there is no such table; there are {', '.join(places)}")
    return places[name]


def _chosen(findings: Sequence[Finding], name: str) -> list[int]:
    """The findings that a name means: those of that name, else the exposures whose id alone begins so."""
    exact = [number for number, one in enumerate(findings) if one.name == name and one.sort != TABLE]
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
