"""An exposure: a fact, or personal data of a kind, seen in a message that left the phone or in an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wirewitness.model.instant import Instant


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a message's place to the bytes found: its codec, its half-open input range, its path."""

    codec: str
    start: int
    end: int
    path: str


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """Whether a consent record supplied to us covers an exposure, and which.

    Of an uncovered one `record` is the nearest, if any agrees to this kind of data, and `misses` says for
    what else than this it was given.
    """

    status: Literal["covered", "uncovered", "unknown"]
    record: str | None
    misses: Literal["recipient", "time", "condition"] | None = None


@dataclass(frozen=True, slots=True)
class Confidence:
    """How often what a detector took for a kind of data was right, as measured with the package's rules.

    `right` of `found` findings; `at_least`: the lower end of the 95 % interval (Wilson). `basis`: "apps",
    labelled values of real apps; "generated", requests made for the purpose: the world may differ. `of`:
    "rule", findings of this rule; "kind", those of all rules for the kind of data, where this rule by
    itself met too few labelled values.
    """

    right: int
    found: int
    at_least: float
    basis: Literal["apps", "generated"]
    of: Literal["rule", "kind"]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where which fact was seen. It holds the fact's id, never its value.

    `source`: "fact" (the owner's value), "detector" (a field by its name or shape), "media" (an image by
    structure), "stranger" (an image that shows none of the owner's photos). `evidence` is False for a lead:
    something that only looks like personal data of the kind. `where` is the place within the message
    ("target", "header:Name", "body", ...); `range` is half-open, in the last step's output, or in the place's
    bytes when there is no step. `digest`: "", "md5", "sha1", "sha256" or another of the core's names;
    "picture" or "picture_part" where a photo was known by its looks,
    "piece" where a stretch of its own bytes was. `chance`: of a short number, how likely chance finds as many
    values of the kind at this host; 0 where chance plays no part. `detail` names the detector's rule or
    the image's size; "" for facts. `confidence`: of a detector's lead, where it was measured for its rule or
    kind.
    """

    id: str
    fact: str | None
    kind: str
    masked: bool
    source: Literal["fact", "detector", "media", "stranger"]
    evidence: bool
    time: Instant
    destination: str
    address: str
    country: str | None
    flow: str
    stream: int
    message: int
    from_client: bool
    capture: str
    steps: tuple[Step, ...]
    digest: str
    where: str
    range: tuple[int, int]
    detail: str
    chance: float
    conditions: dict[str, str]
    consent: ConsentStatus
    confidence: Confidence | None = None

    @property
    def guessed(self) -> bool:
        """Whether a detector found it: by a field's name or a value's form, which may be wrong."""
        return self.source == "detector" and not self.masked
