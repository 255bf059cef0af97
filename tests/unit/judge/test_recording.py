"""Whether a capture ran and saw everything: interface statistics prove silence, a capture filter unproves it."""

from __future__ import annotations

import struct

import pytest
from tiny_case import small_case

from wirewitness.case import audit

START = 1405900800
HOUR = 3600


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def stamp(seconds):
    return struct.pack("<II", *divmod(seconds * 1_000_000, 1 << 32))


def night(tiny, path, *, options=b"", ran=None, pause=5 * HOUR):
    """The request of the tiny capture in a pcapng file; its last packet comes hours later."""
    data, at, packets = tiny.read_bytes(), 24, []
    while at < len(data):
        seconds, _, size, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds, data[at + 16 : at + 16 + size]))
        at += 16 + size
    packets[-1] = (packets[-1][0] + pause, packets[-1][1])
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out.append(block(1, struct.pack("<HHI", 101, 0, 0) + options))
    out += [
        block(6, struct.pack("<I", 0) + stamp(s) + struct.pack("<II", len(p), len(p)) + p) for s, p in packets
    ]
    if ran:
        body = struct.pack("<I", 0) + stamp(ran[1]) + option(2, stamp(ran[0])) + option(3, stamp(ran[1]))
        out.append(block(5, body))
    path.write_bytes(b"".join(out))
    return path


@pytest.fixture
def judged(tmp_path):
    """The outcome of a case of silence with a night, its live spans and the codes of its reasons."""

    def judge(**night_of):
        case = small_case(tmp_path / "case")
        text = case.read_text().replace('path = "captures/tiny.pcap"', 'path = "captures/night.pcapng"')
        text = text.replace("identifier.imei", "photo")
        night(case.parent / "captures/tiny.pcap", case.parent / "captures/night.pcapng", **night_of)
        case.write_text(text)
        result = audit([], tmp_path / "audit", case=case)
        (verdict,) = result.verdicts
        return result, {one.code for one in verdict.reasons}, [s.live for s in result.coverage.spans]

    return judge


def test_a_silent_night_is_unproven_without_statistics(judged):
    _, reasons, lives = judged()
    assert "unproven" in lives
    assert "hours_unproven" in reasons


def test_interface_statistics_prove_that_the_silent_hours_were_recorded(judged):
    result, reasons, lives = judged(ran=(START - HOUR, START + 7 * HOUR))
    assert lives == ["proven"]
    assert "hours_unproven" not in reasons
    assert result.coverage.hours == 8.0


def test_statistics_of_another_time_or_of_years_prove_nothing(judged):
    _, reasons, lives = judged(ran=(START - 400 * 24 * HOUR, START + 400 * 24 * HOUR))
    assert "unproven" in lives
    assert "hours_unproven" in reasons


def test_a_capture_filter_blinds_what_it_may_have_left_out(judged):
    ran = (START - HOUR, START + 7 * HOUR)
    result, reasons, lives = judged(ran=ran, options=option(11, b"\0tcp port 80"))
    assert lives == ["unproven"]
    assert "capture_filtered" in reasons
    (verdict,) = result.verdicts
    assert "capture_without_filter" in {one.code for one in verdict.missing}
    assert "capture_filtered" in {one.kind for one in result.anomalies}


def test_a_filter_by_the_phones_link_address_blinds_nothing(judged):
    ran = (START - HOUR, START + 7 * HOUR)
    _, reasons, lives = judged(ran=ran, options=option(11, b"\0ether host 02:00:00:00:00:23"))
    assert lives == ["proven"]
    assert "capture_filtered" not in reasons
