"""Real web requests that carried one known person's e-mail address: what is found of it, and what is not.

python tools/measure_pii_leakage.py FOLDER      writes docs/method/pii-leakage.md

FOLDER holds development_half.csv of the corpus (815 requests, labelled with encoding and place). Nothing of
the requests is kept: the page has counts only.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq

from wirewitness import decode
from wirewitness.find.base64_forms import inside_base64
from wirewitness.find.needles import watch_for
from wirewitness.model.decoding import CaptureInfo, DecodeRequest
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.telling import FlowEnd, SourceInfo, Told, ToldFlow, ToldMessage

PAGE = Path(__file__).parents[1] / "docs/method/pii-leakage.md"
FILE = "development_half.csv"
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
        """The hash of the table."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def info(self) -> SourceInfo:
        """What the table is as a source."""
        size = self.path.stat().st_size
        return SourceInfo(self.path, "har", self.sha256, size, len(self.rows), None, None, ())

    def tell(self) -> Iterator[Told]:
        """A flow and a request a row."""
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


def read_rows(folder: Path) -> Rows:
    """The table."""
    path = folder / FILE
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        return Rows(path, list(csv.DictReader(file)))


Found = dict[int, list[tuple[str, set[str], str]]]
"""For each row, what was found: fact, codecs on the way, digest."""


def hits(rows: Rows, owner: Owner, into: Path) -> Found:
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
    found: Found = {}
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


def missing(encoding: str, seen: list[tuple[str, set[str], str]]) -> list[str]:
    """What the label names and was not found: `md5_sha256` names two, `sha256ofmd5` one."""
    digests = {digest for _, _, digest in seen if digest}
    plain = [codecs for _, codecs, digest in seen if not digest]
    lacking = []
    for part in encoding.split("_"):
        if part == "plaintext":
            right = any("base64" not in codecs for codecs in plain)
        elif part == "base64":
            right = any("base64" in codecs for codecs in plain)
        else:
            right = part.removeprefix("base64of").partition("of")[0] in digests
        if not right:
            lacking.append(part)
    return lacking


NAMED = "stands under `fn`, a first name as it was typed, which the corpus does not tell"


def why(row: dict[str, str]) -> str:
    """Why something of a row was not found."""
    if "[fn]=" in row["url"]:
        return NAMED
    return "not known"


def render_page(rows: Rows, found: Found, others: Found) -> str:
    """docs/method/pii-leakage.md."""
    lacking = [missing(row["encoding_form"], found.get(n, [])) for n, row in enumerate(rows.rows)]
    right = sum(not one for one in lacking)
    lines = [
        "# Real requests with one person's e-mail address in them",
        "",
        f"Measured on the development half of a published set of web requests ({len(rows.rows)} rows, each",
        "labelled with its encodings and place), which is evaluated here and of which nothing stands here.",
        "Made by `make score PARTS=leakage`. A row counts when the right fact was found in",
        "every encoding that its label names: in clear, in base64, as this digest or that.",
        "",
        f"**{right} of {len(rows.rows)} rows ({100 * right / len(rows.rows):.2f} %).** A plain matcher that",
        "names no encodings reaches 812. With the address and user name of *another* person instead, found",
        f"in the same requests: **{sum(map(len, others.values()))}**.",
        "",
    ]
    for column, title in (("encoding_form", "encoding"), ("leakage_method", "place")):
        lines += [f"| {title} | rows | right |", "|---|--:|--:|"]
        every = Counter(row[column] for row in rows.rows)
        good = Counter(row[column] for row, lack in zip(rows.rows, lacking, strict=True) if not lack)
        lines += [f"| {name} | {count} | {good[name]} |" for name, count in every.most_common()]
        lines += [""]
    lines += ["## What is missed", "", "| labelled | place | not found | why |", "|---|---|---|---|"]
    lines += [
        f"| {row['encoding_form']} | {row['leakage_method']} | {', '.join(lack)} | {why(row)} |"
        for row, lack in zip(rows.rows, lacking, strict=True)
        if lack
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    rows = read_rows(parser.parse_args().folder)
    with tempfile.TemporaryDirectory() as folder:
        found = hits(rows, PERSON, Path(folder) / "own")
        others = hits(rows, ANOTHER, Path(folder) / "another")
    PAGE.write_text(render_page(rows, found, others), encoding="utf-8")


if __name__ == "__main__":
    main()
