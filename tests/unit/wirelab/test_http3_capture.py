"""An HTTP/3 capture is opened again with aioquic's own cipher code and the key log beside it."""

from pathlib import Path

from aioquic.buffer import Buffer
from aioquic.quic.crypto import CryptoContext
from aioquic.quic.packet import QuicPacketType, pull_ack_frame, pull_quic_header
from aioquic.tls import CipherSuite

CID = 8


def short_packets(datagram: bytes):
    """The 1-RTT packets of a datagram, past the long-header ones that share it: bytes."""
    buf = Buffer(data=datagram)
    while not buf.eof() and datagram[buf.tell()] != 0:  # a datagram may end in padding of its own
        start = buf.tell()
        header = pull_quic_header(buf, host_cid_length=CID)
        if header.packet_type == QuicPacketType.ONE_RTT:
            yield datagram[start:]
            return
        buf.seek(start + header.packet_length)


def streams_of(plain: bytes, into: dict[int, dict[int, bytes]]) -> None:
    """Collect STREAM frames (RFC 9000, 19.8); other frames that the phone sends are walked over."""
    buf = Buffer(data=plain)
    while not buf.eof():
        kind = buf.pull_uint_var()
        if kind in {0x00, 0x01, 0x1E}:
            continue
        if kind in {0x02, 0x03}:
            pull_ack_frame(buf)
        elif 0x08 <= kind <= 0x0F:
            stream = buf.pull_uint_var()
            offset = buf.pull_uint_var() if kind & 4 else 0
            size = buf.pull_uint_var() if kind & 2 else buf.capacity - buf.tell()
            into.setdefault(stream, {})[offset] = buf.pull_bytes(size)
        elif kind in {0x10, 0x12, 0x13, 0x19}:
            buf.pull_uint_var()
        elif kind == 0x11:
            buf.pull_uint_var()
            buf.pull_uint_var()
        elif kind == 0x18:
            buf.pull_uint_var()
            buf.pull_uint_var()
            buf.pull_bytes(buf.pull_uint8() + 16)
        elif kind == 0x06:
            buf.pull_uint_var()
            buf.pull_bytes(buf.pull_uint_var())
        elif kind in {0x1C, 0x1D}:
            return
        else:
            raise AssertionError(hex(kind))


def bodies_of(stream: dict[int, bytes]) -> bytes:
    """The DATA frames of a request stream (RFC 9114, 7.2.1)."""
    whole = b""
    for offset in sorted(stream):
        whole = whole[:offset] + stream[offset] + whole[offset + len(stream[offset]) :]
    buf, body = Buffer(data=whole), b""
    while not buf.eof():
        kind, size = buf.pull_uint_var(), buf.pull_uint_var()
        data = buf.pull_bytes(size)
        body += data if kind == 0 else b""
    return body


def test_what_went_up_over_http3_is_in_the_capture(stage, reader) -> None:
    story = stage(loss=0.01)
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host(
        "q.example", story.lab.addresses.pick("JP"), "JP", story.cloud, alpn=("h3",), cipher="CHACHA20_POLY1305_SHA256"
    )  # fmt: skip
    bodies = [b"PLANTED-%d;" % number + bytes([number]) * 40_000 for number in range(3)]
    for body in bodies:
        story.fetch("q.example", body)
    story.run()
    story.lab.close()
    assert [len(exchange.response.body) for exchange in story.answers] == [len(body) for body in bodies]
    opened = open_capture(reader.packets(story.folder / "c.pcapng"), story.folder / "keys.log")
    told = {sent.stream: sent.request.body for sent in story.sent if sent.protocol == "h3"}
    assert {number: bodies_of(opened[number]) for number in told} == told


def open_capture(packets, key_log: Path) -> dict[int, dict[int, bytes]]:
    """The phone's streams: chunks by offset."""
    secrets = dict(line.split()[::2] for line in key_log.read_text().splitlines())
    context = CryptoContext()
    context.setup(
        cipher_suite=CipherSuite.CHACHA20_POLY1305_SHA256,
        secret=bytes.fromhex(secrets["CLIENT_TRAFFIC_SECRET_0"]),
        version=1,
    )
    streams: dict[int, dict[int, bytes]] = {}
    expected = 0
    for packet in packets:
        if packet.dport != 443:
            continue
        for data in short_packets(packet.payload):
            _, plain, number, _ = context.decrypt_packet(data, 1 + CID, expected)
            expected = max(expected, number + 1)
            streams_of(plain, streams)
    return streams
