"""Key logs that lie beside a capture, as PCAPdroid and browsers write them; known by content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

MOST_FILES = 1_000
"""Of a folder with more files no key log is looked for: it is no folder of one recording."""
MOST_BYTES = 64 << 20
_HEAD = 4096
_LINE = re.compile(
    rb"(CLIENT_RANDOM|(CLIENT|SERVER)_(HANDSHAKE_TRAFFIC_SECRET|TRAFFIC_SECRET_0)|"
    rb"CLIENT_EARLY_TRAFFIC_SECRET|(EARLY_)?EXPORTER_SECRET) [0-9a-fA-F]{64} [0-9a-fA-F]{64,128}\s*"
)


def is_key_log(head: bytes) -> bool:
    r"""Whether the first line that is no comment gives a secret, as NSS's key log format has it.

    >>> is_key_log(b"# by a browser\nCLIENT_RANDOM " + b"0" * 64 + b" " + b"1" * 96)
    True
    >>> is_key_log(b"CLIENT_RANDOM of a story")
    False
    """
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    said = (line for line in lines if line.strip() and not line.startswith(b"#"))
    return _LINE.fullmatch(next(said, b"")) is not None


def find_sibling_keys(captures: Iterable[Path]) -> tuple[Path, ...]:
    """The key logs in the captures' own folders, by name; what may not be read is passed over."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in captures)
    return tuple(file for folder in folders for file in _files(folder) if is_key_log(_head(file)))


def _files(folder: Path) -> list[Path]:
    try:
        inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        if len(inside) > MOST_FILES:
            return []
        return [path for path in inside if path.is_file() and path.stat().st_size <= MOST_BYTES]
    except OSError:  # keys that nobody named are a help where they can be had, and no reason to stop
        return []


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD)
    except OSError:
        return b""
