"""The owner's photos as pictures: which can be compared, and what happens to those that cannot."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from wirelab.owner.photos import draw_scene
from wirewitness import _core
from wirewitness.find.needles import watch_for
from wirewitness.find.pictures import block_for, picture_of, print_of
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.reason import Note


def saved(image, form="JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    return draw_scene(random.Random(4), 640, 480)


def test_a_photo_is_recognised_from_another_format_size_and_side(scene):
    album = _core.Album(
        [(0, picture_of(saved(scene))[0]), (1, picture_of(saved(draw_scene(random.Random(5))))[0])]
    )
    turned = scene.transpose(Image.Transpose.ROTATE_270).resize((180, 240))
    assert album.find(picture_of(saved(turned, "PNG"))[0])[:2] == (0, "picture")
    part = scene.crop((60, 50, 600, 450))
    assert album.find(picture_of(saved(part, quality=60))[0])[:2] == (0, "picture_part")
    assert album.find(picture_of(saved(draw_scene(random.Random(6))))[0]) is None


def test_a_piece_too_small_to_tell_is_nobodys_and_one_of_a_few_points_is_not_judged(scene):
    """A ninth of a photo is never taken for another's; the reports say that it cannot be told."""
    others = [draw_scene(random.Random(seed)) for seed in range(20, 40)]
    album = _core.Album([(n, picture_of(saved(image))[0]) for n, image in enumerate([scene, *others])])
    for left, top in ((0, 0), (200, 150), (420, 310)):
        piece, why = picture_of(saved(scene.crop((left, top, left + 213, top + 160))))
        assert why in {"", "plain"}
        seen = album.find(piece) if piece else None
        assert seen is None or seen[0] == 0
    assert picture_of(saved(scene.crop((200, 150, 214, 164)))) == (None, "plain")


def test_heic_is_read_where_its_reader_is_installed(scene):
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    heif.from_pillow(scene).save(out, quality=70)
    made, why = picture_of(out.getvalue())
    assert why == ""
    assert _core.Album([(7, made)]).find(picture_of(saved(scene, quality=40))[0])[0] == 7
    assert picture_of(out.getvalue()[:200]) == (None, "undecodable")


def test_a_photo_that_cannot_be_compared_is_told_and_blinds(tmp_path, scene):
    plain = tmp_path / "wall.png"
    plain.write_bytes(saved(Image.new("L", (300, 300), 80), "PNG"))
    good = tmp_path / "good.jpg"
    good.write_bytes(saved(scene))
    fact = Fact("photo:wall", DataKind.PHOTO, file=plain)
    watch = watch_for(Owner((Fact("photo:good", DataKind.PHOTO, file=good), fact), None))
    assert not watch.sees_all
    told = [note for note in watch.notes if note.code == Note.PHOTOS_BY_BYTES.value]
    assert [note.params["facts"] for note in told] == [("photo:wall",)]
    assert [form.fact for form in watch.needles.pictures] == [0]


@pytest.mark.parametrize(
    "data", [b"", b"no image", b"\xff\xd8\xff\xe0", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40]
)
def test_what_is_no_photo_is_undecodable_and_never_raises(data):
    made, why = picture_of(data)
    assert made is None
    assert why in {"undecodable", "no_reader"}


def test_prints_stay_small_however_large_the_album(tmp_path):
    small, large = tmp_path / "small.jpg", tmp_path / "large.mp4"
    small.write_bytes(b"x" * 1000)
    with large.open("wb") as file:
        file.truncate(2 << 30)
    assert block_for([small]) == 64
    assert block_for([small, large]) == 1024
    assert block_for([tmp_path / "gone.jpg"]) == 64


def test_what_holds_no_pixels_of_a_known_format_has_no_print():
    assert print_of(b"no photo", 64) == b""
    assert print_of(b"", 64) == b""
