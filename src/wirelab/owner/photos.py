"""The owner's photos: real image files with the EXIF data of a camera, drawn from the seed.

Each is a made-up scene (soft colours, shapes, grain), so that two photos differ everywhere and compress like
photos. The camera does not write its position: who wants a photo to betray a place must say so in a world.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pillow_heif  # type: ignore[import-untyped, unused-ignore]
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import random

CAMERA_MAKER, CAMERA_MODEL = "Vendor", "VN-2014"
_WIDTH, _HEIGHT = 960, 720
_EXIF_IFD = 0x8769


@dataclass(frozen=True, slots=True)
class Photo:
    """One image file of the owner. ``name`` is its file name, ``media_type`` as in a Content-Type."""

    name: str
    media_type: str
    data: bytes

    @property
    def fact(self) -> str:
        """The id of this photo among the owner's facts."""
        return f"photo:{self.name}"


def make_photos(rng: random.Random, count: int, until: datetime) -> tuple[Photo, ...]:
    """``count`` photos taken in the weeks before ``until``: mostly JPEG, one PNG screenshot, one HEIC."""
    photos = []
    for number in range(1, count + 1):
        taken = until - timedelta(minutes=rng.randrange(60, 60 * 24 * 40))
        if number == count - 2:
            photos.append(Photo(f"Screenshot_{number:04}.png", "image/png", _png(rng)))
        elif number == count - 3:
            photos.append(Photo(f"IMG_{number:04}.heic", "image/heic", _heic(rng)))
        else:
            photos.append(Photo(f"IMG_{number:04}.jpg", "image/jpeg", _jpeg(rng, taken)))
    return tuple(photos)


def draw_scene(rng: random.Random, width: int = _WIDTH, height: int = _HEIGHT) -> Image.Image:
    """A picture that looks like nothing and like no other."""
    colours = Image.frombytes("RGB", (8, 6), rng.randbytes(8 * 6 * 3))
    scene = colours.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(scene)
    for _ in range(14):
        x, y = rng.randrange(width), rng.randrange(height)
        size = rng.randrange(20, 200)
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        draw.ellipse((x, y, x + size, y + rng.randrange(10, size + 10)), fill=colour)
    grain = Image.frombytes("L", (width // 2, height // 2), rng.randbytes((width // 2) * (height // 2)))
    return Image.blend(scene, grain.resize((width, height)).convert("RGB"), rng.uniform(0.02, 0.09))


def _jpeg(rng: random.Random, taken: datetime) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = CAMERA_MAKER, CAMERA_MODEL, "camera 2.1"
    exif[0x0112], exif[0x0132] = 1, taken.strftime("%Y:%m:%d %H:%M:%S")
    exif.get_ifd(_EXIF_IFD)[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif.get_ifd(_EXIF_IFD)[0x8827] = rng.choice((100, 200, 400, 800))
    out = io.BytesIO()
    draw_scene(rng).save(out, "JPEG", quality=rng.randrange(78, 88), exif=exif)
    return out.getvalue()


def _png(rng: random.Random) -> bytes:
    scene = Image.new("RGB", (540, 960), (rng.randrange(256), rng.randrange(256), rng.randrange(256)))
    draw = ImageDraw.Draw(scene)
    for row in range(30):
        shade = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        draw.rectangle((20, 20 + row * 31, rng.randrange(60, 520), 40 + row * 31), fill=shade)
    patch = Image.frombytes("RGB", (100, 100), rng.randbytes(100 * 100 * 3))
    scene.paste(patch, (rng.randrange(400), rng.randrange(800)))
    out = io.BytesIO()
    scene.save(out, "PNG")
    return out.getvalue()


def _heic(rng: random.Random) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(draw_scene(rng, 640, 480)).save(out, quality=60)
    return out.getvalue()
