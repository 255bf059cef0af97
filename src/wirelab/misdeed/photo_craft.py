"""What can be done to a photo before it is sent: made smaller, turned, cut, taken as a thumbnail.

JPEG comes out.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pillow_heif
from PIL import Image

from wirelab.parcel import Parcel

if TYPE_CHECKING:
    from wirelab.owner.photos import Photo


def recompress(photo: Photo, quality: int = 45, width: int = 640) -> Parcel:
    """Scaled down and saved again, without EXIF."""
    image = _open(photo)
    image.thumbnail((width, width))
    return _save(image, quality, "recompress")


def turn_and_crop(photo: Photo, quality: int = 85) -> Parcel:
    """Turned by a quarter, a tenth cut off on each side."""
    image = _open(photo).transpose(Image.Transpose.ROTATE_90)
    width, height = image.size
    box = (width // 10, height // 10, width - width // 10, height - height // 10)
    return _save(image.crop(box), quality, "rotate_crop")


def thumbnail(photo: Photo, size: int = 160) -> Parcel:
    """Small enough for a list."""
    image = _open(photo)
    image.thumbnail((size, size))
    return _save(image, 70, "thumbnail")


def _open(photo: Photo) -> Image.Image:
    if photo.media_type == "image/heic":
        return pillow_heif.open_heif(io.BytesIO(photo.data)).to_pillow()
    return Image.open(io.BytesIO(photo.data)).convert("RGB")


def _save(image: Image.Image, quality: int, step: str) -> Parcel:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return Parcel(out.getvalue(), (step,))
