"""Needles and rules: what the core is asked to look for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Bytes that stand for a fact. `whole_token`: its neighbours must not be letters or digits.

    `digest`: the name of the hash (of the core's list) that is printed so; "" for the fact itself.
    """

    fact: int
    data: bytes = field(repr=False)
    whole_token: bool
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DigestForm:
    """A raw digest of one spelling of a fact; `algorithm` is a name of the core's list."""

    fact: int
    algorithm: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class DigestPack:
    """Digests of one algorithm and of `size` bytes, end to end in `data`, and whose each is.

    An owner's file can have a million: as an object each they would need half a gigabyte. `facts` are the
    numbers of the facts, unsigned, of four bytes each in the machine's order.
    """

    algorithm: str
    size: int
    facts: bytes = field(repr=False)
    data: bytes = field(repr=False)

    def __len__(self) -> int:
        return len(self.data) // self.size

    def __iter__(self) -> Iterator[DigestForm]:
        for at, fact in enumerate(memoryview(self.facts).cast("I")):
            yield DigestForm(fact, self.algorithm, self.data[at * self.size : (at + 1) * self.size])


@dataclass(frozen=True)
class FileForm:
    """A file of the owner's, by the SHA-256 of its bytes and its length, and its pieces by their `print`."""

    fact: int
    sha256: bytes = field(repr=False)
    length: int
    print: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class PictureForm:
    """A photo of the owner's, by what is kept of it to recognise its copies."""

    fact: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class SaltedForm:
    """A spelling of a fact that may be sent as a salted or keyed digest."""

    fact: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Beside:
    """Another field that must stand in the same object, by its names, with its test."""

    keys: tuple[str, ...]
    test: str


@dataclass(frozen=True)
class FieldRule:
    """A detector: personal data, or an answer, known by the name of the field that holds it.

    `keys` are lower-case names compared whole with any name on the way to the leaf (`=a`: the leaf's own,
    `a/b`: with its parent's, `*`: whatever its name; `#`: the test is of the leaf's own name); `test` is
    "any", "nonempty", "text", "digits" (of which there are `least` to `most`) or a form of the core ("uuid",
    "imei", "email", ...). `beside`: fields that must stand in the same object as well. `times`: how many
    different values one message must hold under one name (a list, not a single one). `evidence` is
    True only where the shape of the message is documented and the kind has no value of the owner's that
    could be searched for; otherwise a hit is a lead. `hosts`: domains at which alone the rule counts; ()
    for all. `grain`: whether what it finds is an "aggregate" (totals, scores) or single "events" with their
    time; "" where that says nothing. `reason` says why it stands here.
    """

    name: str
    kind: str
    up: bool
    keys: tuple[str, ...]
    test: str
    least: int
    most: int
    evidence: bool
    reason: str
    hosts: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()
    times: int = 0
    grain: str = ""


@dataclass(frozen=True)
class Needles:
    """Everything that is looked for. The core's needle numbers count the lists in this order, rules apart.

    All digests of a fact have one number: that of the first fact's (`first_digest`) and the fact's own.
    `hashed`: how many numbers the digests take.
    """

    plain: tuple[PlainForm, ...] = ()
    digests: tuple[DigestPack, ...] = ()
    files: tuple[FileForm, ...] = ()
    pictures: tuple[PictureForm, ...] = ()
    salted: tuple[SaltedForm, ...] = ()
    rules: tuple[FieldRule, ...] = ()
    hashed: int = 0

    @property
    def first_digest(self) -> int:
        """The number of the needle that stands for the digests of fact number 0."""
        return len(self.plain)

    @property
    def without_digests(self) -> Needles:
        """The same numbers without the digests themselves, which only the decoder needs."""
        return replace(self, digests=())

    def fact_of(self) -> tuple[int, ...]:
        """The index of the fact for each needle number."""
        return (
            *(form.fact for form in self.plain),
            *range(self.hashed),
            *(form.fact for form in self.files),
            *(form.fact for form in self.pictures),
            *(form.fact for form in self.salted),
        )
