"""Real peers: httpx and aioquic speak to hypercorn on loopback, tcpdump records, the witness reads what went over."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

import httpx
import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypercorn.asyncio import serve
from hypercorn.config import Config

from wirewitness.api import open_case
from wirewitness.case import audit

IMEI = "490154203237518"
OWNER = f'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\nvalue = "{IMEI}"\n'


async def answer(_scope, receive, send):
    """An ASGI app that takes anything."""
    while (await receive()).get("more_body"):
        pass
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": b'{"ok": true}'})


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(data)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(folder, port, *, secure):
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.errorlog = config.accesslog = None
    if secure:
        config.certfile, config.keyfile = str(folder / "cert.pem"), str(folder / "key.pem")
        config.quic_bind = [f"127.0.0.1:{port}"]
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run():
        await serve(answer, config, shutdown_trigger=stop.wait)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ResourceWarning
            )  # hypercorn leaves its UDP socket to the collector
            loop.close()
            gc.collect()


@contextlib.contextmanager
def recorded(path, port, out=None):
    """tcpdump on loopback; skips where it is not there or not permitted."""
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    command = ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-w", str(path), "port", str(port)]
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "listening on" in line:
                break
        else:
            pytest.skip("tcpdump may not record here (it needs CAP_NET_RAW)")
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


def post(port, folder, *, secure, http2):
    """One request with a private value, by a client that writes its key log; it tries until the server is up."""
    context = ssl.create_default_context(cafile=str(folder / "cert.pem")) if secure else False
    if secure:
        context.keylog_filename = str(folder / "keys.log")
    url = f"{'https' if secure else 'http'}://localhost:{port}/v1/report"
    for attempt in range(100):
        try:
            with httpx.Client(verify=context, http1=not http2, http2=http2, trust_env=False) as client:
                reply = client.post(url, json={"device": {"imei": IMEI}})
            assert (reply.status_code, reply.http_version) == (200, "HTTP/2" if http2 else "HTTP/1.1")
        except httpx.ConnectError:
            if attempt == 99:
                raise
            time.sleep(0.05)
        else:
            return


class Http3(QuicConnectionProtocol):
    """A client of HTTP/3: one request at a time."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.http = H3Connection(self._quic)
        self.status, self.ended = None, asyncio.Event()

    def quic_event_received(self, event):
        for one in self.http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self.status = dict(one.headers)[b":status"]
            if isinstance(one, HeadersReceived | DataReceived) and one.stream_ended:
                self.ended.set()

    async def post(self, path, body):
        stream = self._quic.get_next_available_stream_id()
        head = [
            (b":method", b"POST"),
            (b":scheme", b"https"),
            (b":authority", b"localhost"),
            (b":path", path),
            (b"content-type", b"application/json"),
        ]
        self.http.send_headers(stream, head)
        self.http.send_data(stream, body, end_stream=True)
        self.transmit()
        await self.ended.wait()
        return self.status


def post_http3(port, folder):
    """The same request over QUIC; it tries until the server is up."""

    async def run():
        status = None
        for attempt in range(20):
            try:
                async with (
                    asyncio.timeout(2),
                    connect("127.0.0.1", port, configuration=config, create_protocol=Http3) as client,
                ):
                    status = await client.post(b"/v1/report", json.dumps({"device": {"imei": IMEI}}).encode())
                break
            except (ConnectionError, TimeoutError):
                if attempt == 19:
                    raise
        return status

    with (folder / "keys.log").open("w") as log:
        config = QuicConfiguration(
            is_client=True, alpn_protocols=["h3"], server_name="localhost", secrets_log_file=log
        )
        config.load_verify_locations(str(folder / "cert.pem"))
        assert asyncio.run(run()) == b"200"


def the_value_is_found(folder, capture, *, secure, protocol):
    (folder / "owner.toml").write_text(OWNER)
    keys = [folder / "keys.log"] if secure else []
    result = audit([capture], folder / "audit", owner=folder / "owner.toml", keys=keys, phone=["127.0.0.1"])
    (exposure,) = [one for one in result.exposures if one.fact == "imei"]
    assert exposure.destination == "localhost"
    assert exposure.where == "body"
    assert [step.codec for step in exposure.steps] == ["json"]
    messages = open_case(folder / "audit").sql("SELECT DISTINCT protocol FROM message WHERE up")
    assert messages.to_pylist() == [{"protocol": protocol}]


@pytest.mark.parametrize(
    ("secure", "http2"),
    [(False, False), (True, False), (True, True)],
    ids=["http/1.1", "tls http/1.1", "tls http/2"],
)
def test_what_a_real_client_sends_to_a_real_server_is_read(tmp_path, secure, http2):
    certificate(tmp_path)
    port = free_port()
    capture = tmp_path / "loopback.pcap"
    with recorded(capture, port), server(tmp_path, port, secure=secure):
        post(port, tmp_path, secure=secure, http2=http2)
    the_value_is_found(tmp_path, capture, secure=secure, protocol="h2" if http2 else "http/1.1")


def test_what_a_real_client_sends_over_http3_is_read(tmp_path):
    certificate(tmp_path)
    port = free_port()
    capture = tmp_path / "loopback.pcap"
    with recorded(capture, port), server(tmp_path, port, secure=True):
        post_http3(port, tmp_path)
    the_value_is_found(tmp_path, capture, secure=True, protocol="h3")


def test_tcpdump_may_write_into_the_audit_itself(tmp_path):
    """`tcpdump -w - | wirewitness audit -`: what goes over loopback meanwhile is found when tcpdump ends."""
    port = free_port()
    (tmp_path / "owner.toml").write_text(OWNER)
    command = [sys.executable, "-m", "wirewitness", "audit", "-", "-o", "night", "--owner", "owner.toml"]
    ours, theirs = os.pipe()
    with subprocess.Popen([*command, "--phone", "127.0.0.1"], stdin=ours, cwd=tmp_path) as audited:
        os.close(ours)
        with (
            os.fdopen(theirs, "wb") as pipe,
            recorded("-", port, out=pipe),
            server(tmp_path, port, secure=False),
        ):
            post(port, tmp_path, secure=False, http2=False)
        assert audited.wait(60) == 0
    assert [one.fact for one in open_case(tmp_path / "night").exposures] == ["imei"]
