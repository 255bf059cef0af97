"""The page shows what the result holds, in the promised order, and lets nothing foreign run."""

from __future__ import annotations

import json
import re
import sys
import zlib
from base64 import b85decode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from random import Random

import pytest

from wirewitness.evidence import Window
from wirewitness.model.errors import InputError
from wirewitness.model.result import Phone, Result
from wirewitness.model.verdict import Outcome
from wirewitness.report.language import Language
from wirewitness.report.page import MAX_EXPOSURES, Seen, render_page
from wirewitness.report.page.exposure_rows import RowMaker
from wirewitness.report.page.packing import OWN, pack, pack_bytes
from wirewitness.report.rendering import read_result, render_report
from wirewitness.report.rows import CountrySum
from wirewitness.report.texts import Texts
from wirewitness.report.world import draw_world

HOSTILE = (
    "</script><script>document.title='ran'</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
    "\x1b]0;ran\x07",
    "evil\u202eelpmaxe.live",
)
VOID = {"meta", "input", "br", "img", "link", "hr", "path", "rect", "line", "circle", "use"}


class Outline(HTMLParser):
    """Tags, attributes and text, and whether every element is closed where it should be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text.append(data)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture
def result(example) -> Result:
    return example.example()


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_well_formed_and_fetches_nothing(result: Result, language: Language) -> None:
    page = render_page(result, Texts(language))
    parsed = outline(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert not [
        tag for tag, _ in parsed.tags if tag in {"iframe", "object", "embed", "link", "img", "base", "form"}
    ]
    for tag, attributes in parsed.tags:
        assert not any(name.startswith("on") or name in {"style", "src", "srcset"} for name in attributes), (
            tag,
            attributes,
        )
        for name in ("href", "xlink:href"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert "http" not in "".join(
        value or "" for _, attributes in parsed.tags for value in attributes.values()
    ).replace("http-equiv", "")
    assert not re.search(r"url\((?!#)|@import", page)


def test_links_inside_the_page_lead_somewhere(result: Result) -> None:
    parsed = outline(render_page(result, Texts(Language.EN)))
    targets = {attributes["href"][1:] for tag, attributes in parsed.tags if tag == "a"}
    assert targets <= set(parsed.ids)


def test_the_policy_names_the_style_and_the_script_by_their_hash_and_nothing_else(result: Result) -> None:
    page = render_page(result, Texts(Language.EN))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said
    assert "https:" not in said
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", said)


def test_the_order_is_title_verdicts_unseen_exposures_destinations_time_basis(result: Result) -> None:
    parsed = outline(render_page(result, Texts(Language.EN)))
    sections = [attributes["id"] for tag, attributes in parsed.tags if tag == "section"]
    assert sections == [
        "verdicts", "unseen", "exposures", "destinations", "rhythms", "timeline", "anomalies", "provenance",
    ]  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
def test_a_card_alone_names_device_dates_and_finding(result: Result, language: Language) -> None:
    texts = Texts(language)
    page = render_page(result, texts)
    cards = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(cards) == len(result.verdicts)
    for card, verdict in zip(cards, result.verdicts, strict=True):
        text = " ".join("".join(outline(card).text).split())
        assert "Xiaomi RedMi Note" in text
        assert "2014" in text
        assert texts(f"outcome.{verdict.outcome.value}.word") in text
        assert verdict.text[language.value] in text


def test_only_outcomes_that_were_found_show_a_strength(result: Result) -> None:
    cards = re.findall(r"<article.*?</article>", render_page(result, Texts(Language.EN)), re.DOTALL)
    for card, verdict in zip(cards, result.verdicts, strict=True):
        assert ("pips" in card) == (verdict.outcome in {Outcome.SUPPORTED, Outcome.CONTRADICTED})


def test_what_is_missing_is_an_instruction_with_its_option_as_code(result: Result) -> None:
    page = render_page(result, Texts(Language.EN))
    assert "Supply the TLS keys for push.vendor.example (<code>--keys</code>, or capture" in page


def test_each_exposure_has_its_steps_and_the_command_that_derives_it_again(result: Result) -> None:
    page = render_page(result, Texts(Language.EN))
    first = result.exposures[0]
    assert f"wirewitness show . {first.id}</code>" in page
    assert "JSON (named values as text) at /device/imei" in page
    assert "bytes 0 to 15" in page


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", list(Language))
def test_hostile_text_anywhere_is_only_ever_text(
    result: Result, example, hostile: str, language: Language
) -> None:
    verdict = replace(
        result.verdicts[0], claim=hostile, text={language.value: hostile}, source=hostile, quote=hostile,
        evidence=(hostile,),
    )  # fmt: skip
    bad = replace(
        result,
        title=hostile,
        device=replace(result.device, vendor=hostile, model=hostile, build=hostile),
        phone=Phone((hostile,), hostile),
        captures=(replace(result.captures[0], path=hostile, sha256=hostile, vantage=hostile),),
        coverage=replace(
            result.coverage,
            opaque=(replace(result.coverage.opaque[0], destination=hostile, reason=hostile),),
            refused=(replace(result.coverage.refused[0], destination=hostile, how=hostile),),
            conditions=(replace(result.coverage.conditions[0], condition={hostile: hostile}),),
        ),
        destinations=tuple(
            replace(one, host=hostile, organisation=hostile, address=hostile, network=hostile, party=hostile,
                    country=hostile if number else one.country)  # the first keeps its place on the map
            for number, one in enumerate(result.destinations)
        ),
        exposures=(
            example.exposure(
                1, hostile, hostile, 20.0, hostile, id=hostile, where=hostile, digest=hostile, detail=hostile,
                flow=hostile, capture=hostile, conditions={hostile: hostile}, address=hostile, country=hostile,
                steps=(replace(result.exposures[0].steps[0], codec=hostile, path=hostile),),
            ),
        ),
        rhythms=tuple(replace(one, destination=hostile) for one in result.rhythms),
        events=tuple(replace(one, key=hostile, value=hostile, note=hostile) for one in result.events),
        controls=tuple(replace(one, id=hostile, note=hostile) for one in result.controls),
        verdicts=(verdict,),
        anomalies=tuple(replace(one, example=hostile, kind=hostile) for one in result.anomalies),
    )  # fmt: skip
    calm, shown = outline(render_page(result, Texts(language))), outline(render_page(bad, Texts(language)))
    assert {tag for tag, _ in shown.tags} == {tag for tag, _ in calm.tags}
    assert sum(tag == "script" for tag, _ in shown.tags) == 1
    assert {name for _, attributes in shown.tags for name in attributes} == {
        name for _, attributes in calm.tags for name in attributes
    }
    assert all(char.isprintable() or char in "\n\u202f\u00a0" for char in "".join(shown.text))


def packed_ids(page: str, table: str) -> list[str]:
    found = re.search(f'id="{table}-packed">([^<]*)<', page)
    return unpacked(found[1])["columns"]["id"] if found else []


def unpacked(text: str) -> dict:
    return json.loads(zlib.decompress(b85decode(text.encode().translate(bytes.maketrans(b",.:", b"&<>")))))


def value_of(column, number: int):
    return column["of"][column["at"][number]] if isinstance(column, dict) else column[number]


def test_a_huge_case_stays_small_and_each_exposure_is_in_the_one_file(result: Result, example) -> None:
    many = [example.exposure(n, "photo", f"photo:{n}.jpg", 20 + n / 1000) for n in range(50_000)]
    many = [replace(x, id=sha256(x.id.encode()).hexdigest()[:16]) for x in many]
    rare = example.exposure(60_000, "clipboard", None, 99.0, "rare.example")
    page = render_page(replace(result, exposures=(*many, rare)), Texts(Language.EN))
    assert len(page.encode()) < 3_000_000
    assert f"the page shows {MAX_EXPOSURES} of 50,001 rows" in page
    assert "rows are shown, at least" not in page
    assert "rare.example" in page
    shown = re.findall(r'<tbody data-row id="x-([^"]*)"', page[: page.index('id="answers"')])
    assert sorted([*shown, *packed_ids(page, "all-exposures")]) == sorted(x.id for x in (*many, rare))


def test_what_no_page_can_hold_is_told_and_counted(result: Result, example) -> None:
    many = [
        replace(
            example.exposure(n, "photo", sha256(f"{n}".encode()).hexdigest() * 4, 20 + n / 1000),
            id=sha256(f"id {n}".encode()).hexdigest()[:16],
            address=sha256(f"address {n}".encode()).hexdigest() * 2,
        )
        for n in range(20_000)
    ]
    page = render_page(replace(result, exposures=tuple(many)), Texts(Language.EN))
    assert len(page.encode()) < 3_000_000
    held = MAX_EXPOSURES + len(packed_ids(page, "all-exposures"))
    assert 1000 < held < 20_000
    assert f"The first {held:,} of 20,000 rows are shown" in page


def test_packed_rows_say_what_the_page_rows_say(result: Result) -> None:
    texts = Texts(Language.FR)
    maker = RowMaker(texts, frozenset(), {}, reveal=False)
    packed = pack(result.exposures, (), maker, 1_000_000)
    columns = unpacked(packed.text)["columns"]
    for number, x in enumerate(result.exposures):
        row = maker.row(x, 256)
        for name in maker.fields:
            value = value_of(columns[name], number)
            assert value == getattr(row, name) or tuple(value) == getattr(row, name), name


def windowed(example, count: int, random: Random) -> tuple[list, dict[str, Window]]:
    """Exposures of a number in messages of differing words, and the bytes around each."""
    found, windows = [], {}
    for n in range(count):
        words = "".join(random.choice("abcdefghij0123456789") for _ in range(200))
        data = f'{{"{words[: n % 40]}":"490154203237518","k":"{words}"}}'.encode()[:256]
        at = n % 40 + 5
        id_ = sha256(f"{n}".encode()).hexdigest()[:16]
        found.append(
            replace(example.exposure(n, "photo", "imei", 20 + n / 1000), id=id_, range=(at, at + 15))
        )
        windows[id_] = Window(0, data, (("body", len(data)),))
    return found, windows


def test_every_row_of_a_huge_case_shows_its_bytes_masked(result: Result, example) -> None:
    many, windows = windowed(example, 5_000, Random(1))
    page = render_page(replace(result, exposures=tuple(many)), Texts(Language.EN), Seen(windows))
    assert len(page.encode()) < 3_000_000
    assert "the bytes are not in this page, which" not in page
    assert page.count('<pre class="hex"') == MAX_EXPOSURES + 1  # and the script's model
    packed = unpacked(re.search('id="all-exposures-bytes">([^<]*)<', page)[1])
    assert (packed["rows"], packed["masked"]) == (5_000, True)
    for number, x in enumerate(many):
        text, place = (value_of(packed["columns"][name], number) for name in ("hex", "place"))
        assert len(text) == len(windows[x.id].data)
        assert (place[0] + place[1], place[0] + place[2]) == x.range
        assert text[place[1] : place[2]] == "\xff" * 15
        assert not any(char.isalnum() and char < "\x80" for char in text)
        assert text[:2] == '{"'


def test_bytes_that_find_no_room_go_before_the_rows_and_are_counted(result: Result, example) -> None:
    many, windows = windowed(example, 30_000, random := Random(2))
    windows = {id_: replace(one, data=random.randbytes(256)) for id_, one in windows.items()}
    page = render_page(replace(result, exposures=tuple(many)), Texts(Language.EN), Seen(windows, reveal=True))
    assert len(page.encode()) < 3_000_000
    assert len(packed_ids(page, "all-exposures")) == 30_000 - MAX_EXPOSURES
    packed = unpacked(re.search('id="all-exposures-bytes">([^<]*)<', page)[1])
    assert not packed["masked"]
    assert 1_000 < packed["rows"] < 30_000
    left = f"Of {30_000 - packed['rows']:,} rows the bytes are not in this page"
    assert left in page
    assert "wirewitness show . ID" in page
    each = max(map(len, packed["columns"]["hex"]))
    assert f"At most {each} bytes of each row are shown, without scripts {OWN}" in page


def test_where_there_is_no_room_at_all_no_bytes_are_packed(result: Result, example) -> None:
    many, windows = windowed(example, 50, Random(3))
    maker = RowMaker(Texts(Language.EN), frozenset(), windows, reveal=False)
    for room in (-1, 0, 10):
        none = pack_bytes(many, maker, room)
        assert (none.text, none.without) == ("", 50)
    assert pack_bytes(many, RowMaker(Texts(Language.EN), frozenset(), {}, reveal=False), 10**6).without == 0


def test_an_empty_result_is_an_inventory_of_nothing_and_says_so(result: Result) -> None:
    empty = replace(
        result, captures=(), destinations=(), exposures=(), answers=(), rhythms=(), events=(), controls=(),
        verdicts=(), anomalies=(), notes=(),
        coverage=replace(result.coverage, up_bytes=0, readable_up_bytes=0, opaque=(), refused=(), spans=(), conditions=()),
    )  # fmt: skip
    text = " ".join("".join(outline(render_page(empty, Texts(Language.EN))).text).split())
    assert "No statement was put to the test" in text
    assert "That is not a finding about what could not." in text
    assert "Nothing dated was recorded." in text


def test_the_same_result_gives_the_same_bytes(result: Result) -> None:
    assert render_page(result, Texts(Language.FR)) == render_page(result, Texts(Language.FR))


def test_a_case_folder_gets_its_page_and_nothing_half_written(result: Result, tmp_path) -> None:
    (tmp_path / "result.json").write_text(result.text, "utf-8")
    path = render_report(tmp_path, Language.EN)
    assert read_result(tmp_path) == result
    assert path.read_text("utf-8") == render_page(result, Texts(Language.EN))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["report.html", "result.json"]


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "no result.json"), ("{", "cannot be read"), ('{"format": "x/9"}', "not a result")],
)
def test_a_folder_without_a_result_is_refused_in_a_sentence(tmp_path, text: str | None, why: str) -> None:
    if text is not None:
        (tmp_path / "result.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match=why):
        render_report(tmp_path, Language.EN)
    assert not (tmp_path / "report.html").exists()


def test_the_map_marks_who_received_and_says_what_it_cannot_place() -> None:
    sums = (CountrySum("CN", 400, 2, 192), CountrySum("SG", 100, 1, 48), CountrySum(None, 7, 3, 3))
    world = draw_world(sums)
    assert world is not None
    china, singapore = world.receivers
    assert china.path
    assert not singapore.path, "too small for an outline, and marked all the same"
    assert china.radius == 2 * singapore.radius
    assert [one.flows for one in world.unplaced] == [3]
    assert china.path not in world.land
    assert all(0 <= one.x <= 720 and 0 <= one.y <= 290 for one in world.receivers)


def test_without_a_known_country_there_is_no_map_that_would_say_nothing_was_sent() -> None:
    assert draw_world([CountrySum(None, 7, 3, 192)]) is None


@pytest.mark.parametrize("language", list(Language))
def test_the_map_never_stands_without_its_warning_and_its_list(example, language) -> None:
    texts = Texts(language)
    page = render_page(example.example(), texts)
    assert page.count('<figure class="map">') == 1
    assert texts("report.destinations.map_note") in page
    assert page.index('<figure class="map">') < page.index('id="all-destinations"')


def test_templates_are_compiled_once_and_a_damaged_or_foreign_entry_is_made_anew(
    result: Result, tmp_path, monkeypatch
) -> None:
    from wirewitness.report import page

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(page, "__file__", str(tmp_path / "page.py"))
    folder = tmp_path / "__pycache__"
    texts = Texts(Language.FR)
    page._environment.cache_clear()
    without = render_page(result, texts)
    assert page.compiled_templates(folder, "fr") is None, "nowhere to write"
    folder.mkdir()
    for damage in (b"", b"no byte code", None):
        for entry in folder.iterdir():
            entry.write_bytes(entry.read_bytes()[:40] if damage is None else damage)
        page._environment.cache_clear()
        assert render_page(result, texts) == without
    assert len(list(folder.iterdir())) == 10
    page._environment.cache_clear()
    monkeypatch.setattr(page.Environment, "_compile", lambda *_: pytest.fail("compiled again"))
    assert render_page(result, texts) == without
    page._environment.cache_clear()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert page.compiled_templates(folder, "fr") is None
