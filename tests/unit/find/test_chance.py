"""Short numbers are weighed by how rare they are and by how much was compared with them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random

import pytest
from tiny_case import long_capture, post

from wirewitness.case import audit
from wirewitness.find.chance import MARKED_FROM, chance_of, expected_by_kind, weigh
from wirewitness.model.needle import PlainForm


def form(text: str, digest: str = "", *, whole_token: bool = True) -> PlainForm:
    return PlainForm(0, text.encode(), whole_token, digest)


def test_the_probability_is_poissons():
    assert chance_of(2.0, 1) == pytest.approx(1 - math.exp(-2))
    assert chance_of(2.0, 3) == pytest.approx(1 - math.exp(-2) * (1 + 2 + 2))
    assert chance_of(1e-9, 1) == pytest.approx(1e-9)
    assert chance_of(1e-3, 2) == pytest.approx(5e-7, rel=1e-3)
    assert chance_of(200.0, 200) == pytest.approx(0.51, abs=0.02)
    assert chance_of(0.02, 500) == 0.0
    assert chance_of(0.0, 1) == 0.0
    assert chance_of(3.0, 0) == 1.0


def test_bits_are_those_of_the_alphabet_and_only_short_numbers_are_weighed():
    assert weigh(form("493021")).bits == pytest.approx(6 * math.log2(10))
    assert weigh(form("+33639980123")).length == 11
    assert weigh(form("9f2c4e6a81")).bits == 40
    assert weigh(form("1405900800")).bits == 25, "it may be a time"
    assert weigh(form("3141592653", "crc32")).bits == weigh(form("0x5f3759df", "murmur3")).bits == 32
    for text in ("490154203237518", "Johanna", "ann@post.example", "9f2c4e6a81b3d507"):
        assert weigh(form(text)) is None
    assert weigh(form("493021", whole_token=False)) is None


def test_what_chance_makes_grows_with_the_forms_and_with_the_tokens():
    forms = [("contact", weigh(form(text))) for text in ("39980123", "39980124")]
    assert expected_by_kind(forms, {("digits", 8): 10**6})["contact"] == pytest.approx(0.02)
    assert expected_by_kind(forms, {("digits", 9): 10**6})["contact"] == 0


def random_digits(folder: Path, bodies: list[object], numbers: list[str]):
    """An audit of such messages of an owner with such contacts."""
    owner = folder / "owner.toml"
    facts = [
        f'[[fact]]\nid = "contact:{n}"\nkind = "contact"\nvalue = "{v}"' for n, v in enumerate(numbers, 1)
    ]
    owner.write_text('format = "wirewitness-owner/1"\n' + "\n".join(facts) + "\n")
    capture = long_capture(folder / "c.pcap", [post(json.dumps(body).encode()) for body in bodies])
    return audit([capture], folder / "audit", owner=owner)


def contacts(result) -> list:
    return [e for e in result.exposures if e.fact is not None]


def test_a_capture_of_random_digits_gives_no_unmarked_finding(tmp_path):
    random = Random(11)
    numbers = [f"{random.randrange(10**7, 10**8)}" for _ in range(2_000)]
    bodies = [{"number": [random.randrange(10**7, 10**8) for _ in range(400)]} for _ in range(1_000)]
    result = random_digits(tmp_path, bodies, numbers)
    by_chance = [note for note in result.notes if note.code == "findings_by_chance"]
    met = contacts(result)
    assert bool(by_chance) != bool(met), "refused or marked, all of them"
    assert all(e.chance >= MARKED_FROM for e in met)


def test_an_address_book_that_left_counts_in_full_beside_random_digits(tmp_path):
    random = Random(12)
    numbers = [f"{random.randrange(10**7, 10**8)}" for _ in range(300)]
    bodies = [{"number": numbers}] + [{"n": [random.randrange(10**7, 10**8) for _ in range(400)]}] * 200
    met = contacts(random_digits(tmp_path, bodies, numbers))
    assert len({e.fact for e in met}) >= 20
    assert all(e.chance < MARKED_FROM for e in met)


def test_one_number_among_few_counts_in_full(tmp_path):
    (met,) = contacts(random_digits(tmp_path, [{"number": "39980123"}], ["39980123"]))
    assert met.chance < MARKED_FROM
