"""Ads and analytics in apps: identifiers to third parties, in the encodings that such kits use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.behaviour.day import waking_moments
from wirelab.datum import Datum
from wirelab.lab import App, Request, Response
from wirelab.parcel import Parcel

if TYPE_CHECKING:
    from wirelab.stage import Stage

READER = App("com.dailyreader.news", 10051, "DailyReader/12 (Android)")
AD_HOST, STATS_HOST, EVENTS_HOST = "bid.adbarn.example", "t.statsfield.example", "in.eventmill.example"
_EACH_DAY = 3
_JSON, _FORM, _PROTO = "application/json", "application/x-www-form-urlencoded", "application/x-protobuf"


def show_ads(stage: Stage) -> None:
    """Plan a few bids, statistics and event batches a day."""
    lab = stage.lab
    for host, country in ((AD_HOST, "IE"), (STATS_HOST, "NL"), (EVENTS_HOST, "US")):
        lab.host(host, lab.addresses.pick(country), country, lambda _: Response(200, (), b"ok"))
    for moment in waking_moments(stage, "ads", _EACH_DAY):
        stage.at(moment, lambda: _ask_for_ad(stage))
    for moment in waking_moments(stage, "stats", _EACH_DAY):
        stage.at(moment, lambda: _count_view(stage))
    for moment in waking_moments(stage, "events", _EACH_DAY):
        stage.at(moment, lambda: _send_events(stage))


def _ask_for_ad(stage: Stage) -> None:
    """The advertising identifier in gzip'd JSON."""
    beside = {"app": READER.name, "size": "320x50", "os": "4.4.2"}
    parcel = Parcel.of(stage.owner.identifiers.advertising).json("ifa", beside).gzip()
    headers = (("Content-Type", _JSON), ("Content-Encoding", "gzip"))
    data = (Datum("identifier.advertising", "advertising", parcel.chain),)
    stage.send(READER, Request("POST", AD_HOST, "/openbid", headers, parcel.data), data)


def _count_view(stage: Stage) -> None:
    """The MD5 of the Android id, in JSON, in base64, in a form field."""
    digest = Parcel.of(stage.owner.identifiers.android_id).digest("md5").hex()
    parcel = digest.json("did", {"ev": "view", "v": 3}).base64().form("data", {"k": "7f21", "fmt": "b64"})
    data = (Datum("identifier.android_id", "android_id", parcel.chain),)
    stage.send(READER, Request("POST", STATS_HOST, "/e", (("Content-Type", _FORM),), parcel.data), data)


def _send_events(stage: Stage) -> None:
    """The advertising identifier in gzip'd protocol buffers."""
    parcel = Parcel.of(stage.owner.identifiers.advertising).protobuf(4, {1: 7, 2: "session_start"}).gzip()
    data = (Datum("identifier.advertising", "advertising", parcel.chain),)
    stage.send(READER, Request("POST", EVENTS_HOST, "/batch", (("Content-Type", _PROTO),), parcel.data), data)
