"""Real peers: httpx speaks to hypercorn on loopback, tcpdump records, and the witness reads what went over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import shutil
import socket
import ssl
import subprocess
import threading
import time

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypercorn.asyncio import serve
from hypercorn.config import Config

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
        loop.close()


@contextlib.contextmanager
def recorded(path, port):
    """tcpdump on loopback; skips where it is not there or not permitted."""
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    command = ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-w", str(path), "tcp", "port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
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
    (tmp_path / "owner.toml").write_text(OWNER)
    keys = [tmp_path / "keys.log"] if secure else []
    result = audit(
        [capture], tmp_path / "audit", owner=tmp_path / "owner.toml", keys=keys, phone=["127.0.0.1"]
    )
    (exposure,) = [one for one in result.exposures if one.fact == "imei"]
    assert exposure.destination == "localhost"
    assert exposure.where == "body"
    assert [step.codec for step in exposure.steps] == ["json"]
