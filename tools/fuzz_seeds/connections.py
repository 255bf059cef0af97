"""TLS, key logs, QUIC, HTTP."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator

from fuzz_seeds.script import DOWN, FIXTURES, IMEI, JSON, ROOT, UP, behind, gap, turns


def session(name: str, most: int = 3000, *, folder: str = "tls") -> bytes:
    """A recorded session as the targets `tls` and `dtls` read it, without its longest records."""
    keys, said = "", []
    for line in (FIXTURES / folder / f"{name}.session").read_text().splitlines():
        word, rest = line.split(" ", 1)
        if word == "key":
            keys += rest + "\n"
        elif word in ("c", "s"):
            said.append((UP if word == "c" else DOWN, bytes.fromhex(rest.replace(" ", ""))[:most]))
    return behind(keys.encode(), turns(*said))[:8000]


def frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    """A frame of HTTP/2."""
    head = struct.pack(">I", len(data))[1:] + bytes([kind, flags]) + struct.pack(">I", stream)
    return head + data


def connections() -> Iterator[tuple[str, str, bytes]]:
    """TLS, key logs, QUIC, HTTP."""
    for name in (
        "tls13-early-data",
        "tls13-hello-retry",
        "tls12-aes128gcm",
        "tls12-premaster-rsa-ems",
        "tls12-psk",
        "tls10-rc4-md5",
        "tls12-refused",
    ):
        yield "tls", name, session(name)
    for name in (
        "dtls12-aes128gcm",
        "dtls12-id-aes128gcm",
        "dtls12-private-key",
        "dtls10-aes128cbc",
        "dtls13-aes128gcm",
    ):
        yield "dtls", name, session(name, folder="dtls")
    yield (
        "tls",
        "old_hello",
        behind(b"", turns((UP, bytes.fromhex("802e0103010015000000100000040000050000ff") + bytes(28)))),
    )
    yield (
        "keylog",
        "lines",
        b"\xef\xbb\xbf# log\r\nCLIENT_RANDOM "
        + b"00" * 32
        + b" "
        + b"ab" * 48
        + b"\nPSK * 00\n-----BEGIN RSA PRIVATE KEY-----\nMA==\n-----END RSA PRIVATE KEY-----\n",
    )
    yield (
        "keylog",
        "rsa",
        b"RSA 0011223344556677 " + b"0a" * 48 + b"\nRSA Session-ID:00 Master-Key:" + b"0b" * 48,
    )
    yield "keylog", "block", b"TLSKCLIENT_TRAFFIC_SECRET_0 " + b"00" * 32 + b" " + b"cd" * 32
    yield from quic()
    request = b"POST /up?x=1 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    request += b"5;x=y\r\nabcde\r\n0\r\nX-T: 1\r\n\r\n"
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    yield "http1", "chunked", turns((UP, request), (DOWN, answer)) + gap(UP, 7) + turns((UP, request))
    yield (
        "http1",
        "upgrade",
        turns(
            (UP, b"GET /c HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
            (DOWN, b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"),
        ),
    )
    yield (
        "http1",
        "connect",
        turns((UP, b"CONNECT a:443 HTTP/1.1\r\n\r\n"), (DOWN, b"HTTP/1.1 200 OK\r\n\r\nbytes")),
    )
    literal = b"".join(
        bytes([0x40, len(n)]) + n + bytes([len(v)]) + v
        for n, v in ((b":method", b"POST"), (b":path", b"/up"), (b"x-id", IMEI))
    )
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, bytes([0, 3, 0, 0, 0, 100]))
    sent = (
        frame(1, 0x20, 1, bytes([0, 0, 0, 0, 16]) + literal[:9])
        + frame(9, 4, 1, literal[9:])
        + frame(0, 8, 1, b"\x02body\0\0")
        + frame(1, 5, 1, b"\xbe\xbf")
    )
    push = (
        frame(4, 1, 0, b"")
        + frame(5, 4, 1, bytes([0, 0, 0, 2]) + b"\x82\x84")
        + frame(1, 4, 1, b"\x88")
        + frame(0, 1, 1, b"ok")
        + frame(3, 0, 2, bytes(4))
        + frame(7, 0, 0, bytes(8))
    )
    yield "http2", "push_trailers", turns((UP, preface + sent), (DOWN, push))
    yield (
        "http2",
        "midstream",
        turns((UP, frame(1, 5, 9, b"\xc5\xbe\x82")), (DOWN, frame(0, 1, 9, b"x")))
        + gap(UP, 30)
        + turns((UP, frame(6, 0, 0, bytes(8)))),
    )
    section = bytes([0, 0, 0xD4, 0xD7, 0x50, 7]) + b"example" + bytes([0xC1])
    dynamic = bytes([3, 0x81, 0xD4, 0x11])
    request = bytes([1, len(section)]) + section + b"\x00\x03one\x40\x77\x02??\x00\x05 body"
    yield (
        "http3",
        "request",
        turns(
            (UP, bytes([0x80]) + request),
            (UP, bytes([2]) + b"\x00\x04\x07\x01\x40\xff\x07\x10"),
            (DOWN, bytes([0x80, 1, 3, 0, 0, 0xD9, 0, 2]) + b"ok"),
        ),
    )
    yield (
        "http3",
        "dynamic_table",
        turns(
            (UP, bytes([0, 1, len(dynamic)]) + dynamic),
            (
                UP,
                bytes([6, 2]) + b"\x3f\xbd\x01\x4a" + b"x-custom-1" + b"\x05value" + b"\x44a-id\x01b\x80\x00",
            ),
        ),
    )
    yield (
        "http3",
        "push",
        turns((DOWN, bytes([3, 1, 5, 1, 2, 0, 0])), (DOWN, bytes([0, 5, 3, 5, 0, 0]))) + gap(DOWN, 3),
    )


def quic() -> Iterator[tuple[str, str, bytes]]:
    """Connections by aioquic, cut to their first datagrams."""
    sys.path.insert(0, str(ROOT / "tests/support"))
    from quic_pair import Web  # noqa: PLC0415 - a helper of the tests

    for name, version in (("version_1", 1), ("version_2", 0x6B3343CF)):
        web = Web(settings={"original_version": version, "supported_versions": [version]})
        web.ask("/up", JSON)
        web.run()
        said = [(UP if datagram.up else DOWN, datagram.data) for datagram in web.wire]
        yield "quic", name, behind(web.keys, turns(*said))[:8000]
    yield (
        "quic",
        "versions",
        behind(
            b"",
            turns(
                (UP, b"\xc0\x1a\x2a\x3a\x4a\x08" + bytes(8) + b"\0" + bytes(40)),
                (DOWN, b"\x80\0\0\0\0\0\x08" + bytes(8) + b"\0\0\0\x01"),
            ),
        ),
    )
    yield (
        "quic",
        "google",
        behind(
            b"",
            turns(
                (
                    UP,
                    b"\x0d"
                    + bytes(8)
                    + b"Q043"
                    + b"\x01"
                    + bytes(12)
                    + b"\xa0\x01\x04\x00CHLO\x01\0\0\0SNI\0\x05\0\0\0a.com",
                )
            ),
        ),
    )


def certificate() -> Iterator[tuple[str, str, bytes]]:
    """A certificate with names and addresses."""
    sys.path.insert(0, str(ROOT / "tests/support"))
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - needed here alone
    from quic_pair import _identity  # noqa: PLC0415 - a helper of the tests

    yield "certificate", "own", _identity()[0].public_bytes(Encoding.DER)
