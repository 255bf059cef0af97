"""DNS, and what has rooms in the engine."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator

from fuzz_seeds.script import DOWN, IMEI, JSON, UP, gap, turns


def conversations() -> Iterator[tuple[str, str, bytes]]:
    """DNS, and what has rooms in the engine."""
    question = bytes.fromhex("12340100000100000000000003617069076578616d706c650000010001")
    answer = bytes.fromhex(
        "12348180000100030000000003617069076578616d706c650000010001"
        "c00c000100010000003c0004c6336407"
        "c00c000500010000003c000603636461c010"
        "c00c001000010000003c000403747874"
    )
    yield "dns", "answer", answer
    yield (
        "dns",
        "stream",
        struct.pack(">H", len(question)) + question + struct.pack(">H", len(answer)) + answer,
    )
    yield (
        "dns",
        "https_record",
        bytes.fromhex("000081800001000100000000017807")
        + b"example"
        + bytes.fromhex("0000410001c00c004100010000003c0010000100000100030268320004000401020304"),
    )
    yield (
        "httpdns",
        "tencent",
        b"/d?dn=a.example,b.example\na.example.:198.51.100.7;198.51.100.8,60\nb.example:2001:db8::1\n",
    )
    yield (
        "httpdns",
        "alibaba",
        b'/1/d?host=a.example\n{"ips":["198.51.100.7"],"host":"a.example","ipsv6":["2001:db8::1"]}',
    )
    yield (
        "httpdns",
        "batch",
        b'/1/resolve?host=a.example%2Cb.example\n{"dns":[{"host":"a.example","ips":["198.51.100.7"]}]}',
    )
    yield (
        "httpdns",
        "baidu",
        b'/v4/resolve?dn=a.example\n{"data":{"a.example":{"ipv4":{"ip":["198.51.100.7"]}}}}',
    )
    yield (
        "httpdns",
        "xiaomi",
        b'/gslb/?list=app.chat.example\n{"S":"Ok","R":{"wifi":{"app.chat.example":["198.51.100.7:5222"]}}}',
    )
    yield (
        "httpdns",
        "json",
        b'/resolve?name=a.x\n{"Status":0,"Question":{"name":"a.x"},"Answer":[{"name":"a.x","type":1,"data":"198.51.100.7"}]}',
    )
    yield "httpdns", "short", b'/resolve?name=a.example&short=1\n["198.51.100.7"]'
    connect = b"\x10\x14\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x05phone\x00"
    publish = b"\x32\x17\x00\x03a/b\x00\x01\x00" + IMEI
    yield (
        "mqtt",
        "five",
        turns(
            (UP, connect),
            (DOWN, b"\x20\x03\x00\x00\x00"),
            (UP, publish),
            (DOWN, b"\x40\x02\x00\x01"),
            (UP, b"\x82\x08\x00\x02\x00\x03a/#\x00\xe0\x00"),
        ),
    )
    yield (
        "mqtt",
        "three",
        turns(
            (UP, b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05phone"),
            (DOWN, b"\x20\x02\x00\x00"),
            (UP, b"\x30\x14\x00\x03a/b" + IMEI),
        )
        + gap(UP, 3),
    )
    stream = b"<?xml version='1.0'?><stream:stream to='push.example' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
    yield (
        "xmpp",
        "clear",
        turns(
            (UP, stream),
            (DOWN, stream),
            (UP, b"<iq id='1' type='set'><query imei='%s'/></iq>" % IMEI),
            (UP, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            (DOWN, b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            (UP, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"),
        ),
    )
    yield (
        "mail",
        "smtp",
        bytes([0])
        + turns(
            (DOWN, b"220 mail.example ESMTP\r\n"),
            (UP, b"EHLO phone\r\n"),
            (DOWN, b"250-STARTTLS\r\n250 OK\r\n"),
            (UP, b"MAIL FROM:<a@example.org>\r\nDATA\r\n"),
            (DOWN, b"354 go\r\n"),
            (UP, b"Subject: x\r\n\r\n" + IMEI + b"\r\n.\r\nSTARTTLS\r\n"),
            (DOWN, b"220 go\r\n"),
        ),
    )
    yield (
        "mail",
        "imap",
        bytes([1])
        + turns(
            (DOWN, b"* OK ready\r\n"),
            (UP, b"a1 APPEND INBOX {5}\r\n"),
            (DOWN, b"+ go\r\n"),
            (UP, b"hello\r\na2 STARTTLS\r\n"),
            (DOWN, b"a2 OK\r\n"),
        ),
    )
    yield (
        "mail",
        "pop3",
        bytes([2]) + turns((DOWN, b"+OK ready\r\n"), (UP, b"USER a\r\nSTLS\r\n"), (DOWN, b"+OK\r\n+OK\r\n")),
    )
    yield (
        "socks",
        "five",
        turns(
            (UP, b"\x05\x02\x00\x02"),
            (DOWN, b"\x05\x02"),
            (UP, b"\x01\x01a\x01b"),
            (DOWN, b"\x01\x00"),
            (UP, b"\x05\x01\x00\x03\x09a.example\x01\xbb"),
            (DOWN, b"\x05\x00\x00\x01" + bytes(6)),
            (UP, b"GET / HTTP/1.1\r\n\r\n"),
        ),
    )
    yield (
        "socks",
        "four",
        turns(
            (UP, b"\x04\x01\x00\x50\x00\x00\x00\x01me\x00a.example\x00"),
            (DOWN, b"\x00\x5a" + bytes(6)),
            (UP, b"GET / HTTP/1.1\r\n\r\n"),
        ),
    )
    yield (
        "any_stream",
        "http_in_connect",
        turns(
            (UP, b"CONNECT a:80 HTTP/1.1\r\n\r\n"),
            (DOWN, b"HTTP/1.1 200 OK\r\n\r\n"),
            (UP, b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"),
        ),
    )
    yield "any_stream", "own", turns((UP, b"\x00\x10OWN1" + JSON), (DOWN, b"\x00\x02ok"))
    stun = b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x80\x22\x00\x04abcd"
    send = b"\x00\x16\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x13\x00\x04data"
    rtp = [b"\x80\x6f" + struct.pack(">HII", n, n * 960, 7) + bytes(20) for n in range(4)]
    yield (
        "stun",
        "call",
        turns(
            (UP, stun),
            (DOWN, stun),
            (UP, send),
            *((UP, one) for one in rtp),
            (UP, b"\x40\x00\x00\x04data"),
            (UP, b"\x80\xc8\x00\x01" + bytes(4)),
        ),
    )
    yield "small", "ntp", bytes([0]) + turns((UP, b"\x23" + bytes(47)), (DOWN, b"\x24" + bytes(47)))
    dhcp = (
        b"\x01\x01\x06\x00"
        + bytes(24)
        + b"\x02\0\0\0\0\x23"
        + bytes(10 + 192)
        + b"\x63\x82\x53\x63"
        + b"\x35\x01\x03\x0c\x05phone\x3c\x0candroid-dhcp\x32\x04\xc0\xa8\x01\x17\xff"
    )
    yield "small", "dhcp", bytes([1]) + dhcp
    yield (
        "small",
        "ssdp",
        bytes([2]) + turns((UP, b"M-SEARCH * HTTP/1.1\r\nST: urn:x\r\nUSER-AGENT: app\r\n\r\n")),
    )
    yield (
        "small",
        "mdns",
        bytes([3])
        + turns(
            (
                UP,
                bytes.fromhex("000084000000000100000000")
                + b"\x06my-one\x05local\0\0\x10\x80\x01\0\0\0\x78\0\x05\x04name",
            )
        ),
    )
    yield "any_datagram", "own", turns((UP, b"OWN" + JSON), (DOWN, b"ok"))
    yield "told", "gzip", b"/v1?a=b\napplication/json\ngzip\n" + gzip.compress(JSON, mtime=0)
    yield "told", "grpc", b"/v1\napplication/grpc\n\n\0\0\0\0\x05\x0a\x03abc"
