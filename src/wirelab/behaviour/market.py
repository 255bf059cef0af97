"""The app market: once a day the names of installed apps go up, to learn which have news."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.lab import App, Request, Response

if TYPE_CHECKING:
    from wirelab.stage import Stage

MARKET = App("com.appmarket.store", 10060, "AppMarket/8.1 (VN-2014)")
MARKET_HOST = "fdfe.appmarket.example"


def check_market(stage: Stage) -> None:
    """Plan the daily check."""
    lab = stage.lab
    lab.host(
        MARKET_HOST,
        lab.addresses.pick("US"),
        "US",
        lambda _: Response(200, (("Content-Type", "application/json"),), b'{"updates":[]}'),
        alpn=("h2", "http/1.1"),
    )
    body = json.dumps({"installed": list(stage.owner.apps)}, separators=(",", ":")).encode()
    facts = [f"app:{index}" for index in range(1, len(stage.owner.rare_apps) + 1)]
    data = tuple(Datum("app_list", fact, ("json",)) for fact in facts)
    request = Request("POST", MARKET_HOST, "/check", (("Content-Type", "application/json"),), body)
    stage.every(
        86_400,
        lambda: stage.doze.soon(lambda: stage.send(MARKET, request, data)),
        start=stage.day(0, "02:40"),
        jitter_s=600,
        name="market",
    )
