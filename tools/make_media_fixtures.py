"""Small images, sounds and films in the formats that the core confirms, written by other people's libraries.

pip install pillow==13.0.0 pillow-heif==1.8.1 av==18.1.0
python tools/make_media_fixtures.py      writes crates/wirecore/tests/fixtures/media/

The libraries are needed for this only; `crates/wirecore/src/scan/media/files_tests.rs` reads what they wrote.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pillow_heif
from PIL import Image, ImageFilter

FOLDER = Path(__file__).parents[1] / "crates/wirecore/tests/fixtures/media"
RATE = 48_000
PLACE = (48.8583701, 2.2944813)


def main() -> None:
    """Writes every fixture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in fixtures().items():
        (FOLDER / name).write_bytes(data)
        print(f"{name:16} {len(data):7}")


def fixtures() -> dict[str, bytes]:
    """The file of each format."""
    pillow_heif.register_heif_opener()
    picture, other = _picture(1), _picture(2)
    grey = picture.convert("L").resize((72, 54))
    return {
        "lossy.webp": _saved(picture, "WEBP", quality=60, exif=_exif()),
        "lossless.webp": _saved(picture.resize((96, 72)), "WEBP", lossless=True),
        "plain.gif": _saved(picture.convert("P"), "GIF"),
        "moving.gif": _saved(picture.convert("P"), "GIF", save_all=True, append_images=[other.convert("P")]),
        "colour.bmp": _saved(picture.resize((96, 72)), "BMP"),
        "palette.bmp": _saved(grey.convert("P"), "BMP"),
        "plain.tiff": _saved(picture.resize((96, 72)), "TIFF"),
        "deflate.tiff": _saved(picture.resize((96, 72)), "TIFF", compression="tiff_adobe_deflate"),
        "jpeg.tiff": _saved(picture, "TIFF", compression="jpeg"),
        "photo.jpg": _saved(picture, "JPEG", quality=70, exif=_exif()),
        "photo.png": _saved(grey, "PNG", exif=_exif()),
        "photo.heic": _saved(picture, "HEIF", quality=60, exif=_exif().tobytes()),
        "photo.avif": _saved(picture, "AVIF", quality=60),
        "film.mp4": _film("mp4", "libx264"),
        "faststart.mp4": _film("mp4", "libx264", movflags="faststart"),
        "fragments.mp4": _film("mp4", "libx264", movflags="frag_keyframe+empty_moov"),
        "film.mov": _film("mov", "mpeg4"),
        "film.3gp": _film("3gp", "mpeg4", sound="libopencore_amrnb"),
        "film.mkv": _film("matroska", "libx264"),
        "film.webm": _film("webm", "libvpx", sound="libopus"),
        "live.webm": _sound("webm", "libopus", live="1"),
        "film.avi": _film("avi", "mpeg4", sound="libmp3lame"),
        "pictures.avi": _film("avi", "mjpeg", sound="pcm_s16le"),
        "live.avi": _film("avi", "libx264", streamed=True),
        "sound.flac": _sound("flac", "flac", frames=12),
        "live.flac": _sound("flac", "flac", frames=12, streamed=True),
        "sound.m4a": _sound("ipod", "aac"),
        "sound.aac": _sound("adts", "aac"),
        "sound.opus": _sound("opus", "libopus"),
        "sound.amr": _sound("amr", "libopencore_amrnb"),
        "sound.wav": _sound("wav", "pcm_s16le"),
        "sound.mp3": _sound("mp3", "libmp3lame"),
        "bare.mp3": _sound("mp3", "libmp3lame", id3v2_version="0"),
    }


def _picture(seed: int) -> Image.Image:
    """Soft shapes with noise, so that its compressed form is as dense as a photo's."""
    rows = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    soft = (
        Image.fromarray(rows).resize((320, 240), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    )
    noise = np.random.default_rng(seed + 9).normal(0, 9, (240, 320, 3))
    return Image.fromarray(np.clip(np.asarray(soft) + noise, 0, 255).astype(np.uint8))


def _exif() -> Image.Exif:
    """What a phone writes: maker, model, serial number, time and place."""
    exif = Image.Exif()
    exif[0x010F] = "Xiaomi"
    exif[0x0110] = "HM NOTE 1W"
    exif[0x0132] = "2014:07:18 21:04:09"
    exif.get_ifd(0x8769).update({0x9003: "2014:07:18 21:04:09", 0xA431: "XK4407-118"})
    gps = exif.get_ifd(0x8825)
    for tag, ref, value, names in ((2, 1, PLACE[0], "NS"), (4, 3, PLACE[1], "EW")):
        gps[ref] = names[value < 0]
        minutes = (abs(value) % 1) * 60
        gps[tag] = (
            Fraction(int(abs(value))),
            Fraction(int(minutes)),
            Fraction(round(minutes % 1 * 60 * 10_000), 10_000),
        )
    return exif


def _saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def _tone(frame: int, size: int, rate: int) -> np.ndarray:
    """A chord with some hiss."""
    at = (np.arange(size) + frame * size) / rate
    wave = sum(np.sin(2 * np.pi * tone * at) for tone in (220, 277.2, 329.6)) / 4
    hiss = np.random.default_rng(frame).normal(0, 0.03, size)
    return np.clip((wave + hiss) * 30_000, -32_768, 32_767).astype(np.int16)[None, :]


def _add_sound(
    stream: av.AudioStream, container: av.container.OutputContainer, rate: int, frames: int
) -> None:
    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
    size = stream.codec_context.frame_size or 1024
    for number in range(frames):
        frame = av.AudioFrame.from_ndarray(_tone(number, size, rate), format="s16", layout="mono")
        frame.sample_rate = rate
        frame.pts = number * size
        for ready in resampler.resample(frame):
            container.mux(stream.encode(ready))
    container.mux(stream.encode(None))


class _Line(io.RawIOBase):
    """What takes bytes and never goes back: who writes to it cannot say beforehand how much comes."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def _written(
    kind: str, fill: Callable[[av.container.OutputContainer], None], streamed: bool, options: dict[str, str]
) -> bytes:
    """A file that `fill` writes; on disk, since some are written twice."""
    if streamed:
        line = _Line()
        with av.open(line, "w", format=kind, options=options) as container:
            fill(container)
        return bytes(line.data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with av.open(str(path), "w", format=kind, options=options) as container:
            fill(container)
        return path.read_bytes()


def _sound(kind: str, codec: str, *, frames: int = 40, streamed: bool = False, **options: str) -> bytes:
    rate = 8000 if "amr" in codec else RATE

    def fill(container: av.container.OutputContainer) -> None:
        _add_sound(container.add_stream(codec, rate=rate, layout="mono"), container, rate, frames)

    return _written(kind, fill, streamed, options)


def _film(kind: str, codec: str, sound: str = "aac", *, streamed: bool = False, **options: str) -> bytes:
    rate = 8000 if "amr" in sound else RATE

    def fill(container: av.container.OutputContainer) -> None:
        container.metadata["location"] = f"{PLACE[0]:+09.4f}{PLACE[1]:+010.4f}/"
        container.metadata["creation_time"] = "2014-07-18T21:04:09Z"
        film = container.add_stream(codec, rate=10)
        film.width, film.height = 176, 144
        film.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        film.bit_rate = 120_000
        tone = container.add_stream(sound, rate=rate, layout="mono")
        base = np.asarray(_picture(3).resize((176, 144)))
        for number in range(12):
            frame = av.VideoFrame.from_ndarray(np.roll(base, number * 5, axis=1), format="rgb24")
            frame.pts = number
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
        _add_sound(tone, container, rate, 20)

    return _written(kind, fill, streamed, options)


if __name__ == "__main__":
    main()
