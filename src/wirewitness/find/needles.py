"""Facts to needles: which bytes are searched for, which facts are too common to be, and why."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wirewitness.find.base64_forms import inside_base64
from wirewitness.find.chance import Weight, weigh
from wirewitness.find.digests import COMMON, WEAK, Packing, murmurs, nested, oddly_printed, weak_prints
from wirewitness.find.digests import digests as digests_of
from wirewitness.find.pictures import block_for, picture_of, print_of
from wirewitness.find.rule_files import load_rules
from wirewitness.find.spelling import coordinates, pieces, spellings
from wirewitness.model.errors import Bug, InputError
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.needle import (
    DigestForm,
    FieldRule,
    FileForm,
    Needles,
    PictureForm,
    PlainForm,
    SaltedForm,
)
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
MOST_FORMS = 200_000
"""Plain forms of all facts; facts beyond are left out, which is said. Speed is promised for 50,000."""
MOST_FILE_BYTES = 256 << 20
"""A larger file of the owner's is not searched for: it would have to be held whole."""
_MANY = (DataKind.SMS_BODY, DataKind.CONTACT)
"""Kinds of which an owner has thousands: they come last, so that they displace none of the others."""
_NUMBER = re.compile(r"\+?[0-9]+")
_HAN = re.compile("[\u3400-\u9fff]")
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
    weak: frozenset[int] = frozenset()
    """The numbers of needles that are a hash of 32 bits: they count in context."""
    chancy: frozenset[int] = frozenset()
    """The numbers of needles that chance may write."""
    weighed: tuple[tuple[str, Weight], ...] = ()
    """Their kinds and weights, each different form once."""
    sees_all: bool = True
    """Every photo of the owner's can be recognised by its looks."""


def watch_for(owner: Owner) -> Watch:
    """Needles for every fact that can be told from chance, for the systems' masks, and the detectors."""
    rules = load_rules()
    facts = (*owner.facts, *rules.masks)
    masks = {spelling for mask in rules.masks for spelling in spellings(mask.kind, mask.values[0], None)}
    forms = _Forms(owner.region, block_for(fact.file for fact in facts if fact.file is not None))
    notes: list[Remark] = list(owner.left_out)
    searched: set[str] = set()
    beyond: list[str] = []
    for number, fact in sorted(enumerate(facts), key=lambda one: (not one[1].masked, one[1].kind in _MANY)):
        if forms.count >= MOST_FORMS:
            beyond.append(fact.id)
            continue
        if fact.file is not None:
            if _is_too_large(fact.file):
                notes.append(Remark.of(Note.FACT_TOO_LARGE, fact=fact.id))
                continue
            forms.take_file(number, fact)
        elif not fact.masked and (note := _refusal(fact, masks, rules.common)):
            notes.append(note)
            continue
        elif forms.take_values(number, fact):
            notes.append(Remark.of(Note.FACT_BY_CONTEXT, fact=fact.id))
        searched.add(fact.id)
    if beyond:
        notes.append(Remark.of(Note.FACTS_TOO_MANY, count=len(beyond), first=beyond[0]))
    notes += _same_values(facts)
    if forms.blurred:
        notes.append(Remark.of(Note.PHOTOS_BY_BYTES, facts=tuple(forms.blurred)))
    needles = forms.needles(rules.fields)
    short = forms.short(needles.plain)
    chancy, weighed = _weigh(facts, needles.plain)
    return Watch(
        facts,
        needles,
        short,
        frozenset(searched),
        tuple(notes),
        weak=frozenset(number for number, form in enumerate(needles.plain) if form.digest in WEAK),
        chancy=chancy,
        weighed=weighed,
        sees_all=not forms.blurred,
    )


def _weigh(
    facts: tuple[Fact, ...], plain: tuple[PlainForm, ...]
) -> tuple[frozenset[int], tuple[tuple[str, Weight], ...]]:
    """The numbers of the forms that chance may write, and the weights of the different ones by kind."""
    weights: dict[tuple[str, bytes], Weight] = {}
    chancy = set()
    for number, form in enumerate(plain):
        fact = facts[form.fact]
        if not fact.masked and (weight := weigh(form)):
            chancy.add(number)
            weights[fact.kind.value, form.data] = weight
    return frozenset(chancy), tuple((kind, weight) for (kind, _), weight in weights.items())


@dataclass
class _Forms:
    """The forms of all facts, as they are gathered.

    `lone` count in context only; `blurred` are photos that cannot be known by their looks.
    """

    region: str | None
    block: int
    plain: list[PlainForm] = field(default_factory=list)
    stretches: list[PlainForm] = field(default_factory=list)
    lone: list[PlainForm] = field(default_factory=list)
    digests: Packing = field(default_factory=Packing)
    files: list[FileForm] = field(default_factory=list)
    pictures: list[PictureForm] = field(default_factory=list)
    salted: list[SaltedForm] = field(default_factory=list)
    blurred: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many plain forms there are."""
        return len(self.plain) + len(self.stretches) + len(self.lone)

    def take_file(self, number: int, fact: Fact) -> None:
        """By its bytes, and a photo by its looks."""
        data = _read(fact.file)
        form, stretches, digests = _of_file(number, data, self.block)
        self.files.append(form)
        self.stretches += stretches
        self.digests.take(digests)
        if fact.kind is not DataKind.PHOTO:
            return
        picture, _why = picture_of(data)
        if picture is None:
            self.blurred.append(fact.id)
        else:
            self.pictures.append(PictureForm(number, picture))

    def take_values(self, number: int, fact: Fact) -> bool:
        """By every spelling of every value; True when some are short."""
        before = len(self.plain)
        texts = (text for value in fact.values for text in spellings(fact.kind, value, self.region))
        for text in dict.fromkeys(texts):  # each once: digests are not looked through for others like them
            self.plain += _plain(number, text)
            if not fact.masked:
                self._take_digests(number, fact.kind, text.encode())
        for value in fact.values:
            if fact.kind is DataKind.LOCATION and not fact.masked:
                alone = (PlainForm(number, text.encode(), whole_token=True) for text in coordinates(value))
                self.lone += [form for form in alone if len(form.data) >= SHORT_BYTES]
            if fact.kind is DataKind.SMS_BODY:
                for text in pieces(value):
                    self.stretches += _plain(number, text)
        return any(len(form.data) < SHORT_BYTES for form in self.plain[before:])

    def _take_digests(self, number: int, kind: DataKind, text: bytes) -> None:
        self.digests.take(digests_of(number, text))
        if kind.value.startswith("identifier."):
            self.digests.take(nested(number, text))
            self.digests.take(murmurs(number, text))
            self.plain += oddly_printed(number, text)
            self.plain += weak_prints(number, text)
            self.plain += inside_base64(number, text)
            self.salted.append(SaltedForm(number, text))

    def needles(self, rules: tuple[FieldRule, ...]) -> Needles:
        """Each form once."""
        return Needles(
            tuple(dict.fromkeys([*self.plain, *_own(self.stretches), *self.lone])),
            self.digests.packs(),
            tuple(self.files),
            tuple(self.pictures),
            tuple(dict.fromkeys(self.salted)),
            rules,
            hashed=self.digests.facts,
        )

    def short(self, plain: tuple[PlainForm, ...]) -> frozenset[int]:
        """The numbers of the forms that count in context only."""
        lone = set(self.lone)
        return frozenset(n for n, form in enumerate(plain) if len(form.data) < SHORT_BYTES or form in lone)


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
    """UTF-8 always; UTF-16 in both orders where it is long enough not to be chance; Chinese in GB 18030.

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
        yield PlainForm(fact, text.encode("utf-16-le"), whole)
        yield PlainForm(fact, text.encode("utf-16-be"), whole)
    if _HAN.search(text) and len(chinese := text.encode("gb18030")) >= SHORT_BYTES:
        yield PlainForm(fact, chinese, whole_token=False)


def _is_too_large(file: Path) -> bool:
    try:
        return file.stat().st_size > MOST_FILE_BYTES
    except OSError:
        return False  # whoever reads it says why it cannot be


def _read(path: Path | None) -> bytes:
    if path is None:
        raise Bug("a fact of no file has no bytes")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None


def _of_file(fact: int, data: bytes, block: int) -> tuple[FileForm, list[PlainForm], list[DigestForm]]:
    """The whole file by its digests, and three stretches, so that a part or an odd format is found."""
    stretches = []
    for quarter in (1, 2, 3):
        at = len(data) * quarter // 4
        stretch = data[at : at + PIECE_BYTES]
        if len(stretch) == PIECE_BYTES and len(set(stretch)) >= PIECE_BYTES // 2:
            stretches.append(PlainForm(fact, stretch, whole_token=False))
    hashes = [
        DigestForm(fact, name, hashlib.new(name, data, usedforsecurity=False).digest()) for name in COMMON
    ]
    form = FileForm(fact, hashlib.sha256(data).digest(), len(data), print_of(data, block))
    return form, stretches, hashes


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
