"""Real web requests that carried one known person's e-mail or user name: all found, in the right encoding.

Another person's facts are found in none of them. Nothing of the requests stands here. What is missed is the digest
of a first name that the corpus does not tell.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest

from wirewitness import decode
from wirewitness.find.base64_forms import inside_base64
from wirewitness.find.needles import watch_for
from wirewitness.model.decoding import CaptureInfo, DecodeRequest
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.telling import FlowEnd, SourceInfo, Told, ToldFlow, ToldMessage

LEAST = 0.995
PERSON = Owner(
    (
        Fact("mail", DataKind.EMAIL, ("sonoroustada@protonmail.com",)),
        Fact("mail-1", DataKind.EMAIL, ("sonoroustada1@protonmail.com",)),
        Fact("user", DataKind.ACCOUNT, ("sonoroustada",)),
        Fact("user-1", DataKind.ACCOUNT, ("sonoroustada1",)),
    ),
    None,
)
ANOTHER = Owner(
    (
        Fact("mail", DataKind.EMAIL, ("resoundingharp@protonmail.com",)),
        Fact("user", DataKind.ACCOUNT, ("resoundingharp",)),
    ),
    None,
)
PHONE = "10.0.0.2"


@dataclass(frozen=True)
class Rows:
    """The requests of the table as an importer would tell them; `%` is doubled there by its writer."""

    path: Path
    rows: list[dict[str, str]]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def info(self) -> SourceInfo:
        size = self.path.stat().st_size
        return SourceInfo(self.path, "har", self.sha256, size, len(self.rows), None, None, ())

    def tell(self) -> Iterator[Told]:
        for number, row in enumerate(self.rows):
            text = {name: value.replace("%%", "%") for name, value in row.items()}
            url = urlsplit(text["url"])
            target = url.path + ("?" + url.query if url.query else "")
            headers = [("Host", (url.hostname or "").encode())]
            headers += [(n.title(), text[n].encode()) for n in ("referer", "cookie") if text[n]]
            yield ToldFlow(
                number, f"row#{number}", 1, 2, host=url.hostname or "", client=PHONE, server="192.0.2.1"
            )
            yield ToldMessage(
                number,
                0,
                from_client=True,
                time_ns=1,
                end_ns=2,
                protocol="http/1.1",
                scheme="https",
                host=url.hostname or "",
                method=row["http_method"],
                target=target.encode(),
                headers=tuple(headers),
                body=text["payload_body"].encode(),
            )
            yield FlowEnd(number)


@pytest.fixture(scope="session")
def rows(corpus: Path) -> Rows:
    path = corpus / "pii-leakage" / "development_half.csv"
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        return Rows(path, list(csv.DictReader(file)))


def hits(rows: Rows, owner: Owner, into: Path) -> dict[int, list[tuple[str, set[str], str]]]:
    """For each row, what was found: fact, codecs on the way, digest."""
    watch = watch_for(owner)
    info = CaptureInfo(
        rows.path, rows.sha256, len(rows.rows), 0, None, None, None, secrets=False, source=rows
    )
    request = DecodeRequest(captures=(info,), needles=watch.needles, phone_addresses=(PHONE,))
    decode.decode_captures(request, into, lambda *_: None)
    fact_of = watch.needles.fact_of()
    texts = [value.encode() for fact in owner.facts for value in fact.values]
    encoded = {form.data for text in texts for form in inside_base64(0, text)}
    found: dict[int, list[tuple[str, set[str], str]]] = {}
    for hit in pq.read_table(into / "hit.parquet").to_pylist():
        if hit["detector"] or hit["needle"] in watch.short:
            continue
        fact = watch.facts[fact_of[hit["needle"]]]
        if fact.masked:
            continue
        codecs = {part.split('"')[0] for part in hit["steps"].split('"codec":"')[1:]}
        if hit["needle"] < len(watch.needles.plain) and watch.needles.plain[hit["needle"]].data in encoded:
            codecs.add("base64")
        number = int(hit["flow"].partition("#")[2].partition("#")[0])
        found.setdefault(number, []).append((fact.id, codecs, hit["digest"]))
    return found


def agrees(encoding: str, seen: list[tuple[str, set[str], str]]) -> bool:
    """Whether everything that the label names was found: `md5_sha256` names two, `sha256ofmd5` one."""
    digests = {digest for _, _, digest in seen if digest}
    plain = [codecs for _, codecs, digest in seen if not digest]
    for part in encoding.split("_"):
        if part == "plaintext":
            right = any("base64" not in codecs for codecs in plain)
        elif part == "base64":
            right = any("base64" in codecs for codecs in plain)
        else:
            right = part.removeprefix("base64of").partition("of")[0] in digests
        if not right:
            return False
    return True


def test_the_right_fact_is_found_in_the_right_encoding(rows: Rows, tmp_path: Path) -> None:
    found = hits(rows, PERSON, tmp_path / "tables")
    missed = [
        (number, row["encoding_form"], row["leakage_method"], row["pii_type"], found.get(number, []))
        for number, row in enumerate(rows.rows)
        if not agrees(row["encoding_form"], found.get(number, []))
    ]
    share = 1 - len(missed) / len(rows.rows)
    assert share >= LEAST, f"{share:.4f}; missed: {missed}"


def test_another_persons_facts_are_in_none_of_them(rows: Rows, tmp_path: Path) -> None:
    assert hits(rows, ANOTHER, tmp_path / "tables") == {}
