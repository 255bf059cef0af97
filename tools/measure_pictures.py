"""Measures how well copies of photos are recognised, and writes docs/method/pictures.md.

python tools/measure_pictures.py                      generated photos only
python tools/measure_pictures.py --photos DIRECTORY   real photographs (JPEG, PNG) as well

Real photographs are cut into tiles of which no two overlap. Half of all pictures are the owner's; the other
half are strangers. Each stranger, whole and cut, against each of the owner's is an unrelated pair. The
folders in DIRECTORY are named in the page: unpack each package into one that bears its name.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from wirelab.owner.photos import draw_scene
from wirewitness import _core

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "method" / "pictures.md"
TILE = 900
COPIED = 60
"""Pictures of the owner's of which each treatment is measured."""
Z = 1.96
Treatment = Callable[[Image.Image], bytes]


def main() -> int:
    """Measure; exit code 1 when an unrelated pair was taken for the same picture."""
    parser = argparse.ArgumentParser(description="Measure the recognition of photos.")
    parser.add_argument("--photos", type=Path, help="a folder of real photographs")
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/pictures.md as it is")
    options = parser.parse_args()
    side = round(options.pairs**0.5) + 1
    lines, false = [], 0
    with ProcessPoolExecutor(2) as workers:
        measured = workers.map(_measured, [None, options.photos][: 1 + bool(options.photos)], [side] * 2)
        for name, (pictures, found, text) in zip(("Generated", "Real"), measured, strict=False):
            lines += [f"## {name} photographs: {pictures}", ""]
            if name == "Real":
                folders = sorted(folder.name for folder in options.photos.iterdir() if folder.is_dir())
                lines += [f"Cut from those in {', '.join(folders)}.", ""]
            lines += [*text, ""]
            false += found
    lines += ["## Speed", "", *_speed()]
    text = HEAD + "\n".join(lines) + "\n"
    if not options.no_page:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 1 if false else 0


HEAD = """# How copies of photos are recognised, and how well

A photo that was resized, saved again, turned, mirrored or cut has no byte in common with the owner's file.
The core decodes each distinct image once, to its brightness in at most 128 by 128 points, and looks twice:
256 bits of low frequencies (as in PDQ) in eight orientations say which of the owner's photos may be the
same; else the image is slid, small, over each of them at every size at which it covers at least 45 % of it.
Either way the details (brightness less the mean of the neighbourhood, 64 by 64 points) must then correlate
by 0.7 or more, and agree in at least four fifths of the 16 blocks that hold details. What is too small or
too plain to be told from others is not judged. What is not recognised is said to show none of the owner's
photos, nor half of one, when every photo of the owner's could be compared: a smaller piece cannot be told
from another picture, and nobody is told that it can.

Made by `tools/measure_pictures.py --photos FOLDER`. Intervals are Wilson's, 95 %.

"""


def _measured(photos: Path | None, side: int) -> tuple[int, int, list[str]]:
    """How many pictures of a set there are, how many were taken for another, and what is told."""
    rng = random.Random(20140722)  # noqa: S311 - a seed, so that the figures can be made again
    if photos is None:
        pictures = [_jpeg(draw_scene(rng), 84) for _ in range(2 * side)]
    else:
        pictures = list(_tiles(photos, 2 * side))
    return len(pictures), *_measure(pictures[::2], pictures[1::2])


def _measure(owners: list[bytes], strangers: list[bytes]) -> tuple[int, list[str]]:
    known = [(number, made) for number, photo in enumerate(owners) if (made := _core.picture(photo)[0])]
    album = _core.Album(known)
    plain = len(owners) - len(known)
    lines = ["| treatment | recognised | share | as another's |", "|---|---|---|---|"]
    wrong = 0
    for name, treat in TREATMENTS.items():
        right, other = 0, 0
        chosen = [number for number, _ in known[:: max(1, len(known) // COPIED)]]
        for number in chosen:
            copy = _core.picture(treat(_opened(owners[number])))[0]
            seen = album.find(copy) if copy else None
            right += seen is not None and seen[0] == number
            other += seen is not None and seen[0] != number
        wrong += other
        low, high = _wilson(right, len(chosen))
        lines.append(f"| {name} | {right}/{len(chosen)} | {low:.3f} to {high:.3f} | {other} |")
    asked, false, best = 0, 0, 0.0
    cuts = (
        _jpeg(_cropped(Image.open(io.BytesIO(photo)).convert("RGB"), 0.84, 1, 0), 80) for photo in strangers
    )
    for photo in (*strangers, *cuts):
        made = _core.picture(photo)[0]
        if made is None:
            plain += 1
            continue
        asked += 1
        seen = album.find(made)
        false += seen is not None
        best = max(best, seen[2] if seen else 0.0)
    lines += [
        "",
        f"Unrelated pairs: {asked * len(known)}; taken for the same: {false}"
        + (f" (agreement up to {best:.2f})" if false else "")
        + f". Too plain to be compared: {plain}.",
    ]
    return false + wrong, lines


def _opened(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB")


def _tiles(folder: Path, wanted: int) -> Iterator[bytes]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in {".jpg", ".jpeg", ".png"})
    seen: set[bytes] = set()
    made = 0
    for file in files:
        try:
            image = Image.open(file)
            if min(image.size) < TILE // 2:
                continue
            image.draft("RGB", (256, 256))  # a JPEG is looked at small, and opened again when it is new
            small = bytes(b >> 4 for b in image.resize((8, 8)).convert("L").tobytes())
            if small in seen:
                continue  # the same picture in another size
            image = Image.open(file).convert("RGB")
        except (OSError, Image.DecompressionBombError):
            continue
        seen.add(small)
        across, down = max(1, image.width // TILE), max(1, image.height // TILE)
        for x in range(across):
            for y in range(down):
                box = (x * image.width // across, y * image.height // down)
                end = ((x + 1) * image.width // across, (y + 1) * image.height // down)
                yield _jpeg(image.crop((*box, *end)), 88)
                made += 1
                if made == wanted:
                    return


def _speed() -> list[str]:
    rng = random.Random(1)  # noqa: S311 - as above
    rates = {}
    for width, height in ((4000, 3000), (1600, 1200), (640, 480)):
        photo = _jpeg(draw_scene(rng, width, height), 85)
        rounds = 60_000_000 // (width * height)
        start = time.process_time()
        for _ in range(rounds):
            _core.picture(photo)
        rates[width * height / 1e6] = rounds / (time.process_time() - start)
    album = _core.Album([(n, _core.picture(_jpeg(draw_scene(rng), 84))[0]) for n in range(200)])
    stranger = _core.picture(_jpeg(draw_scene(rng), 84))[0]
    start = time.process_time()
    for _ in range(5):
        album.find(stranger)
    look = (time.process_time() - start) / 5
    return [
        "One core, processor time; what is seen again is not looked at again (`inspect/looks.rs`):",
        "",
        "| JPEG of | megapixels/s | images/s |",
        "|---|--:|--:|",
        *(f"| {size:.1f} megapixels | {size * rate:.0f} | {rate:.0f} |" for size, rate in rates.items()),
        "",
        f"Comparing one image with 200 photos of the owner's, both looks: {look * 1000:.0f} ms.",
    ]


def _wilson(right: int, count: int) -> tuple[float, float]:
    share = right / count
    middle = share + Z * Z / (2 * count)
    spread = Z * (share * (1 - share) / count + Z * Z / (4 * count * count)) ** 0.5
    return (middle - spread) / (1 + Z * Z / count), min(1.0, (middle + spread) / (1 + Z * Z / count))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _smaller(image: Image.Image, side: int) -> Image.Image:
    image = image.copy()
    image.thumbnail((side, side))
    return image


def _cropped(image: Image.Image, share: float, x: float = 0.5, y: float = 0.5) -> Image.Image:
    width, height = round(image.width * share), round(image.height * share)
    left, top = round((image.width - width) * x), round((image.height - height) * y)
    return image.crop((left, top, left + width, top + height))


def _square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((96, 96))


TREATMENTS: dict[str, Treatment] = {
    "whole, saved again at quality 30": lambda i: _jpeg(i, 30),
    "resized to 640, quality 45": lambda i: _jpeg(_smaller(i, 640), 45),
    "thumbnail of 160, quality 70": lambda i: _jpeg(_smaller(i, 160), 70),
    "thumbnail of 96, quality 60": lambda i: _jpeg(_smaller(i, 96), 60),
    "turned by a quarter": lambda i: _jpeg(i.transpose(Image.Transpose.ROTATE_90), 80),
    "mirrored, made half as wide": lambda i: _jpeg(
        i.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((i.width // 2, i.height)), 80
    ),
    "brighter, grey": lambda i: _jpeg(i.convert("L").point(lambda v: min(255, v * 1.2 + 10)), 80),
    "cut to 90 % of each side": lambda i: _jpeg(_cropped(i, 0.9), 80),
    "cut to 84 % of each side (70 % of the area), at a corner": lambda i: _jpeg(_cropped(i, 0.84, 0, 1), 80),
    "turned and cut to 80 % of each side": lambda i: _jpeg(
        _cropped(i.transpose(Image.Transpose.ROTATE_90), 0.8), 85
    ),
    "cut to 70 % of each side (49 % of the area), resized to 400": lambda i: _jpeg(
        _smaller(_cropped(i, 0.7, 0.3, 0.6), 400), 75
    ),
    "square thumbnail of 96 from the middle": lambda i: _jpeg(_square(i), 80),
    "cut to 60 % of each side (36 % of the area): too little": lambda i: _jpeg(
        _cropped(i, 0.6, 0.4, 0.3), 80
    ),
    "cut to 30 % of each side (9 % of the area)": lambda i: _jpeg(_cropped(i, 0.3, 0.6, 0.2), 80),
}

if __name__ == "__main__":
    raise SystemExit(main())
