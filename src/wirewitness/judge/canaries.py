"""Canaries: photos, messages and contacts that nobody has, made of a seed, each of 64 random bits and more.

Text and photo carry the same code, so that a person recognises what a program found.
"""

from __future__ import annotations

import base64
import hashlib
import io
from random import Random

from wirewitness.model.errors import ArgumentError

CODE_CHARS = 16
"""A code has 80 random bits: 16 letters of base 32."""
_COMMENT = 65_533
_SPARE = 64


def code_of(seed: str, name: str) -> str:
    """The code of a canary: only who has the seed can tell it beforehand."""
    digest = hashlib.sha256(f"canary\n{seed}\n{name}".encode()).digest()
    return base64.b32encode(digest[:10]).decode()


def message_text(seed: str, name: str, size: int) -> str:
    """A text message of exactly `size` ASCII bytes: its code, then words that nobody writes."""
    rng = Random(f"{seed}\n{name}")  # noqa: S311 - to be made again from the seed, not to keep a secret
    text = f"{code_of(seed, name)}"
    while len(text) < size:
        text += " " + "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 9)))
    return text[: size - 1] + "." if size > CODE_CHARS else text[:size]


def phone_number(seed: str, name: str) -> str:
    """A number of the range that Ofcom keeps for stories (+44 7700 900000 to 900999): it is nobody's."""
    digits = int(hashlib.sha256(f"number\n{seed}\n{name}".encode()).hexdigest(), 16) % 1000
    return f"+447700900{digits:03}"


def contact_email(seed: str, name: str) -> str:
    """A contact's address, by which it is known again: all 80 bits of the code."""
    return f"{code_of(seed, name).lower()}@canary.example"


def contact_card(seed: str, name: str, size: int = 0) -> str:
    """A contact as a vCard (RFC 6350): its code is name and address; a note fills it up to `size` bytes."""
    code = code_of(seed, name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{code};Canary;;;", f"FN:Canary {code}"]
    lines += [f"TEL:{phone_number(seed, name)}", f"EMAIL:{contact_email(seed, name)}"]
    end = ["END:VCARD", ""]
    if (room := size - len("\r\n".join([*lines, "NOTE:", *end]))) > CODE_CHARS:
        lines.append(f"NOTE:{message_text(seed, name, room)}")
    return "\r\n".join([*lines, *end])


def photo_bytes(seed: str, name: str, size: int) -> bytes:
    """A JPEG photo of exactly `size` bytes with its code printed in it and in its EXIF data.

    Noise fills it, so that a phone that makes it smaller keeps the order of sizes. Needs pillow.
    """
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - an extra
    except ImportError:
        raise ArgumentError("making photos needs pillow: pip install 'wirewitness[lab]'") from None
    code = code_of(seed, name)
    rng = Random(f"{seed}\n{name}")  # noqa: S311 - to be made again from the seed, not to keep a secret
    exif = Image.Exif()
    exif[0x010E] = f"canary {code}"
    side = max(64, int((size / 1.1) ** 0.5))
    while True:
        noise = Image.frombytes("L", (side, side), rng.randbytes(side * side))
        image = Image.merge("RGB", (noise, noise.rotate(90), noise.rotate(180)))
        ImageDraw.Draw(image).text((4, 4), code, fill="white", stroke_width=2, stroke_fill="black")
        out = io.BytesIO()
        image.save(out, "JPEG", quality=75, exif=exif)
        data = out.getvalue()
        if len(data) + _SPARE <= size:
            return _padded(data, size, rng)
        if side <= 16:
            raise ArgumentError(f"a photo of {size} bytes cannot be made; {len(data) + _SPARE} are the least")
        side = int(side * 0.9)


def _padded(data: bytes, size: int, rng: Random) -> bytes:
    """Comments (ITU T.81, B.2.4.5) after the start of the image fill it up to the size."""
    comments = b""
    room = size - len(data)
    while room:
        length = min(room - 4, _COMMENT)
        if 0 < room - 4 - length < 4:
            length -= 4
        comments += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + rng.randbytes(length)
        room -= length + 4
    return data[:2] + comments + data[2:]
