"""What one more phone costs the cloud, from the first thousand to the hundred thousandth.

    python benchmarks/cost_per_phone.py [--phones 100000]

Each simulated phone registers the consent record of its week and sends one report under it, through the
whole application on one SQLite file, without sockets. Prints the cloud's own time and the bytes of its file
for each phone of the last thousand. The time to make and sign requests is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from optin.cloud.app import Cloud
from optin.cloud.service import CloudKeys
from optin.cloud.store import Store
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request
from optin.protocol.preference import QUESTIONS, PreferenceReport, name_week
from optin.protocol.proof import CONSENT_HEADER, prove
from optin.protocol.signed_record import SignedRecord

HOST, BLOCK = "cloud.example", 1000
TOLD_AT = (1_000, 3_000, 10_000, 30_000, 100_000)


def main() -> None:
    """Measure, and print a line at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=100_000)
    phones = parser.parse_args().phones
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cloud.sqlite"
        store = Store(f"sqlite:///{file}")
        cloud = Cloud(lambda: datetime.now(UTC), None, (), CloudKeys(bytes(32)), store)
        for done in range(BLOCK, phones + 1, BLOCK):
            requests = [request for _ in range(BLOCK) for request in _phone()]
            began, size = time.process_time(), _size(file)
            asyncio.run(_serve(cloud, requests))
            if done in TOLD_AT or done == phones:
                spent = (time.process_time() - began) / BLOCK
                grown = (_size(file) - size) / BLOCK
                print(f"{done:>7} phones: {spent * 1e3:.2f} ms and {grown:.0f} bytes each", flush=True)
        store.close()


def _size(file: Path) -> int:
    return sum(path.stat().st_size for path in file.parent.iterdir() if path.suffix == ".sqlite")


def _phone() -> tuple[Request, Request]:
    now, seed = datetime.now(UTC), os.urandom(32)
    consent = Consent(f"consent-{os.urandom(16).hex()}", ("preference",), (HOST,), "recommendation", now)
    record = SignedRecord.make(consent, seed).encoded
    body = PreferenceReport(name_week(now), "m", 2.0, dict.fromkeys(QUESTIONS, 1)).encode()
    report = Request("POST", HOST, "/v1/preferences", ((CONSENT_HEADER, consent.id),), body)
    return (
        Request("PUT", HOST, f"/v1/consents/{consent.id}", (), record),
        prove(report, consent.id, seed, now, os.urandom(16)),
    )


async def _serve(cloud: Cloud, requests: list[Request]) -> None:
    for request in requests:
        statuses: list[int] = []

        async def receive(body: bytes = request.body) -> dict[str, object]:
            return {"type": "http.request", "body": body}

        async def send(event: object, told: list[int] = statuses) -> None:
            told.append(getattr(event, "get", dict)("status", 0))

        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
        scope = {"type": "http", "method": request.method, "path": request.path}
        await cloud({**scope, "headers": [(b"host", HOST.encode()), *headers]}, receive, send)
        if not 200 <= statuses[0] < 300:
            raise SystemExit(f"refused with {statuses[0]}")


if __name__ == "__main__":
    main()
