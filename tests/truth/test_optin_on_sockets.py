"""The witness on an honest run over real sockets: with the owner's audit export it finds the planted photo in the
backup and joins it to its consent; without the export the same capture stays unread."""

from __future__ import annotations

import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from PIL import Image

pytestmark = pytest.mark.lab
_LOOPBACK = "lo"


class Capture:
    """A pcap of one TCP port on loopback, as the kernel shows it."""

    def __init__(self, path, port):
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self._socket.bind((_LOOPBACK, 0))
        except (AttributeError, PermissionError, OSError) as error:
            pytest.skip(f"packets of loopback may not be captured here ({error})")
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 * 1024 * 1024)  # SO_RCVBUFFORCE
        self._socket.settimeout(0.2)
        self._path, self._port, self._done = path, port, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with self._path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            while True:
                try:
                    frame, sender = self._socket.recvfrom(262144)
                except TimeoutError:
                    if self._done.is_set():
                        return
                    continue
                # Each packet of loopback is shown twice, going out and coming in; type 4 is going out.
                ports = struct.unpack("!HH", frame[34:38]) if len(frame) > 38 and frame[23] == 6 else ()
                if sender[2] != 4 and self._port in ports:
                    now = time.time_ns()
                    file.write(
                        struct.pack("<IIII", now // 10**9, now % 10**9 // 1000, len(frame), len(frame))
                    )
                    file.write(frame)

    def stop(self):
        self._done.set()
        self._thread.join()
        self._socket.close()


def optin(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "optin", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def audit(folder, export, output):
    """What the witness makes of the capture, with the owner's export or without."""
    case = 'format = "wirewitness-case/1"\ntitle = "an honest run"\nowner = "owner.toml"\n'
    case += f'audit_export = "{export.name}"\n' if export else ""
    case += '[device]\nvendor = "V"\nmodel = "M"\naddresses = ["127.0.0.1"]\nvendor_domains = ["localhost"]\n'
    case += '[[capture]]\npath = "lo.pcap"\nnetwork = "wifi"\n' + CLAIM
    (folder / "case.toml").write_text(case)
    (folder / "owner.toml").write_text('format = "wirewitness-owner/1"\nphotos = "dcim"\n')
    command = [sys.executable, "-m", "wirewitness", "audit", "--case", str(folder / "case.toml"), "--quiet"]
    ended = subprocess.run([*command, "-o", str(output)], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads((output / "result.json").read_text())


CLAIM = """
[[claim]]
id = "C5"
source = "the owner"
quote = "It sends photos that no consent covers."
date = "2026-01-01"
text = { en = "Photos leave that no consent covers.", fr = "Des photos partent sans consentement.", zh = "有照片未经同意被发送。" }
about = "exposure"
data = ["photo"]
hosts = ["localhost"]
consent = "uncovered"
polarity = "asserts"
"""


def test_the_witness_finds_the_planted_photo_with_the_export_and_nothing_without(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    capture = Capture(tmp_path / "lo.pcap", port)
    command = [
        sys.executable,
        "-m",
        "optin",
        "cloud",
        "--state",
        str(tmp_path / "cloud"),
        "--port",
        str(port),
    ]
    cloud = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        home, photos = ("--home", tmp_path / "phone"), tmp_path / "dcim"
        photos.mkdir()
        image = Image.frombytes("RGB", (200, 150), random.Random(4).randbytes(90_000))
        image.save(photos / "planted.jpg", quality=90)
        optin("phone", "pair", tmp_path / "cloud/pairing.json", *home)
        optin("phone", "on", "backup_photos", *home)
        optin("phone", "offer", "--photos", photos, *home)
        optin("phone", "sync", "--network", "wifi", *home)
        optin("phone", "audit-export", "-o", tmp_path / "export.json", *home)
    finally:
        cloud.terminate()
        cloud.wait(20)
        capture.stop()

    with_export = audit(tmp_path, tmp_path / "export.json", tmp_path / "with")
    found = [row for row in with_export["exposures"] if "planted" in row["fact"]]
    assert found, "the planted photo, inside its sealed chunk"
    consents = {row["id"] for row in json.loads((tmp_path / "export.json").read_text())["consents"]}
    assert consents
    without = audit(tmp_path, None, tmp_path / "without")
    assert not without["exposures"]
    assert {row["claim"]: row["outcome"] for row in without["verdicts"]} == {"C5": "cannot_tell"}
    assert {row["claim"]: row["outcome"] for row in with_export["verdicts"]} != {"C5": "supported"}
