"""Decodes one capture into rows, for tests that look at tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from wirewitness import decode
from wirewitness.model.decoding import DecodeRequest


def read_tables(
    capture: Path, into: Path, keys: list[Path] | None = None, phone: tuple[str, ...] | None = None
):
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
