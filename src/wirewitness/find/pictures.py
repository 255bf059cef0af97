"""The owner's photos as pictures: what is kept of each to recognise copies of which no byte is the same.

JPEG and PNG are read by the core; HEIC and AVIF by pillow-heif, where the extra `heif` is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"))
MOST_PIXELS = 64 << 20
PRINT_BYTES = 12 << 20
"""What the prints of all files may take; beyond it they are kept in larger blocks."""
_LEAST_BLOCK = 64
_BYTES_A_BLOCK = 6


def block_for(files: Iterable[Path]) -> int:
    """Bytes of a block, so that the prints of all files stay small."""
    total = sum(file.stat().st_size for file in files if file.is_file())
    block = _LEAST_BLOCK
    while total // block * _BYTES_A_BLOCK > PRINT_BYTES:
        block *= 2
    return block


def print_of(file: bytes, block: int) -> bytes:
    """What is kept of a photo or film to recognise its pieces; b"" when none can be told."""
    from wirewitness import decode  # noqa: PLC0415 - as below

    return decode.piece_print(file, block)


def picture_of(photo: bytes) -> tuple[bytes | None, str]:
    """The picture; or None and why not: "plain", "too_large", "undecodable", "no_reader"."""
    from wirewitness import decode  # noqa: PLC0415 - what has no photos does not need the core

    if photo[4:8] != b"ftyp" or photo[8:12] not in _BRANDS:
        return decode.picture(photo)
    if find_spec("pillow_heif") is None:
        return None, "no_reader"
    heif: Any = import_module("pillow_heif")
    try:
        image = heif.open_heif(photo, convert_hdr_to_8bit=True)
        if image.size[0] * image.size[1] > MOST_PIXELS:
            return None, "too_large"
        grey = image.to_pillow().convert("L")
    except (ValueError, OSError, EOFError, SyntaxError, RuntimeError):
        return None, "undecodable"
    width, height = grey.size
    return decode.picture_of_pixels(width, height, grey.tobytes())
