"""Exposures and answers: the core's hits, made into findings that name a fact, a message and a byte range.

A finding is one per fact, message and leaf. A short form counts only under a name that says what it is; a
detector is dropped where the same message shows a value of that kind; a masked value is kept apart. Of many
alike (same fact, host and situation) the first twenty are made into objects; how many there were is said.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wirewitness.find.chance import REFUSED_FROM, ByChance, weigh_findings
from wirewitness.find.lookups import AddressBook
from wirewitness.find.needles import Watch
from wirewitness.find.private_hosts import shown_host
from wirewitness.find.rule_files import load_rules
from wirewitness.find.tables import Cell, Tables
from wirewitness.model.exposure import ConsentStatus, Exposure, Step
from wirewitness.model.instant import Instant
from wirewitness.model.kind import DataKind
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark

MOST_ALIKE = 20
LEAST_PIXELS = 96
_CONTEXT: dict[str, tuple[str, ...]] = {
    "identifier.name": ("name", "user", "owner", "nick"),
    "identifier.phone_number": ("phone", "mobile", "msisdn", "number", "tel"),
    "identifier.account": ("account", "user", "login", "uid", "name"),
    "identifier.serial": ("serial", "sn"),
    "contact": ("phone", "mobile", "number", "contact", "tel", "mail"),
    "call_log": ("phone", "mobile", "number", "call", "tel"),
    "sms.body": ("sms", "body", "text", "message", "content", "msg"),
    "network.ssid": ("ssid", "wifi", "wlan", "network"),
    "location": ("lat", "lon", "lng", "latitude", "longitude", "pos", "coord", "geo", "gps", "loc", "point"),
    "app_list": ("app", "package", "pkg"),
    "preference": ("pref", "interest", "like", "topic", "categor"),
}


_HASHED = (
    "id",
    "uid",
    "udid",
    "uuid",
    "device",
    "ident",
    "hash",
    "digest",
    "crc",
    "murmur",
    "fingerprint",
    "fp",
)
"""Names of a field that holds an identifier or a hash."""

_WITH_ENDS = (DataKind.SMS_BODY, DataKind.SMS_METADATA, DataKind.CONTACT, DataKind.CALL_LOG)
"""Kinds that come with numbers of others: beside such a fact a number by its form is part of it."""


@dataclass(frozen=True)
class Found:
    """What was seen going up and coming down, in time order, and what a reader must know of it."""

    exposures: tuple[Exposure, ...]
    answers: tuple[Exposure, ...]
    notes: tuple[Remark, ...]


_OWN_NAME = r"""
CREATE OR REPLACE MACRO own_name(place, steps) AS lower(CASE WHEN regexp_matches(steps, '"path":"[^"]')
  THEN regexp_extract(steps, '([^/":]*)(?:/[0-9]+)*"\}(?:,\{[^{}]*"path":""\})*\]$', 1) ELSE place END)
"""
"""The name of the field itself, without those around it: the last path's last word, or the place's."""

_HITS = """
CREATE OR REPLACE TABLE seen AS
WITH hits AS (
  SELECT h.*, n.fact, n.kind, n.masked, n.evidence, n.rule, n.anywhere, f.address, f.host AS flow_host,
    n.weighed, n.weak,
    n.words <> '' AND NOT regexp_matches(CASE WHEN n.weak THEN own_name(h.place, h.steps)
      ELSE lower(h.place || ' ' || h.steps) END, n.words) AS lone
  FROM hit h JOIN needle n ON n.number = h.needle AND n.detector = h.detector AND n.up = h.up
  JOIN phone_flow f ON f.capture = h.capture AND f.id = h.flow
  WHERE n.hosts = '' OR regexp_matches(f.host, n.hosts)),
together AS (
  SELECT capture, flow, stream, number, from_client FROM hits WHERE weak GROUP BY ALL
  HAVING count(DISTINCT fact) > 1 AND count(DISTINCT (place, steps, start)) > 1),
known AS (
  SELECT h.*, lone AND NOT (weak AND t.flow IS NOT NULL) AS adrift
  FROM hits h LEFT JOIN together t USING (capture, flow, stream, number, from_client)),
valued AS (
  SELECT DISTINCT capture, flow, stream, number, from_client, kind FROM known
  WHERE NOT detector AND NOT adrift)
SELECT o.capture, o.flow, o.stream, o.number, o.from_client, o.up, o.time_ns, o.place, o.steps, o.start,
  o."end",  o.digest, o.fact, o.kind, o.masked, o.evidence, o.rule, o.address, o.flow_host, o.adrift,
  '' AS looked, o.weighed
FROM known o LEFT JOIN valued v USING (capture, flow, stream, number, from_client, kind)
WHERE (NOT o.detector OR o.evidence OR v.kind IS NULL)
  AND NOT (o.anywhere AND EXISTS (
    SELECT 1 FROM valued w WHERE w.capture = o.capture AND w.flow = o.flow AND w.stream = o.stream
    AND w.number = o.number AND w.from_client = o.from_client AND w.kind IN (SELECT kind FROM with_ends)))
"""

_FILES = (DataKind.PHOTO.value, DataKind.VIDEO.value, DataKind.AUDIO.value)
_FILMS = ("mp4", "mov", "3gp", "mkv", "webm", "avi")
_SOUNDS = ("wav", "flac", "opus", "ogg", "amr", "aac", "mp3", "m4a", "mka", "weba")
_KIND_OF_FORMAT = (
    f"CASE WHEN m.format IN {_FILMS} THEN 'video' WHEN m.format IN {_SOUNDS} THEN 'audio' ELSE 'photo' END"
)

_MEDIA = f"""
INSERT INTO seen
SELECT m.capture, m.flow, m.stream, m.number, m.from_client, m.up, m.time_ns, m.place, m.steps, m.start,
  m."end", '' AS digest, p.fact, coalesce(p.kind, {_KIND_OF_FORMAT}) AS kind,
  false AS masked,
  p.fact IS NOT NULL AS evidence,
  CASE WHEN p.fact IS NOT NULL THEN '' WHEN m.width = 0 AND m.height = 0 THEN m.format
    ELSE m.format || ' ' || m.width || 'x' || m.height END AS rule,
  f.address, f.host, false AS adrift, CASE WHEN p.fact IS NULL THEN m.looked ELSE '' END AS looked,
  false AS weighed
FROM media m JOIN phone_flow f ON f.capture = m.capture AND f.id = m.flow
LEFT JOIN photo p ON p.sha256 = m.sha256
WHERE m.up AND (p.fact IS NOT NULL OR m.width = 0 OR least(m.width, m.height) >= {LEAST_PIXELS})
AND NOT EXISTS (
  SELECT 1 FROM seen s WHERE s.kind IN {_FILES} AND s.capture = m.capture AND s.flow = m.flow
  AND s.stream = m.stream AND s.number = m.number AND s.from_client = m.from_client AND s.place = m.place
  AND s.steps = m.steps AND s.start < m."end" AND m.start < s."end")
"""  # noqa: S608 - numbers of ours

_CHOSEN = f"""
CREATE OR REPLACE TABLE chosen AS
WITH told AS (
  SELECT s.*, c.situation, CASE WHEN s.weighed THEN h.p ELSE 0 END AS chance
  FROM seen s ASOF JOIN slice c ON s.time_ns >= c.from_ns
  LEFT JOIN chance h ON h.kind = s.kind AND h.flow_host = s.flow_host
  WHERE NOT s.adrift AND NOT (s.weighed AND h.p >= {REFUSED_FROM})),
first AS (
  SELECT min({{'time_ns': time_ns, 'capture': capture, 'flow': flow, 'stream': stream, 'number': number,
    'from_client': from_client, 'place': place, 'steps': steps, 'start': start, 'end': "end",
    'digest': digest, 'masked': masked, 'evidence': evidence, 'address': address, 'chance': chance}},
    {MOST_ALIKE}) AS alike,
    up, fact, kind, rule, looked, flow_host
  FROM told GROUP BY up, fact, kind, rule, looked, flow_host, situation)
SELECT unnest(one), up, fact, kind, rule, looked, flow_host FROM (
  SELECT unnest(alike) AS one, up, fact, kind, rule, looked, flow_host FROM first)
"""  # noqa: S608 - numbers of ours

# The message's own host header names the recipient better than the flow's first one.
_ROWS = """
WITH named AS (
  SELECT DISTINCT m.capture, m.flow, m.stream, m.number, m.from_client,
    coalesce(s.shown, lower(m.host)) AS host
  FROM message m
  JOIN chosen c ON m.capture = c.capture AND m.flow = c.flow AND m.stream = c.stream AND m.number = c.number
    AND m.from_client = c.from_client
  LEFT JOIN host_shown s ON s.host = lower(m.host) WHERE m.host <> '')
SELECT up, c.capture, c.flow, c.stream, c.number, c.from_client, time_ns, place, steps, start, "end", digest,
  fact, kind, masked, evidence, rule, looked, address, coalesce(n.host, c.flow_host), chance
FROM chosen c LEFT JOIN named n ON n.capture = c.capture AND n.flow = c.flow AND n.stream = c.stream
  AND n.number = c.number AND n.from_client = c.from_client
ORDER BY time_ns, c.capture, c.flow, c.stream, c.number, c.from_client, place, steps, start, kind, fact, rule
"""


# How personal a report of use is depends on whether it tells how much or what and when.
_USES = """
SELECT g.grain, coalesce(nullif(s.flow_host, ''), s.address) AS host,
  count(DISTINCT (s.capture, s.flow, s.stream, s.number, s.from_client))
FROM seen s JOIN grain g ON g.kind = s.kind AND g.rule = s.rule
WHERE s.up AND NOT s.adrift GROUP BY ALL ORDER BY ALL
"""
_GRAINS = {"aggregate": Note.USAGE_TOTALS, "events": Note.USAGE_EVENTS}


def find_exposures(tables: Tables, watch: Watch, captures: Sequence[str], book: AddressBook) -> Found:
    """`captures` are SHA-256 by index. Needs `phone_flow`, `host_shown`, `slice`."""
    _put_needles(tables, watch)
    tables.run(_OWN_NAME)
    tables.run(_HITS)
    tables.run(_MEDIA)
    refused = weigh_findings(tables, watch.weighed)
    tables.run(_CHOSEN)
    rows = tables.rows(_ROWS)
    found = [(bool(row[0]), _exposure(row[1:], captures, book, sees_all=watch.sees_all)) for row in rows]
    exposures = tuple(exposure for up, exposure in found if up)
    answers = tuple(exposure for up, exposure in found if not up)
    return Found(exposures, answers, tuple(_notes(tables, refused, len(rows))))


def _put_needles(tables: Tables, watch: Watch) -> None:
    needles = watch.needles
    hit = set(tables.rows("SELECT DISTINCT detector, needle FROM hit"))
    facts = [watch.facts[index] for index in needles.fact_of()]
    rows: list[tuple[Cell, ...]] = [
        (
            number,
            False,
            fact.id,
            fact.kind.value,
            _context(fact.kind, weak=number in watch.weak)
            if number in watch.short or number in watch.weak
            else "",
            fact.masked,
            True,
            "",
            True,
            "",
            False,
            number in watch.chancy,
            number in watch.weak,
        )
        for number, fact in enumerate(facts)
        if (False, number) in hit
    ]
    rows += [
        (
            number,
            True,
            None,
            rule.kind,
            "",
            False,
            rule.evidence,
            rule.name,
            rule.up,
            _domains(rule.hosts),
            rule.keys == ("*",),
            False,
            False,
        )
        for number, rule in enumerate(needles.rules)
        if (True, number) in hit
    ]
    columns = (
        "number INTEGER, detector BOOLEAN, fact TEXT, kind TEXT, words TEXT, masked BOOLEAN, "
        "evidence BOOLEAN, rule TEXT, up BOOLEAN, hosts TEXT, anywhere BOOLEAN, weighed BOOLEAN, weak BOOLEAN"
    )
    tables.fill("needle", columns, rows)
    grains = [(rule.kind, rule.name, rule.grain) for rule in needles.rules if rule.grain]
    tables.fill("grain", "kind TEXT, rule TEXT, grain TEXT", grains)
    tables.fill("with_ends", "kind TEXT", [(kind.value,) for kind in _WITH_ENDS])
    photos = [(watch.facts[form.fact], form.sha256.hex()) for form in needles.files]
    rows = [(fact.id, fact.kind.value, sha256) for fact, sha256 in photos]
    tables.fill("photo", "fact TEXT, kind TEXT, sha256 TEXT", rows)


def _domains(hosts: tuple[str, ...]) -> str:
    """A pattern of hosts in these domains; "" for all."""
    return rf"(^|\.)({'|'.join(map(re.escape, hosts))})$" if hosts else ""


def _context(kind: DataKind, *, weak: bool) -> str:
    """A pattern of the names under which a short value of the kind, or a hash of 32 bits, counts."""
    words = _CONTEXT.get(kind.value) or (kind.value.rpartition(".")[2],)
    if weak:
        words = (*words, *_HASHED)
    # a word of two or three letters must stand alone
    return "|".join(word if len(word) > 3 else rf"(^|[^a-z]){word}([^a-z]|$)" for word in words)


def _exposure(row: Sequence[Cell], captures: Sequence[str], book: AddressBook, *, sees_all: bool) -> Exposure:
    capture, flow, stream, number, from_client, time, place, steps, start, end = row[:10]
    digest, fact, kind, masked, evidence, rule, looked, address, host, chance = row[10:]
    sha256 = captures[int(capture or 0)]
    what = f"{fact}" if fact is not None else f"{kind}/{rule}"
    key = (sha256, flow, stream, number, bool(from_client), place, steps, start, end, what)
    source: Literal["fact", "detector", "media", "stranger"] = "fact" if fact is not None else "detector"
    if fact is None and not evidence and rule and kind in _FILES:
        # Where one of the owner's photos is known by its bytes only, an unknown image may be a copy of it.
        source = "stranger" if looked == "stranger" and sees_all else "media"
    return Exposure(
        id=hashlib.sha256("\0".join(map(str, key)).encode()).hexdigest()[:16],
        fact=None if fact is None else str(fact),
        kind=str(kind),
        masked=bool(masked),
        source=source,
        evidence=bool(evidence),
        time=Instant(time or 0),
        destination=shown_host(str(host)) if place == "name" else str(host),
        address=str(address),
        country=book.country(str(address)),
        flow=str(flow),
        stream=int(stream or 0),
        message=int(number or 0),
        from_client=bool(from_client),
        capture=sha256,
        steps=tuple(
            Step(s["codec"], s["start"], s["end"], s["path"]) for s in json.loads(str(steps) or "[]")
        ),
        digest=str(digest),
        where=str(place),
        range=(int(start or 0), int(end or 0)),
        detail=str(rule),
        chance=_rounded(float(chance or 0)),
        conditions={},
        consent=ConsentStatus("unknown", None),
        confidence=load_rules().confidence(str(rule), str(kind))
        if source == "detector" and not evidence
        else None,
    )


def _rounded(p: float) -> float:
    """Two digits of a probability; one below a millionth is none."""
    return float(f"{p:.2g}") if p >= 1e-6 else 0.0


def _notes(tables: Tables, refused: Sequence[ByChance], chosen: int) -> list[Remark]:
    notes = [
        Remark.of(Note.HITS_WITHOUT_CONTEXT, fact=str(fact), count=int(count or 0))
        for fact, count in tables.rows(
            "SELECT fact, count(*) FROM seen WHERE adrift GROUP BY fact ORDER BY fact"
        )
    ]
    notes += [
        Remark.of(
            Note.FINDINGS_BY_CHANCE,
            kinds=(one.kind,),
            destination=one.host,
            count=one.facts,
            expected=round(one.expected, 3),
        )
        for one in refused
    ]
    notes += [
        Remark.of(_GRAINS[str(grain)], host=str(host), count=int(count or 0))
        for grain, host, count in tables.rows(_USES)
    ]
    (total,) = tables.rows(
        f"SELECT count(*) FROM seen s LEFT JOIN chance h USING (kind, flow_host) "  # noqa: S608 - a number of ours
        f"WHERE NOT adrift AND NOT (weighed AND p >= {REFUSED_FROM})"
    )[0]
    if int(total or 0) > chosen:
        notes.append(Remark.of(Note.FINDINGS_CUT, count=int(total or 0) - chosen))
    return notes
