"""Watching a film in the evening: segments of some hundred kilobytes come down over HTTP/3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.lab import App, Request, Response

if TYPE_CHECKING:
    from wirelab.stage import Stage

PLAYER = App("com.streambrook.player", 10041, "Streambrook/7 (ExoPlayer)")
VIDEO_HOST = "edge.streambrook.example"
_SEGMENTS, _SEGMENT_BYTES = 5, 120_000


def watch(stage: Stage) -> None:
    """Plan one film an evening."""
    lab, rng = stage.lab, stage.rng("stream")
    segment = rng.randbytes(_SEGMENT_BYTES)
    lab.host(
        VIDEO_HOST,
        lab.addresses.pick("FR"),
        "FR",
        lambda _: Response(200, (("Content-Type", "video/mp4"),), segment),
        alpn=("h3",),
    )
    for day in range((stage.end - stage.start).days):
        for index in range(_SEGMENTS):
            moment = stage.day(day, f"13:{20 + index:02}")
            stage.at(moment, lambda day=day, index=index: _fetch(stage, day, index))  # type: ignore[misc]


def _fetch(stage: Stage, day: int, index: int) -> None:
    stage.send(PLAYER, Request("GET", VIDEO_HOST, f"/film/{day:02}/seg-{index:04}.m4s"))
