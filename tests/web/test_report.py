"""The report in a real browser: nothing foreign runs, everyone can read it, and it works at every size."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_case import IMEI, small_case, tiny_capture

from wirewitness.case import audit
from wirewitness.evidence import Window
from wirewitness.model.result import Phone, Result
from wirewitness.report.hexdump import dump
from wirewitness.report.language import Language
from wirewitness.report.page import Seen, render_page
from wirewitness.report.rendering import render_report
from wirewitness.report.texts import Texts

pytestmark = pytest.mark.web
expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect

AUDIT = Path(__file__).with_name("audit_page.js").read_text("utf-8").partition("\n")[2]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'><svg onload='window.ran = 3'>"
    "\"><a href='javascript:window.ran = 4'>x</a></style><style>*{display:none}</style>"
    "--></script><iframe srcdoc='<script>parent.ran = 5</script>'></iframe>{{7*7}}${7*7}\u202e\x1b[2J"
)


@contextmanager
def opened(
    browser,
    tmp_path: Path,
    result: Result,
    language: Language = Language.EN,
    seen: Seen | None = None,
    **options,
):
    """The page of `result` in a fresh window; at the end nothing was fetched, refused or wrong."""
    path = tmp_path / "report.html"
    path.write_text(render_page(result, Texts(language), seen), "utf-8")
    context = browser.new_context(**{"viewport": DESK, **options})
    page = context.new_page()
    fetched, wrong = [], []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append("a dialog opened"), dialog.dismiss()))
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective));"
    )
    page.goto(path.as_uri())
    yield page
    if options.get("java_script_enabled", True):
        assert page.evaluate("window.refused") == []
    assert fetched == [path.as_uri()]
    assert wrong == []
    context.close()


@pytest.fixture
def result(example) -> Result:
    return example.example()


def hostile(result: Result, example) -> Result:
    """The example with every text that someone else may choose turned into an attack."""
    bad = HOSTILE
    return replace(
        result,
        title=bad,
        device=replace(result.device, vendor=bad, model=bad, build=bad),
        phone=Phone((bad,), bad),
        captures=(replace(result.captures[0], path=bad, vantage=bad),),
        coverage=replace(
            result.coverage,
            opaque=tuple(replace(one, destination=bad) for one in result.coverage.opaque),
            refused=tuple(replace(one, destination=bad, how=bad) for one in result.coverage.refused),
        ),
        destinations=tuple(
            replace(one, host=bad, organisation=bad, network=bad, address=bad) for one in result.destinations
        ),
        exposures=tuple(
            replace(one, id=f"{bad}{n}", fact=bad, destination=bad, where=bad, kind=bad, digest=bad)
            for n, one in enumerate(result.exposures[:5])
        ),
        events=tuple(replace(one, key=bad, value=bad) for one in result.events),
        controls=tuple(replace(one, id=bad, note=bad) for one in result.controls),
        verdicts=tuple(
            replace(one, claim=f"{bad}{n}", text={"en": bad}, source=bad, quote=bad)
            for n, one in enumerate(result.verdicts)
        ),
        anomalies=tuple(replace(one, example=bad) for one in result.anomalies),
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it(browser, tmp_path, result, language, scheme) -> None:
    with opened(browser, tmp_path, result, language, color_scheme=scheme) as page:
        page.evaluate(
            "for (const one of [...document.querySelectorAll('details')].slice(0, 4)) one.open = true"
        )
        assert page.evaluate(f"({AUDIT.strip()})()") == []


def test_light_and_dark_differ(browser, tmp_path, result) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        with opened(browser, tmp_path, result, color_scheme=scheme) as page:
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_nothing_hostile_runs(browser, tmp_path, result, example) -> None:
    with opened(browser, tmp_path, hostile(result, example)) as page:
        for summary in page.locator(".exposures summary").all():
            summary.click()
        assert page.evaluate("typeof window.ran") == "undefined"
        assert page.locator("iframe, img, object, embed").count() == 0
        assert page.locator("script").count() == 1
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("h1")).to_contain_text("<script>window.ran = 1</script>")
        expect(page.locator("h1")).to_contain_text("\\u{202e}\\u{1b}[2J")


def test_the_policy_stops_a_script_that_got_in_all_the_same(browser, tmp_path, result) -> None:
    path = tmp_path / "report.html"
    text = render_page(result, Texts(Language.EN)).replace(
        "<footer>", "<script>window.ran = 1</script><footer>"
    )
    path.write_text(text, "utf-8")
    context = browser.new_context()
    page = context.new_page()
    refusals = []
    page.on("console", lambda message: refusals.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("typeof window.ran") == "undefined"
    assert len(refusals) == 1
    assert "Content Security Policy" in refusals[0]
    context.close()


@pytest.mark.parametrize("language", list(Language))
def test_the_page_never_scrolls_sideways_on_a_phone(browser, tmp_path, result, language) -> None:
    with opened(browser, tmp_path, result, language, viewport=PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_hostile_name_does_not_break_the_phone_layout(browser, tmp_path, result, example) -> None:
    long = replace(result.verdicts[0], text={"en": "a" * 400}, source="b" * 300)
    with opened(
        browser, tmp_path, replace(result, title="c" * 300, verdicts=(long,)), viewport=PHONE
    ) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_the_filter_leaves_the_rows_that_hold_every_word(browser, tmp_path, result, viewport) -> None:
    with opened(browser, tmp_path, result, viewport=viewport) as page:
        rows = page.locator("#all-exposures tbody[data-row]")
        shown = rows.locator("visible=true")
        expect(shown.first).to_be_visible()
        page.locator("#all-exposures-filter").fill("imei API.vendor")
        expect(page.locator("[data-filters='all-exposures'] output")).to_have_text(
            f"10 / {len(result.exposures)}"
        )
        expect(shown).to_have_count(10)
        assert all("IMEI" in text for text in shown.all_inner_texts())


def test_a_long_table_begins_short_and_shows_all_when_asked(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result) as page:
        rows = page.locator("#all-exposures tbody[data-row]")
        shown = rows.locator("visible=true")
        expect(shown).to_have_count(25)
        page.get_by_role("button", name=f"Show all {len(result.exposures)} rows").click()
        expect(shown).to_have_count(len(result.exposures))


def test_a_verdicts_evidence_leads_to_the_exposure_and_opens_it(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result) as page:
        link = page.locator("article a.mono").nth(5)
        target = page.locator(f"[id='{link.get_attribute('href')[1:]}']")
        link.click()
        expect(target.locator(".command")).to_be_visible()
        expect(target).to_contain_text(f"wirewitness show . {link.inner_text()}")


def test_the_keyboard_reaches_the_verdicts_first(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result) as page:
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("#verdicts$"))
        page.locator("#all-exposures summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#all-exposures .command").first).to_be_visible()


def many_exposures(result: Result, example, count: int) -> Result:
    """The example and hundreds more, the last of them hostile: rows that only the script unfolds."""
    more = [
        replace(
            example.exposure(n, "photo", f"photo:{n}.jpg", 60 + n / 1000), id=f"{n:016x}", evidence=n % 2 == 0
        )
        for n in range(count)
    ]
    more[-1] = replace(more[-1], fact=HOSTILE, destination=HOSTILE, where=HOSTILE, detail=HOSTILE)
    cited = replace(result.verdicts[0], evidence=(*result.verdicts[0].evidence[:1], f"{count - 2:016x}"))
    return replace(result, exposures=(*result.exposures, *more), verdicts=(cited, *result.verdicts[1:]))


def test_every_exposure_of_a_large_case_is_reached_in_the_one_file(
    browser, tmp_path, result, example
) -> None:
    large = many_exposures(result, example, 2000)
    total = f"{len(large.exposures):,}".replace(",", "")
    with opened(browser, tmp_path, large) as page:
        box = page.locator("[data-filters='all-exposures']")
        rows = page.locator("#all-exposures tbody[data-row]")
        expect(box.locator("output")).to_have_text(f"25 / {total}")
        box.locator("input").fill("photo:1234.jpg")
        expect(box.locator("output")).to_have_text(f"1 / {total}")
        shown = rows.locator("visible=true")
        expect(shown).to_have_count(1)
        shown.locator("summary").click()
        expect(shown).to_contain_text(f"wirewitness show . {1234:016x}")
        box.locator("input").fill("window.ran")
        expect(box.locator("output")).to_have_text(f"1 / {total}")
        expect(shown).to_have_count(1)
        shown.locator("summary").click()
        expect(shown).to_contain_text("<script>window.ran = 1</script>")
        expect(shown).to_contain_text("\\u{202e}")
        assert page.evaluate("typeof window.ran") == "undefined"
        assert page.locator("#all-exposures img, #all-exposures iframe").count() == 0
        box.locator("input").fill("")
        expect(box.locator("output")).to_have_text(f"25 / {total}")
        page.locator("[data-more='all-exposures']").click()
        expect(shown.nth(499)).to_be_visible()


def test_a_lead_says_how_often_it_is_right_also_where_the_script_unfolds_it(
    browser, tmp_path, result, example
) -> None:
    own = next(one for one in result.exposures if one.confidence)
    packed = replace(own, id=f"{77:016x}", time=example.at(900), detail="packed lead")
    large = many_exposures(result, example, 2000)
    large = replace(large, exposures=(*large.exposures, packed))
    with opened(browser, tmp_path, large) as page:
        box = page.locator("[data-filters='all-exposures'] input")
        shown = page.locator("#all-exposures tbody[data-row]").locator("visible=true")
        for wanted, measured in (("field lat/lon", 1), ("packed lead", 1), ("photo:1233.jpg", 0)):
            box.fill(wanted)
            expect(shown).to_have_count(1)
            shown.locator("summary").click()
            expect(shown.locator("dt", has_text="How often such findings are right")).to_have_count(measured)
            expect(shown.locator("dd", has_text="99.5% of what this rule found")).to_have_count(measured)


@pytest.mark.parametrize("reveal", [False, True])
def test_every_row_of_a_large_case_opens_a_hex_view(browser, tmp_path, result, example, reveal) -> None:
    large = many_exposures(result, example, 2000)
    start, end = 1020, 1036
    large = replace(large, exposures=tuple(replace(x, range=(start, end)) for x in large.exposures))
    window = Window(start - 20, b'0123456789{"x\xff\n,A":"' + b"s" * (end - start) + b'"}', (("body", 99),))
    seen = Seen({one.id: window for one in large.exposures}, reveal=reveal)
    with opened(browser, tmp_path, large, seen=seen) as page:
        page.evaluate("location.hash = 'x-00000000000007cd'")
        bytes_of = page.locator("[id='x-00000000000007cd'] pre.hex")
        expect(bytes_of).to_be_visible()
        # As Python writes those of the rows that need no script.
        own = page.locator("#all-exposures tbody[data-row]").first.locator("pre.hex")
        expect(own).to_have_count(1)
        rows = dump(window.begin, window.data, (start, end), reveal=reveal)
        texts = ["".join(run.text for run in (*row.hexes, *row.letters)) for row in rows]
        expect(bytes_of).to_contain_text(rows[0].letters[0].text)
        shown = bytes_of.text_content()
        assert (
            shown.split()
            == " ".join(f"{row.offset} {text}" for row, text in zip(rows, texts, strict=True)).split()
        )
        expect(bytes_of.locator("mark")).to_have_count(
            sum(run.inside for row in rows for run in (*row.hexes, *row.letters))
        )
        expect(own).to_have_text(re.compile(rows[0].offset))


def test_evidence_beyond_the_first_rows_is_linked_and_unfolds(browser, tmp_path, result, example) -> None:
    with opened(browser, tmp_path, many_exposures(result, example, 2000)) as page:
        page.evaluate("location.hash = 'x-00000000000007cd'")
        expect(page.locator("[id='x-00000000000007cd'] .command")).to_be_visible()


def test_a_large_case_prints_its_own_rows_and_no_more(browser, tmp_path, result, example) -> None:
    with opened(browser, tmp_path, many_exposures(result, example, 2000)) as page:
        expect(page.locator("[data-filters='all-exposures'] output")).to_contain_text("25 / 2")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(page.locator("#all-exposures tbody:not([hidden])")).to_have_count(300)
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(page.locator("#all-exposures tbody:not([hidden])")).to_have_count(25)


@pytest.mark.parametrize(
    "table", ["all-rhythms", "all-refused", "all-anomalies", "opaque", "all-destinations"]
)
def test_every_table_of_the_expert_has_a_filter(browser, tmp_path, result, table) -> None:
    with opened(browser, tmp_path, result) as page:
        rows = page.locator(f"#{table} [data-row]")
        expect(rows.first).to_be_visible()
        page.locator(f"[data-filters='{table}'] input").fill("no row holds this")
        expect(page.locator(f"[data-filters='{table}'] output")).to_have_text(f"0 / {rows.count()}")
        expect(rows.locator("visible=true")).to_have_count(0)


def test_without_scripts_everything_is_there(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result, java_script_enabled=False) as page:
        assert page.locator("#all-exposures tbody[data-row]").count() == len(result.exposures)
        assert all(row.is_visible() for row in page.locator("#all-exposures tbody[data-row]").all())
        assert not page.locator(".filter").first.is_visible()


def test_print_shows_every_row_and_no_controls(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(page.locator("nav.contents")).to_be_hidden()
        expect(page.locator(".filter").first).to_be_hidden()
        expect(page.locator("#all-exposures .command").last).to_be_visible()
        assert page.pdf().startswith(b"%PDF-")


def test_the_time_line_draws_its_bands_and_marks(browser, tmp_path, result) -> None:
    with opened(browser, tmp_path, result) as page:
        picture = page.get_by_role("img", name="Time line from 2014-07-20")
        expect(picture).to_be_visible()
        boxes = [box.bounding_box() for box in picture.locator("circle").all()]
        frame = picture.bounding_box()
        assert len(boxes) > 20
        for box in boxes:
            assert frame["x"] <= box["x"] <= frame["x"] + frame["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_axe_finds_nothing_serious(browser, tmp_path, scheme, viewport) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    audit(case=small_case(tmp_path / "inputs"), output=tmp_path / "audit")
    path = render_report(tmp_path / "audit", Language.EN)
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) { one.open = true; }")
    expect(page.locator("pre.hex").first).to_be_visible()
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    context.close()


def test_a_capture_full_of_attacks_runs_nothing(browser, tmp_path) -> None:
    """The whole way: hostile bytes on the wire, in the owner's facts and in the case file, to the page."""
    bad = "<img/src=x/onerror=alert(1)>\x1b]0;ran\x07"
    request = (
        f"GET /{bad}?imei={IMEI}&{bad}={bad} HTTP/1.1\r\nHost: {bad}.example\r\nUser-Agent: {bad}\r\n"
        f"Cookie: {bad}={bad}\r\nX-{bad}: {bad}\r\n\r\n"
    )
    case = small_case(tmp_path / "inputs")
    tiny_capture(tmp_path / "inputs" / "captures" / "tiny.pcap", request.encode())
    case.write_text(case.read_text().replace("A small case", HOSTILE[:60].replace('"', "")))
    audit(case=case, output=tmp_path / "audit")
    for reveal in (False, True):
        render_report(tmp_path / "audit", Language.EN, reveal=reveal)
        context = browser.new_context()
        _opens_quietly(context.new_page(), tmp_path / "audit" / "report.html")
        context.close()


def _opens_quietly(page, path: Path) -> None:
    wrong = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("dialog", lambda dialog: (wrong.append("a dialog opened"), dialog.dismiss()))
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.blockedURI));"
    )
    page.goto(path.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) { one.open = true; }")
    assert page.locator("img, iframe").count() == 0
    assert page.evaluate("window.refused") == []
    assert wrong == []
