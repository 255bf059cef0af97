"""Measures how well copies of photos are recognised: the figures of docs/method/pictures.md.

python tools/measure_pictures.py              generated photos, real ones, and the speed (half an hour)
python tools/measure_pictures.py generated    one part only: `generated`, `real` or `speed`

Real pictures (JPEG, PNG) are those in .bench/photographs, where tools/get_photographs.py puts them, or in
`--photos FOLDER`, each package in a folder of its name; without them that part is left as it is, and said to
be. They are cut into tiles of which no two overlap. Half of all pictures are the owner's; the other half are
strangers. Each stranger, whole and cut, against each of the owner's is an unrelated pair. Each picture is
decoded once, each copy made once.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from figures_block import METHOD, put_figures
from get_photographs import FOLDER
from PIL import Image

from wirelab.owner.photos import draw_scene
from wirewitness import _core

PAGE = METHOD / "pictures.md"
PARTS = ("generated", "real", "speed")
PAIRS = 100_000
"""Unrelated pairs of generated photos, of whole and of cut ones each; of real pictures all that there are."""
COPIED = {"generated": 400, "real": 120}
"""Copies of each treatment at most; a third of the cut ones."""
TILE = 800
ALIKE = 0.9
"""Correlation of two files, made tiny, from which they are one picture in two sizes or colours."""
MOST_PROGRESSIVE = 16_000_000
"""Pixels of a progressive JPEG that the core looks at."""
MIRRORED = "ukui-wallpapers/usr/share/backgrounds/the-mouse.jpg"
"""A drawn face, whose left half is the right one in a mirror; what is mirrored counts as the same picture."""
Z = 1.96
Treatment = Callable[[Image.Image], bytes]


class Picture(NamedTuple):
    """A photograph's file, and what the core keeps of it."""

    file: bytes
    kept: bytes
    source: str
    """The file that it is cut from, or which drawing it is."""


def main() -> int:
    """Measure; exit code 1 when an unrelated pair was taken for the same picture."""
    parser = argparse.ArgumentParser(description="Measure the recognition of photos.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--photos", type=Path, default=FOLDER, help="a folder of real pictures")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {' and '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    photos = options.photos if options.photos.is_dir() else None
    parts = [part for part in PARTS if part in (options.parts or PARTS)]
    if photos is None and "real" in parts:
        parts.remove("real")
        _say(
            f"Left out: real pictures, for {options.photos} is not there; tools/get_photographs.py gets them."
        )
    wrong = 0
    with ProcessPoolExecutor(2) as workers:
        measured = workers.map(_measured, *zip(*((p, photos) for p in parts if p != "speed"), strict=True))
        for part, (found, text) in zip(parts, measured, strict=False):
            put_figures(PAGE, f"tools/measure_pictures.py {part}", text)
            wrong += found
    if "speed" in parts:
        put_figures(PAGE, "tools/measure_pictures.py speed", "\n".join(_speed(photos)) + "\n")
    return 1 if wrong else 0


def _measured(part: str, photos: Path | None) -> tuple[int, str]:
    """How many pictures of a part were taken for another, and what is told."""
    rng = random.Random(20140722)  # noqa: S311 - a seed, so that the figures can be made again
    wanted = 2 * (round(PAIRS**0.5) + 1)
    drawn = ((f"drawing {number}", _jpeg(draw_scene(rng), 84)) for number in range(wanted))
    pictures, plain = [], 0
    for source, file in _tiles(photos) if part == "real" and photos else drawn:
        kept = _core.picture(file)[0]
        plain += kept is None
        if kept is not None:
            pictures.append(Picture(file, kept, source))
    _say(f"{part}: {len(pictures)} pictures, and {plain} too plain")
    owners, strangers = pictures[::2], pictures[1::2]
    album = _core.Album([(number, photo.kept) for number, photo in enumerate(owners)])
    table, wrong = _recall(album, owners, COPIED[part])
    false, told = _precision(album, owners, strangers)
    lines = [f"{len(owners)} pictures of the owner's, {len(strangers)} of strangers."]
    if part == "real" and photos:
        folders = sorted(folder.name for folder in photos.iterdir() if folder.is_dir())
        sources = len({photo.source.partition(" (")[0] for photo in pictures})
        lines[0] += (
            f" Cut from {sources} pictures of which no two are alike, in Debian's {', '.join(folders)}."
        )
    lines[0] += f" Too plain to be told from others, and left out: {plain} of {plain + len(pictures)}."
    return wrong + false, "\n".join([*lines, "", *table, "", *told]) + "\n"


def _recall(album: _core.Album, owners: list[Picture], copied: int) -> tuple[list[str], int]:
    """The table of treatments, and how many copies were taken for another picture."""
    lines = ["| treatment | recognised | share | as another's |", "|---|---|---|---|"]
    numbered = list(enumerate(owners))
    wrong = 0
    for name, treat in TREATMENTS.items():
        right, other = 0, 0
        share = 3 if "cut" in name else 1  # to slide over all of the owner's takes its time
        chosen = numbered[:: max(1, len(owners) // copied) * share]
        for number, photo in chosen:
            seen = album.look(treat(_opened(photo.file)))[0]
            right += seen is not None and seen[0] == number
            other += seen is not None and seen[0] != number
        wrong += other
        low, high = _wilson(right, len(chosen))
        lines.append(f"| {name} | {right}/{len(chosen)} | {low:.3f} to {high:.3f} | {other} |")
        _say(lines[-1])
    return lines, wrong


def _precision(album: _core.Album, owners: list[Picture], strangers: list[Picture]) -> tuple[int, list[str]]:
    """Pairs that were taken for the same though they are not, and what is told of them."""
    asked, false = [0, 0], [0, 0]
    mistaken, related = [], []
    for photo in strangers:
        cut = _jpeg(_cropped(_opened(photo.file), 0.84, 1, 0), 80)
        for which, file in enumerate((photo.file, cut)):
            seen, unseen = album.look(file)
            if unseen:
                continue
            asked[which] += len(owners)
            if not seen:
                continue
            owner, how = owners[seen[0]].source, f"{('whole', 'cut')[which]}, correlation {seen[2]:.2f}"
            if why := _related(photo.source, owner):
                asked[which] -= 1
                related.append(f"- {photo.source}: {why} ({how})")
            else:
                false[which] += 1
                mistaken.append(f"- {photo.source} for {owner} ({how})")
                _say(f"FALSE {mistaken[-1]}")
    told = (
        f"Unrelated pairs of whole pictures: {asked[0]:,}, taken for the same: **{false[0]}**. With the"
        f" stranger's picture cut to 70 % of its area: {asked[1]:,}, taken for the same: **{false[1]}**."
    )
    if not mistaken:
        most = 1 - 0.05 ** (1 / sum(asked))
        told += f" With none in all of them, the true share is below {100_000 * most:.1f} in 100,000 (95 %)."
    lines = [told]
    for head, rows in (
        ("Taken for the same, **and are not**:", mistaken),
        ("Taken for the same, and are; not counted among the unrelated:", related),
    ):
        lines += ["", head, "", *rows] if rows else []
    return sum(false), lines


def _related(one: str, other: str) -> str:
    """Why two tiles of different pictures show the same all the same; "" where they do not."""
    if one.replace("/images_dark/", "/images/") == other.replace("/images_dark/", "/images/"):
        return "the same piece of the same drawing by day and by night"
    if one.startswith(MIRRORED) and other.startswith(MIRRORED):
        return "one half of a drawn face, and the other is that in a mirror"
    return ""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _opened(photo: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photo)).convert("RGB")


def _photos(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Every picture once, in its largest size: folders of desktop backgrounds hold each in many."""
    sized = []
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in {".jpg", ".jpeg", ".png"} or file.is_symlink():
            continue
        try:
            with Image.open(file) as image:
                if min(image.size) >= TILE // 2:
                    sized.append((-image.width * image.height, str(file)))
        except (OSError, Image.DecompressionBombError):
            continue
    tiny: list[np.ndarray] = []
    for _, file in sorted(sized):
        image = Image.open(file)
        image.draft("RGB", (256, 256))  # a JPEG is looked at small, and opened again when it is new
        small = np.asarray(image.convert("L").resize((16, 16), Image.Resampling.BOX), dtype=float).ravel()
        small = (small - small.mean()) / (np.linalg.norm(small - small.mean()) + 1e-9)
        if all(small @ other < ALIKE for other in tiny):
            tiny.append(small)
            yield Path(file).relative_to(folder).as_posix(), Image.open(file).convert("RGB")


def _tiles(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name, image in _photos(folder):
        across, down = max(1, image.width // TILE), max(1, image.height // TILE)
        for x in range(across):
            for y in range(down):
                tile = f"{name} ({x + 1} of {across}, {y + 1} of {down})"
                box = (x * image.width // across, y * image.height // down)
                end = ((x + 1) * image.width // across, (y + 1) * image.height // down)
                yield tile, _jpeg(image.crop((*box, *end)), 88)


def _speed(photos: Path | None) -> list[str]:
    rng = random.Random(1)  # noqa: S311 - as above
    drawn = {size: draw_scene(rng, *size) for size in ((4000, 3000), (1600, 1200), (640, 480))}
    sets = [
        (f"generated, {w * h / 1e6:.1f} megapixels, quality 85", [_jpeg(p, 85)])
        for (w, h), p in drawn.items()
    ]
    if photos:
        real = [image for _, (_, image) in zip(range(24), _photos(photos), strict=False)]
        few = [image for image in real if image.width * image.height < MOST_PROGRESSIVE]
        sets += [
            ("real, quality 85", [_jpeg(image, 85) for image in real]),
            ("real, quality 95", [_jpeg(image, 95) for image in real]),
            ("real, quality 85, progressive", [_jpeg(image, 85, progressive=True) for image in few]),
        ]
    album = _core.Album([(n, _core.picture(_jpeg(draw_scene(rng), 84))[0]) for n in range(200)])
    stranger = _core.picture(_jpeg(draw_scene(rng), 84))[0]
    look = _seconds(lambda: album.find(stranger))
    return [
        "One core, processor time, the best of three; what is seen again is not looked at again",
        "(`inspect/looks.rs`). Beside it libjpeg-turbo on the same files in the same run, by Pillow's draft",
        "mode (grey, an eighth of each side), which decodes the least that a decoder can: the share stays",
        "the same on a slow or a busy machine.",
        "",
        "| JPEG | bits a pixel | megapixels/s | images/s | libjpeg-turbo, megapixels/s | share |",
        "|---|--:|--:|--:|--:|--:|",
        *(_speed_row(*one) for one in sets),
        "",
        f"Comparing one image with 200 photos of the owner's, both looks: {look * 1000:.0f} ms.",
    ]


def _speed_row(name: str, files: list[bytes]) -> str:
    points = sum(image.width * image.height for image in map(_sized, files)) / 1e6
    ours = sum(_seconds(partial(_core.picture, file)) for file in files)
    theirs = sum(_seconds(partial(_drafted, file)) for file in files)
    bits = 8 * sum(map(len, files)) / points / 1e6
    return (
        f"| {name} | {bits:.1f} | {points / ours:.0f} | {len(files) / ours:.0f} | {points / theirs:.0f} |"
        f" {theirs / ours:.2f} |"
    )


def _sized(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def _drafted(file: bytes) -> None:
    image = _sized(file)
    image.draft("L", (image.width // 8, image.height // 8))
    image.load()


def _seconds(run: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def _wilson(right: int, count: int) -> tuple[float, float]:
    share = right / count
    middle = share + Z * Z / (2 * count)
    spread = Z * (share * (1 - share) / count + Z * Z / (4 * count * count)) ** 0.5
    return max(0.0, (middle - spread) / (1 + Z * Z / count)), min(
        1.0, (middle + spread) / (1 + Z * Z / count)
    )


def _jpeg(image: Image.Image, quality: int, *, progressive: bool = False) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=progressive)
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
