"""Facts to needles: which bytes are searched for, which facts are too common to be, and why."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wirewitness.find.rule_files import load_rules
from wirewitness.find.spelling import pieces, spellings
from wirewitness.model.errors import InputError
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.needle import DigestForm, FileForm, Needles, PlainForm
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark

SHORT_BYTES = 8
"""Shorter forms count only as a whole token, under a name that says what they are."""
LEAST_BYTES = 4
LONGEST_CHARACTERS = 2_048
LEAST_DIGITS = 6
CHANCE_DIGITS = 13
"""A number of fewer digits (44 bits) is a whole token: it occurs inside longer numbers by chance."""
UTF16_CHARACTERS = 6
PIECE_BYTES = 32
_DIGESTS = ("md5", "sha1", "sha256")
_NUMBER = re.compile(r"\+?[0-9]+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")


@dataclass(frozen=True)
class Watch:
    """What is looked for in one audit. `facts[i]` belongs to fact number i of the needles.

    `short` are the numbers of needles that count only in context; `searched` the ids of facts that can be
    found.
    """

    facts: tuple[Fact, ...]
    needles: Needles
    short: frozenset[int]
    searched: frozenset[str]
    notes: tuple[Remark, ...]


def watch_for(owner: Owner) -> Watch:
    """Needles for every fact that can be told from chance, for the systems' masks, and the detectors."""
    rules = load_rules()
    facts = (*owner.facts, *rules.masks)
    masks = {spelling for mask in rules.masks for spelling in spellings(mask.kind, mask.values[0], None)}
    plain: list[PlainForm] = []
    stretches: list[PlainForm] = []
    digests: list[DigestForm] = []
    files: list[FileForm] = []
    notes: list[Remark] = []
    searched: set[str] = set()
    for number, fact in enumerate(facts):
        if fact.file is not None:
            form, own_stretches, file_digests = _of_file(number, fact.file)
            files.append(form)
            stretches += own_stretches
            digests += file_digests
            searched.add(fact.id)
            continue
        if not fact.masked and (note := _refusal(fact, masks, rules.common)):
            notes.append(note)
            continue
        before = len(plain)
        for value in fact.values:
            for text in spellings(fact.kind, value, owner.region):
                plain += _plain(number, text)
                digests += _digests(number, text, masked=fact.masked)
                if fact.kind.value.startswith("identifier.") and not fact.masked:
                    digests += _nested(number, text)
                    plain += _cut(number, text)
            if fact.kind is DataKind.SMS_BODY:
                for text in pieces(value):
                    stretches += _plain(number, text)
        searched.add(fact.id)
        if any(len(form.data) < SHORT_BYTES for form in plain[before:]):
            notes.append(Remark.of(Note.FACT_BY_CONTEXT, fact=fact.id))
    plain = list(dict.fromkeys([*plain, *_own(stretches)]))
    notes += _same_values(facts)
    short = frozenset(n for n, form in enumerate(plain) if len(form.data) < SHORT_BYTES)
    needles = Needles(tuple(plain), tuple(dict.fromkeys(digests)), tuple(files), rules.fields)
    return Watch(facts, needles, short, frozenset(searched), tuple(notes))


def _refusal(fact: Fact, masks: set[str], common: frozenset[str]) -> Remark | None:
    """Why a fact is not searched for: no value, a placeholder, a common word, or too short."""
    if not fact.values:
        return Remark.of(Note.CONTACT_WITHOUT_VALUE, fact=fact.id)
    longest = max(fact.values, key=len).strip()
    if longest in masks:
        return Remark.of(Note.FACT_MASK, fact=fact.id)
    if longest.lower() in common:
        return Remark.of(Note.FACT_COMMON, fact=fact.id)
    too_short = len(longest.encode()) < LEAST_BYTES or (longest.isdigit() and len(longest) < LEAST_DIGITS)
    if too_short or len(set(longest)) == 1:
        return Remark.of(Note.FACT_TOO_SHORT, fact=fact.id)
    return None


def _plain(fact: int, text: str) -> Iterator[PlainForm]:
    """UTF-8 always; UTF-16 in both orders where it is long enough to be told from chance.

    A long text is looked for by its beginning, which nobody else writes by chance: forms stay small.
    """
    text = text[:LONGEST_CHARACTERS]
    data = text.encode()
    if len(data) < LEAST_BYTES:
        return
    by_chance = bool(_NUMBER.fullmatch(text)) and len(text) < CHANCE_DIGITS
    by_chance |= bool(_HEX.fullmatch(text)) and len(text) < CHANCE_DIGITS
    whole = len(data) < SHORT_BYTES or by_chance or "@" in text
    yield PlainForm(fact, data, whole)
    if len(text) >= UTF16_CHARACTERS:
        yield PlainForm(fact, text.encode("utf-16-le"), by_chance)
        yield PlainForm(fact, text.encode("utf-16-be"), by_chance)


def _digests(fact: int, text: str, *, masked: bool) -> Iterator[DigestForm]:
    if not masked:
        for algorithm in _DIGESTS:
            digest = hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
            yield DigestForm(fact, algorithm, digest)


def _nested(fact: int, text: str) -> Iterator[DigestForm]:
    """Digests of a digest's hex digits, as in `sha256(md5(x))`: seen in the requests of trackers."""
    for inner in _DIGESTS:
        digits = hashlib.new(inner, text.encode(), usedforsecurity=False).hexdigest()
        for spelt in (digits, digits.upper()):
            for outer in _DIGESTS:
                digest = hashlib.new(outer, spelt.encode(), usedforsecurity=False).digest()
                yield DigestForm(fact, outer, digest)


def _cut(fact: int, text: str) -> Iterator[PlainForm]:
    """Digests cut to 16 characters: hex digits from the front or the middle, base64 (both alphabets)."""
    for algorithm in _DIGESTS:
        raw = hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
        digits = raw.hex()
        cuts = (digits[:16], digits[8:24], digits[:16].upper(), digits[8:24].upper())
        for cut in (*cuts, base64.b64encode(raw)[:16].decode(), base64.urlsafe_b64encode(raw)[:16].decode()):
            yield PlainForm(fact, cut.encode(), whole_token=False)


def _of_file(fact: int, path: Path) -> tuple[FileForm, list[PlainForm], list[DigestForm]]:
    """The whole file by its digests, and three stretches, so that a part or an odd format is found."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    stretches = []
    for quarter in (1, 2, 3):
        at = len(data) * quarter // 4
        stretch = data[at : at + PIECE_BYTES]
        if len(stretch) == PIECE_BYTES and len(set(stretch)) >= PIECE_BYTES // 2:
            stretches.append(PlainForm(fact, stretch, whole_token=False))
    hashes = [
        DigestForm(fact, name, hashlib.new(name, data, usedforsecurity=False).digest()) for name in _DIGESTS
    ]
    return FileForm(fact, hashlib.sha256(data).digest(), len(data)), stretches, hashes


def _own(stretches: list[PlainForm]) -> list[PlainForm]:
    """A stretch that several facts share tells none of them apart."""
    once = dict.fromkeys(stretches)
    owners = Counter(form.data for form in once)
    return [form for form in once if owners[form.data] == 1]


def _same_values(facts: tuple[Fact, ...]) -> list[Remark]:
    by_value: dict[tuple[str, ...], list[str]] = {}
    for fact in facts:
        if fact.values and not fact.masked:
            by_value.setdefault(fact.values, []).append(fact.id)
    return [Remark.of(Note.FACTS_SAME_VALUE, facts=tuple(ids)) for ids in by_value.values() if len(ids) > 1]
