"""Tens of thousands of requests without any of the owner's facts: how many exposures are found in them?

    pip install --requirement tools/encodings.txt
    python tools/count_false_exposures.py                               30,000 requests; some minutes
    python tools/count_false_exposures.py --requests 2000 --first 500 --no-page

Writes the figures of docs/method/finding.md; exits with 1 when anything was found that is not there. Each
owner has some 200 facts, with all their forms, digests and weak hashes; a capture of 2,000 requests is
audited as by the command. In the requests are other people's facts of the same kinds under the same names, in
clear and as digests, records and texts, random numbers, tokens and bytes, each in up to six encodings that
other people's libraries wrote. In some requests beside them stands a fact of the owner, so that finding
nothing says something.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from clopper_pearson import upper_bound
from facts import WORDS, Fact, owner, write_owner
from figures_block import METHOD, put_figures
from labelled_requests import LabelledRequest, labelled_requests
from nested_encodings import BYTES, TEXTS, wrap
from tiny_case import long_capture

from wirewitness.case import audit

EACH = 2_000
"""Requests of one owner."""
PLANTED = 20
"""Requests of each owner that do carry a fact."""
DEEPEST = 6
PACKET = 32_768
HOSTS = ("api.vendor.example", "tracker.example", "cdn.example.net")
FIELDS = {
    "identifier.imei": "imei",
    "identifier.imsi": "imsi",
    "identifier.iccid": "iccid",
    "identifier.serial": "serial",
    "identifier.android_id": "android_id",
    "identifier.mac": "mac",
    "identifier.phone_number": "phone",
    "identifier.email": "email",
    "identifier.account": "account",
    "identifier.name": "name",
    "network.ssid": "ssid",
    "contact": "contact",
    "sms.body": "body",
    "location": "latlng",
}
DIGESTS = ("md5", "sha1", "sha256", "sha512")
TEXT = """\
{requests:,} requests of {owners} owners, none of whose facts is in them (seeds from {first} on;
{bytes:.0f} MB of bodies, {wrapped:,} of them in one to six encodings): **{false} exposures of a fact**; the
share of requests with one is below {bound:.3%} (95 %, Clopper and Pearson 1934). Beside them stood {planted}
requests that do carry a fact, of which {found} were found in the same run.

| in the requests | requests | exposures |
|---|--:|--:|
{rows}
"""


@dataclass(frozen=True)
class Request:
    """A body; `sort` says what is in it, and `fact` which of the owner's facts, "" for none."""

    body: bytes
    sort: str
    fact: str = ""
    wrapped: bool = False

    def as_sent(self, rng: random.Random) -> bytes:
        """The whole request of HTTP/1.1."""
        head = f"POST /v{rng.randrange(9)}/e HTTP/1.1\r\nHost: {rng.choice(HOSTS)}\r\n"
        head += f"Cookie: sid={rng.getrandbits(128):032x}; t={rng.randrange(10**10)}\r\n"
        return f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass(frozen=True)
class Counted:
    """Of one owner: requests and exposures by sort, and how many of the planted facts were found."""

    requests: Counter[str]
    false: Counter[str]
    what: tuple[str, ...]
    found: int
    wrapped: int
    bytes: int


def person(seed: int) -> list[Fact]:
    """Two hundred facts of somebody."""
    rng = random.Random(f"person {seed}")  # noqa: S311 - the same every time
    place = f"{rng.uniform(-60, 70):.6f},{rng.uniform(-179, 179):.6f}"
    return [*owner(seed), Fact("place", "location", place)]


def strangers(seed: int, own: list[Fact]) -> list[Fact]:
    """Another person's facts, none of which is the owner's: their numbers begin otherwise."""
    mine = {fact.value.lower() for fact in own}
    facts = [
        Fact(one.id, one.kind, one.value.replace("+336", "+337")) for one in person(-seed) if one.id != "pin"
    ]
    return [fact for fact in facts if fact.value.lower() not in mine]


def told(rng: random.Random, fact: Fact) -> bytes:
    """A fact as an app sends it: under its name, in clear, in base64 or as a digest."""
    value = fact.value
    shape = rng.randrange(4)
    if shape == 1:
        value = base64.b64encode(value.encode()).decode()
    elif shape == 2 and fact.kind not in {"sms.body", "location"}:
        value = hashlib.new(rng.choice(DIGESTS), value.encode()).hexdigest()
    name = FIELDS[fact.kind]
    around = {"t": rng.randrange(10**13), "event": rng.choice(WORDS), name: value, "n": rng.randrange(99)}
    return json.dumps(around).encode()


def numbers(rng: random.Random) -> bytes:
    """Numbers and tokens of every size, under names of identifiers, hashes and salts, and raw bytes."""
    shape = rng.randrange(6)
    if shape == 0:
        return rng.randbytes(rng.randrange(20, 1_500))
    names = (
        "id",
        "device_id",
        "uid",
        "hash",
        "crc",
        "phone",
        "serial",
        "mac",
        "session",
        "salt",
        "nonce",
        "x",
    )
    made: dict[str, object] = {}
    for name in rng.sample(names, 6):
        bits = rng.choice((16, 32, 64, 128, 160, 256))
        value = rng.getrandbits(bits)
        forms = (
            value,
            str(value),
            f"{value:x}",
            f"{value:0{bits // 4}X}",
            str(value)[: rng.randrange(4, 16)],
        )
        encoded = base64.b64encode(value.to_bytes(bits // 8, "big")).decode()
        made[name] = rng.choice((*forms, encoded, zlib.crc32(encoded.encode())))
    if shape == 1:
        return " ".join(f"{name}={value}" for name, value in made.items()).encode()
    return json.dumps(made).encode()


def requests_of(seed: int, count: int, own: list[Fact]) -> Iterator[Request]:
    """So many requests without a fact of the owner's, and then `PLANTED` with one each."""
    rng = random.Random(f"requests {seed}")  # noqa: S311 - the same every time
    others = strangers(seed, own)
    labelled: list[LabelledRequest] = list(labelled_requests(seed, 1 + count // 300))
    rng.shuffle(labelled)
    for number in range(count):
        if number % 3 == 0:
            one = labelled[number // 3 % len(labelled)]
            body, sort = one.body, "records and lists" if one.kinds else "ordinary requests"
        elif number % 3 == 1:
            body, sort = told(rng, rng.choice(others)), "other people's facts"
        else:
            body, sort = numbers(rng), "random numbers, tokens and bytes"
        depth = rng.randrange(DEEPEST + 1)
        for _ in range(depth):
            _, body = wrap(rng, body, [*BYTES, *TEXTS])
        yield Request(body, sort, wrapped=depth > 0)
    for fact in rng.sample([one for one in own if len(one.value) > DEEPEST + 2], PLANTED):
        _, body = wrap(rng, told(rng, fact), [*BYTES, *TEXTS])
        yield Request(body, "planted", fact.id, wrapped=True)


def count(requests: int, seed: int) -> Counted:
    """Audits the requests of one owner."""
    own = person(seed)
    sent = list(requests_of(seed, requests, own))
    rng = random.Random(f"order {seed}")  # noqa: S311 - the same every time
    rng.shuffle(sent)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_owner(folder / "owner.toml", own)
        stream = b"".join(one.as_sent(rng) for one in sent)
        packets = [stream[at : at + PACKET] for at in range(0, len(stream), PACKET)]
        capture = long_capture(folder / "one.pcap", packets, seconds=30)
        result = audit([capture], folder / "audit", owner=folder / "owner.toml")
    seen = {
        (one.message, one.fact): one for one in result.exposures if one.fact is not None and not one.masked
    }
    wrong = {key: one for key, one in seen.items() if sent[key[0]].fact != key[1]}
    false = Counter(sent[message].sort for message, _ in wrong)
    return Counted(
        Counter(one.sort for one in sent if not one.fact),
        false,
        tuple(f"seed {seed}, {sent[m].sort}: {one}" for (m, _), one in wrong.items()),
        sum(bool(one.fact) and (number, one.fact) in seen for number, one in enumerate(sent)),
        sum(one.wrapped for one in sent if not one.fact),
        sum(len(one.body) for one in sent),
    )


def render(first: int, counted: list[Counted]) -> str:
    """The figures as Markdown."""
    asked = sum((one.requests for one in counted), Counter[str]())
    false = sum((one.false for one in counted), Counter[str]())
    wrong = false.total()
    return TEXT.format(
        requests=asked.total(),
        owners=len(counted),
        first=first,
        bytes=sum(one.bytes for one in counted) / 1e6,
        wrapped=sum(one.wrapped for one in counted),
        false=wrong,
        bound=upper_bound(wrong, asked.total(), 0.05),
        planted=PLANTED * len(counted),
        found=sum(one.found for one in counted),
        rows="\n".join(f"| {sort} | {number:,} | {false[sort]} |" for sort, number in sorted(asked.items())),
    )


def main() -> int:
    """Count; exit code 1 when something was found that is not there."""
    parser = argparse.ArgumentParser(description="Count exposures of facts that were not sent.")
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--first", type=int, default=71_000, help="the first owner's seed")
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/finding.md as it is")
    given = parser.parse_args()
    seeds = range(given.first, given.first + -(-given.requests // EACH))
    with ProcessPoolExecutor(2) as pool:
        counted = list(pool.map(partial(count, min(EACH, given.requests)), seeds))
    text = render(given.first, counted)
    wrong = [row for one in counted for row in one.what]
    print(text, *wrong, sep="\n")
    if not given.no_page:
        put_figures(METHOD / "finding.md", "tools/count_false_exposures.py", text)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
