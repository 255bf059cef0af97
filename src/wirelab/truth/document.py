"""``truth.json``: what really happened, and every claim's right verdict.

Schema: ``schemas/truth.schema.json``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from optin.protocol.moment import render_moment
from wirelab.claims import Claim
from wirelab.clock import utc
from wirelab.lab import Sent
from wirelab.sight import SIGHTS, Sight
from wirelab.truth.departure import Departure, can_see, list_departures
from wirelab.truth.verdict import Bench

if TYPE_CHECKING:
    from wirelab.stage import Stage
    from wirelab.world import World

FORMAT = "wirelab-truth/1"


def render_truth(stage: Stage, world: World, sight: Sight) -> str:
    """The whole document as text, in canonical order, so that the same seed gives the same truth."""
    departures = list_departures(stage)
    document = {
        "format": FORMAT,
        "world": world.name,
        "title": world.title,
        "summary": world.summary,
        "seed": stage.seed,
        "sight": sight.name,
        "departures": [_departure(stage, departure, sight) for departure in departures],
        "attempts": [
            {
                "time": _time(attempt.time_ns),
                "flow": attempt.flow,
                "host": attempt.host,
                "address": attempt.address,
                "app": attempt.app.name,
                "how": attempt.how,
            }
            for attempt in stage.attempts
        ],
        "answers": [
            {
                "time": _time(answer.time_ns),
                "host": answer.host,
                "kind": answer.kind,
                "flow": answer.sent.flow,
            }
            for answer in stage.answers
        ],
        "destinations": _destinations(stage),
        "rhythms": [
            {
                "host": beat.host,
                "what": beat.what,
                "period_s": beat.period_s,
                "jitter_s": beat.jitter_s,
                "from": render_moment(beat.start),
                "until": render_moment(beat.until),
            }
            for beat in stage.list_beats()
        ],
        "down": [
            {"recorder": down.recorder, "from": _time(down.start_ns), "until": _time(down.until_ns)}
            for down in stage.list_down()
        ],
        "verdicts": {claim.id: _verdict(stage, departures, claim) for claim in stage.claims},
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _verdict(stage: Stage, departures: list[Departure], claim: Claim) -> dict[str, object]:
    judged = {name: Bench(stage, departures, seen).judge(claim) for name, seen in SIGHTS.items()}
    return {
        "polarity": claim.polarity,
        "about": claim.about,
        "outcomes": {name: outcome for name, (outcome, _) in judged.items()},
        "reasons": {name: list(whys) for name, (_, whys) in judged.items() if whys},
    }


def _departure(stage: Stage, departure: Departure, sight: Sight) -> dict[str, object]:
    sent, datum = departure.sent, departure.datum
    request = sent.request
    return {
        "time": _time(sent.time_ns),
        "flow": sent.flow,
        "ordinal": sent.ordinal,
        "stream": sent.stream,
        "number": sent.number,
        "seen": [
            {"recorder": seen.recorder, "flow": seen.flow, "time": _time(seen.time_ns)} for seen in sent.seen
        ],
        "protocol": sent.protocol,
        "method": "" if request is None else request.method,
        "target": "" if request is None else request.target,
        "host": sent.host,
        "address": sent.address,
        "port": sent.port,
        "country": sent.country,
        "network": sent.network,
        "app": sent.app.name,
        "kind": datum.kind,
        "fact": datum.fact,
        "masked": datum.masked,
        "foreign": datum.foreign,
        "chain": list(datum.chain),
        "where": datum.where,
        "conditions": dict(departure.conditions),
        "consents": list(departure.covered),
        "visible": can_see(departure, sight, vendor=stage.is_vendor(sent.host)),
    }


def _destinations(stage: Stage) -> list[dict[str, object]]:
    by_host: dict[str, list[Sent]] = {}
    for sent in stage.sent:
        if sent.captured and sent.protocol != "dns":
            by_host.setdefault(sent.host, []).append(sent)
    return [
        {
            "host": host,
            "addresses": sorted({sent.address for sent in all_sent}),
            "country": all_sent[0].country,
            "vendor": stage.is_vendor(host),
            "messages": len(all_sent),
            "first": _time(min(sent.time_ns for sent in all_sent)),
            "last": _time(max(sent.time_ns for sent in all_sent)),
        }
        for host, all_sent in sorted(by_host.items())
    ]


def _time(time_ns: int) -> str:
    return render_moment(utc(time_ns))
