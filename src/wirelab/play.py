"""Playing a world.

A folder with captures, keys, owner, events, case file, audit export, and the truth beside them.

Everything is written into a temporary folder next to the wanted one and renamed at the end, so that an
interrupted play leaves nothing that looks whole.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wirelab.case_file import render_case
from wirelab.lab import Lab, LabOptions
from wirelab.owner.files import write_owner
from wirelab.owner.messages import Message
from wirelab.owner.person import Owner, make_owner
from wirelab.owner.photos import Photo
from wirelab.sight import Sight
from wirelab.stage import Consented, Stage
from wirelab.trials import Trials, plan_trials
from wirelab.truth.document import render_truth
from wirelab.world import World

START = datetime(2014, 7, 20, tzinfo=UTC)
"""Midnight before the control day of every world."""


def play(world: World, seed: int, folder: Path, sight: Sight) -> None:
    """Play one world into a folder that must not exist yet.

    Raises:
        FileExistsError: when something of that name is there.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".part", dir=folder.parent))
    try:
        _play_into(world, seed, unfinished, sight)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _play_into(world: World, seed: int, folder: Path, sight: Sight) -> None:
    owner = make_owner(seed, START, photos=world.photos)
    end = START + timedelta(days=world.days)
    with Lab(seed, START, LabOptions(phone_mac=owner.identifiers.mac)) as lab:
        stage = Stage(lab, seed, owner, sight, start=START, end=end)
        trials = plan_trials(seed, owner, stage.day(1), world.days - 1) if sight.trials else None
        if trials is not None:
            trials.schedule(stage)
        recordings = world.record(stage, folder, sight.keys)
        stage.diary.recorder("start")
        world.play(stage)
        lab.run(end)
        stage.diary.recorder("stop")
    export = b"" if stage.agent is None else stage.agent.audit_export()
    if stage.agent is not None:
        stage.consents[:0] = [
            Consented(
                record.id, record.data, record.hosts, record.purpose, record.start, record.until,
                tuple(record.when.items()),
            )
            for record in stage.agent.agent.consents()
            if record.data
        ]  # fmt: skip
    if trials is not None:
        owner = _with_canaries(owner, trials)
        (folder / "trials.json").write_text(trials.render(), encoding="utf-8")
    write_owner(owner, folder)
    (folder / "case.toml").write_text(render_case(stage, recordings, sight), encoding="utf-8")
    if sight.events:
        (folder / "events.csv").write_text(stage.diary.render(), encoding="utf-8")
    if sight.audit_export:
        (folder / "audit_export.json").write_bytes(export)
    (folder / "truth.json").write_text(render_truth(stage, world, sight), encoding="utf-8")


def _with_canaries(owner: Owner, trials: Trials) -> Owner:
    """What was planted is the owner's too, so that it is found wherever bytes can be read."""
    items = list(trials.items())
    return replace(
        owner,
        photos=(*owner.photos, *(item for item in items if isinstance(item, Photo))),
        messages=(*owner.messages, *(item for item in items if isinstance(item, Message))),
    )
