"""Which captures a world leaves behind: usually one, taken at the home's gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wirelab.lab import Recorder
from wirelab.stage import Stage


@dataclass(frozen=True, slots=True)
class Recording:
    """One capture file of the case folder, as the case file names it. ``keys`` is a file name or empty."""

    path: str
    keys: str
    vantage: str
    networks: tuple[str, ...]
    recorder: Recorder


def record_at_gateway(stage: Stage, folder: Path, keys: str) -> list[Recording]:
    """One capture of the home's Wi-Fi. ``keys``: "all", "partial" or "none" (see :mod:`wirelab.sight`)."""
    return [add_recording(stage, folder, keys)]


def add_recording(
    stage: Stage,
    folder: Path,
    keys: str,
    *,
    name: str = "gateway",
    vantage: str = "gateway",
    networks: tuple[str, ...] = ("wifi",),
    flavour: str = "pcapng",
) -> Recording:
    """Start a recorder that runs from the beginning, with its key log beside the capture."""
    suffix = "pcap" if flavour == "pcapdroid" else "pcapng"
    stem = "capture" if name == "gateway" else f"capture-{name}"
    path, key_path = folder / f"{stem}.{suffix}", folder / f"{stem}.keys.log"
    recorder = stage.lab.record(
        path,
        name=name,
        vantage=vantage,
        networks=networks,
        flavour=flavour,
        keys="none" if keys == "none" else "separate",
        key_path=None if keys == "none" else key_path,
    )
    stage.recorded = tuple(sorted({*(stage.recorded if name != "gateway" else ()), *networks}))
    return Recording(path.name, "" if keys == "none" else key_path.name, vantage, networks, recorder)
