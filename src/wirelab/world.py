"""A world: a module with a docstring and ``play(stage)``.

Found by name among the built-in ones, or by its file.

A module may also define ``TITLE`` (one line), ``DAYS`` (how many days are played, the control day included),
``PHOTOS`` (how many the owner has), and ``record(stage, folder)`` (which captures are made, see
:mod:`wirelab.play`).
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import wirelab.worlds
from wirelab.recording import Recording, record_at_gateway
from wirelab.stage import Stage


class UnknownWorldError(LookupError):
    """There is no such world, or the file holds none. The message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class World:
    """What the player needs to know of a world. ``summary`` is its paragraph, ``days`` at least 2."""

    name: str
    title: str
    summary: str
    play: Callable[[Stage], None]
    record: Callable[[Stage, Path, str], list[Recording]]
    days: int = 4
    photos: int = 12


def list_worlds() -> list[str]:
    """Names of the built-in worlds, in order."""
    return sorted(
        module.name for module in pkgutil.iter_modules(wirelab.worlds.__path__) if module.name[0] != "_"
    )


def find_world(name: str) -> World:
    """The built-in world of that name, or the one in the file ``name`` when it ends in ``.py``.

    Raises:
        UnknownWorldError: when there is none.
    """
    if name.endswith(".py"):
        return _from_module(_load(Path(name)), Path(name).stem)
    if name not in list_worlds():
        raise UnknownWorldError(f"there is no world {name!r}; `wirelab worlds` lists them")
    return _from_module(importlib.import_module(f"wirelab.worlds.{name}"), name)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"wirelab_world_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UnknownWorldError(f"there is no world in the file {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _from_module(module: ModuleType, name: str) -> World:
    play = getattr(module, "play", None)
    summary = (module.__doc__ or "").strip()
    if not callable(play) or not summary:
        raise UnknownWorldError(
            f"the world {name!r} needs a docstring that describes it and a function play(stage)"
        )
    return World(
        name=name,
        title=getattr(module, "TITLE", name.replace("_", " ").capitalize()),
        summary=" ".join(summary.split()),
        play=play,
        record=getattr(module, "record", record_at_gateway),
        days=getattr(module, "DAYS", 4),
        photos=getattr(module, "PHOTOS", 12),
    )
