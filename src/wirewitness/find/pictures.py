"""The owner's photos as pictures: what is kept of each to recognise copies of which no byte is the same.

JPEG and PNG are read by the core; HEIC and AVIF by pillow-heif, where the extra `heif` is installed.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"))
MOST_PIXELS = 64 << 20


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
