"""One verdict card, read alone for half a minute: it names device, build, dates and finding, what is missing, and
nobody's guilt or innocence. docs/method/verdict-cards.md says how a card is made for that."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from wirewitness.cli.terminal import outcome_text
from wirewitness.judge.case_text import claim_library
from wirewitness.model.reason import Missing, Quality, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.result import Result
from wirewitness.model.verdict import Outcome, Strength
from wirewitness.report.formats import render_markdown
from wirewitness.report.language import Language
from wirewitness.report.page import render_page
from wirewitness.report.texts import Texts

# Words that judge a person or give an all-clear; a card says neither, in any language.
BANNED = {
    Language.EN: r"\b(guilty|guilt|innocen\w+|cleared|clears|acquit\w*|clean|safe|harmless|spies|spying|spyware)\b",
    Language.FR: r"\b(coupables?|innocent\w*|blanchi\w*|disculp\w*|acquitt\w*|hors de cause|sans tache|inoffensif|espion\w*)\b",
    Language.ZH: r"(有罪|罪行|无罪|无辜|清白|洗清|干净|安全无害|间谍|监控软件)",
}
DAYS = {Language.EN: "July 2014", Language.FR: "juillet 2014", Language.ZH: "2014年7月"}
HALF_A_MINUTE = {Language.EN: 115, Language.FR: 105, Language.ZH: 130}
"""Words (of Chinese: characters and foreign words) that are read in thirty seconds at an unhurried pace."""


@pytest.fixture
def result(example) -> Result:
    """The example; every outcome is in it, and every statement of the library is made once with some outcome."""
    made = example.example()
    assert {one.outcome for one in made.verdicts} == set(Outcome)
    library = [
        replace(
            made.verdicts[number % len(made.verdicts)],
            claim=f"L-{name}",
            text=row["text"],
            quote=row.get("quote", ""),
            source=row.get("source", "the library"),
        )
        for number, (name, row) in enumerate(claim_library().items())
    ]
    return replace(made, verdicts=(*made.verdicts, *library))


def cards(result: Result, texts: Texts) -> list[str]:
    """The text of each card as it is read from top to bottom."""
    found = re.findall(r"<article.*?</article>", render_page(result, texts), re.DOTALL)
    assert len(found) == len(result.verdicts)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", card)).split()) for card in found]


def read_in_half_a_minute(card: str, language: Language) -> str:
    if language is Language.ZH:
        marks = list(re.finditer(r"[A-Za-z0-9.'’-]+|\S", card))[: HALF_A_MINUTE[language]]
        return card[: marks[-1].end()]
    return " ".join(card.split()[: HALF_A_MINUTE[language]])


def plain(text: str) -> str:
    """A sentence as the card's text has it: without the marks of code, with plain spaces."""
    return " ".join(text.replace("`", " ").split())


@pytest.mark.parametrize("language", list(Language))
def test_a_card_alone_tells_device_build_dates_finding_and_what_is_missing(result, language) -> None:
    texts = Texts(language)
    for card, verdict in zip(cards(result, texts), result.verdicts, strict=True):
        assert result.device.model in card
        assert result.device.build in card
        assert DAYS[language] in card
        assert plain(texts(f"outcome.{verdict.outcome.value}.word")) in card
        assert plain(verdict.text[language.value]) in card
        assert not verdict.strength or plain(texts(f"strength.{verdict.strength.value}")) in card
        flat = card.replace(" ", "")
        for codes, remarks in (
            (Reason, verdict.reasons),
            (Missing, verdict.missing),
            (Quality, verdict.quality),
        ):
            for remark in remarks:
                assert plain(texts.remark(codes, remark)).replace(" ", "") in flat
        if verdict.outcome in {Outcome.CANNOT_TELL, Outcome.NOT_TESTED}:
            assert verdict.missing, "what is unresolved names what is missing"
            assert plain(texts("report.verdicts.missing")) in card


@pytest.mark.parametrize("language", list(Language))
def test_the_first_half_minute_holds_device_dates_and_finding(result, language) -> None:
    texts = Texts(language)
    for card, verdict in zip(cards(result, texts), result.verdicts, strict=True):
        begin = read_in_half_a_minute(card, language)
        assert plain(texts(f"outcome.{verdict.outcome.value}.word")) in begin, begin
        assert result.device.model in begin, begin
        assert result.device.build in begin, begin
        assert DAYS[language] in begin, begin


@pytest.mark.parametrize("language", list(Language))
def test_no_card_judges_a_person_or_gives_an_all_clear(result, language) -> None:
    for card in cards(result, Texts(language)):
        assert not re.search(BANNED[language], card, re.IGNORECASE), card


@pytest.mark.parametrize("language", list(Language))
def test_nor_do_the_words_that_a_card_may_come_to_say(language) -> None:
    """The example does not hold every reason; the texts do."""
    tree = Texts(language).tree
    for table in ("outcome", "strength", "reason", "missing", "quality", "alternative"):
        for sentence in sentences(tree[table]):
            assert not re.search(BANNED[language], sentence, re.IGNORECASE), sentence
    for row in claim_library().values():
        assert not re.search(BANNED[language], row["text"][language.value], re.IGNORECASE)


def sentences(node: object):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for inner in node.values():
            yield from sentences(inner)


@pytest.mark.parametrize("language", list(Language))
def test_neither_terminal_nor_markdown_say_otherwise(result, language) -> None:
    texts = Texts(language)
    said = render_markdown(result, texts)
    rows = [line for line in said.splitlines() if line.startswith("| ")]
    assert rows
    for row in rows:
        assert not re.search(BANNED[language], row, re.IGNORECASE), row
    for outcome in Outcome:
        shown = outcome_text(outcome, texts(f"outcome.{outcome.value}.word"))
        assert shown.plain.strip()
        assert "red" not in str(shown.style)
        assert "green" not in str(shown.style)


def test_the_colours_of_a_card_are_no_alarm_and_no_all_clear() -> None:
    """Neither red nor green: hues between 150 and 330 degrees, or hardly any colour."""
    from colorsys import rgb_to_hls
    from importlib.resources import files

    style = files("wirewitness.report.page").joinpath("style.css").read_text("utf-8")
    tones = re.findall(
        r"--(recorded|counter|notfound|unresolved|untested): #([0-9a-f]{6}|[0-9a-f]{3})\b", style
    )
    assert len(tones) >= 10, "light and dark"
    for name, code in tones:
        wide = code if len(code) == 6 else "".join(char * 2 for char in code)
        hue, _, saturation = rgb_to_hls(*(int(wide[at : at + 2], 16) / 255 for at in (0, 2, 4)))
        calm = saturation < 0.2 or 150 <= hue * 360 <= 330 or 20 <= hue * 360 <= 60
        assert calm, (name, code, hue * 360)


def test_every_band_of_strength_has_its_word() -> None:
    for language in Language:
        words = {Texts(language)(f"strength.{band.value}") for band in Strength}
        assert len(words) == len(Strength)


@pytest.mark.parametrize("language", list(Language))
def test_a_finding_by_volume_does_not_say_that_its_bytes_can_be_read(result, language) -> None:
    texts = Texts(language)
    shown = next(one for one in result.verdicts if one.outcome is Outcome.SUPPORTED)
    counted = replace(shown, evidence=(), quality=(Remark.of(Quality.BY_VOLUME),))
    (card,) = cards(replace(result, verdicts=(counted,)), texts)
    assert plain(texts("outcome.supported.gloss_by_volume")) in card
    assert plain(texts("outcome.supported.gloss")) not in card
