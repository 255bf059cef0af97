"""A timestamp from a local authority (openssl behind a small server), and how one of something else is refused."""

from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sealing import CUSTODY, SECRET

from wirewitness.bundle import Stamp, seal_case, verify_bundle
from wirewitness.bundle.timestamp import make_request
from wirewitness.cli import main
from wirewitness.cli.bundle_commands import ask_authority
from wirewitness.model.errors import InputError

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
CONFIG = """[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
[req]
distinguished_name = name
prompt = no
[name]
CN = A test authority
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,digitalSignature
subjectKeyIdentifier = hash
[ext]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """(address, root certificate) of an authority of our own."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "c.cnf").write_text(CONFIG)

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-config", "c.cnf", "-new", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-extensions", "ca")
    openssl(*new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=A test stamp")
    openssl(
        *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-out", "tsa.pem", "-days", "3650", "-extfile", "c.cnf", "-extensions", "ext"),
    )
    (folder / "serial").write_text("01\n")

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "q.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl(
                *("ts", "-reply", "-config", "c.cnf", "-section", "one", "-queryfile", "q.tsq"),
                *("-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "a.tsr"),
            )
            data = (folder / "a.tsr").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder / "ca.pem"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_bundle_carries_its_time(audited, authority, tmp_path, capsys) -> None:
    url, root = authority
    bundle = tmp_path / "case.zip"
    assert main(["seal", str(audited), "-o", str(bundle), "--timestamp", url]) == 0
    done = verify_bundle(bundle, authority=root, rerun=False)
    assert done.stamped is not None
    assert done.stamped.trusted
    capsys.readouterr()
    assert main(["verify", str(bundle), "--hashes-only"]) == 0
    said = capsys.readouterr().out
    assert "certificate was not checked" in said
    assert "Not signed" in said


def test_a_timestamp_of_something_else_is_refused(audited, authority, tmp_path) -> None:
    url, _ = authority
    stamp = Stamp(url, lambda _tags: ask_authority(url, make_request(b"something else")))
    with pytest.raises(InputError, match="timestamp of something else"):
        seal_case(audited, tmp_path / "x.zip", custody=CUSTODY, secret=SECRET, stamp=stamp)
    stamp = Stamp(url, lambda _tags: b"no token")
    with pytest.raises(InputError, match="not an answer of a timestamp authority"):
        seal_case(audited, tmp_path / "x.zip", custody=CUSTODY, secret=SECRET, stamp=stamp)
    assert not (tmp_path / "x.zip").exists()


def test_an_authority_that_is_not_there_is_one_sentence(audited, tmp_path, capsys) -> None:
    arguments = ["seal", str(audited), "-o", str(tmp_path / "x.zip"), "--timestamp"]
    assert main([*arguments, "http://127.0.0.1:9"]) == 2
    assert "gave no timestamp" in capsys.readouterr().err
    assert main([*arguments, "file:///etc/passwd"]) == 2
    assert "http://" in capsys.readouterr().err
