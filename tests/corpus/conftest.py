"""Other people's captures: where they lie, and how a test reads one."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wirewitness import decode
from wirewitness.model.decoding import DecodeRequest
from wirewitness.model.errors import InputError


def corpus_folder() -> Path:
    """The folder of the corpus, named by WIREWITNESS_CORPUS or beside the project."""
    named = os.environ.get("WIREWITNESS_CORPUS")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "corpus"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.corpus)


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = corpus_folder()
    if not folder.is_dir():
        pytest.skip(f"the corpus is not here ({folder}); name its folder in WIREWITNESS_CORPUS")
    return folder


def read_tables(capture: Path, into: Path, keys: list[Path] | None = None, phone: tuple[str, ...] | None = None):
    """Decode one capture; returns {table: list of row dicts}. Raises InputError as the tool would."""
    info = decode.prescan(capture)
    guess = decode.choose_phone([info])
    request = DecodeRequest(
        captures=(info,),
        keylogs=tuple(path.read_bytes() for path in keys or []),
        phone_addresses=guess.addresses if phone is None else phone,
        phone_macs=guess.macs if phone is None else (),
    )
    decode.decode_captures(request, into, lambda *_: None)
    return {path.stem: pq.read_table(path).to_pylist() for path in into.glob("*.parquet")}


def readable(capture: Path) -> bool:
    try:
        decode.prescan(capture)
    except InputError:
        return False
    return True
