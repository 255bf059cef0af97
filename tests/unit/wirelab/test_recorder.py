"""The files: block by block, nothing in them that tells the truth."""

import struct
import zlib

import pytest

from wirelab.lab import App, Request


def test_a_capture_has_section_interface_packets_and_statistics(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng", comments=("kitchen table",))
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.fetch("a.example", b"x")
    story.run(30)
    story.lab.close()
    blocks = list(reader.blocks(story.folder / "c.pcapng"))
    kinds = [kind for kind, _ in blocks]
    assert kinds[:2] == [0x0A0D0D0A, 1]
    assert set(kinds[2:-1]) == {6}
    assert kinds[-1] == 5
    assert b"kitchen table" in blocks[0][1]
    started, ended, received, dropped = statistics(blocks[-1][1])
    assert received == kinds.count(6)
    assert dropped == 0
    assert ended - started == 30_000_000_000


def statistics(body: bytes) -> tuple[int, int, int, int]:
    """Start, end (nanoseconds), received, dropped of an interface statistics block."""
    values, at = {}, 12
    while at < len(body):
        code, size = struct.unpack_from("<HH", body, at)
        values[code] = body[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    stamps = [struct.unpack("<II", values[code]) for code in (2, 3)]
    counts = [struct.unpack("<Q", values[code])[0] for code in (4, 5)]
    return (stamps[0][0] << 32) | stamps[0][1], (stamps[1][0] << 32) | stamps[1][1], counts[0], counts[1]


def test_what_the_recorder_lost_stands_in_its_statistics(stage, reader) -> None:
    story = stage(drop=0.1)
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.fetch("a.example", b"x" * 500_000)
    story.run()
    story.lab.close()
    blocks = list(reader.blocks(story.folder / "c.pcapng"))
    _, _, received, dropped = statistics(blocks[-1][1])
    assert dropped > 0
    assert received - dropped == sum(kind == 6 for kind, _ in blocks)


def test_embedded_keys_stand_before_the_packets_that_need_them(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng", keys="both")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.fetch("a.example", b"x")
    story.run()
    story.lab.close()
    blocks = list(reader.blocks(story.folder / "c.pcapng"))
    held = b"".join(body[8 : 8 + struct.unpack_from("<I", body, 4)[0]] for kind, body in blocks if kind == 10)
    assert held == (story.folder / "keys.log").read_bytes()
    first_data = next(
        at
        for at, (kind, body) in enumerate(blocks)
        if kind == 6 and (p := reader.parse(0, body[20:])) and p.payload[:1] == b"\x17"
    )
    last_key = max(
        at for at, (kind, body) in enumerate(blocks) if kind == 10 and b"CLIENT_TRAFFIC_SECRET_0" in body
    )
    assert last_key <= first_data + 1


def test_the_pcapdroid_flavour_names_the_app_of_each_packet(stage) -> None:
    story = stage()
    story.lab.record(
        story.folder / "p.pcap", vantage="phone", networks=("wifi", "mobile"), flavour="pcapdroid"
    )
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.lab.phone.fetch(Request("GET", "a.example"), App("com.android.providers.downloads.ui", 10021))
    story.fetch("a.example", b"x")
    story.run()
    story.lab.close()
    data = (story.folder / "p.pcap").read_bytes()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 1)
    at, names = 24, set()
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        trailer = frame[-32:]
        assert trailer[:4] == bytes.fromhex("01072021")
        assert len(frame) % 4 == 0
        assert struct.unpack("<I", trailer[28:])[0] == zlib.crc32(frame[:-4])
        assert frame[:12] == bytes(12)
        uid = struct.unpack("!i", trailer[4:8])[0]
        names.add((uid, trailer[8:28].rstrip(b"\0").decode()))
    assert at == len(data)
    assert names == {(10021, "com.android.provide"), (10057, "com.vendor.cloud")}


@pytest.mark.parametrize("alpn", [("http/1.1",), ("h2",), ("h3",)])
def test_no_capture_carries_a_hint_of_the_truth(stage, alpn) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud, alpn=alpn)
    story.fetch("a.example", b"THE-PHOTO-ITSELF" * 99, mark="misdeed: photo")
    story.run()
    story.lab.close()
    data = (story.folder / "c.pcapng").read_bytes().lower()
    for hint in (b"wirelab", b"misdeed", b"the-photo-itself", b"truth", b"alleged", b"simulat"):
        assert hint not in data
