"""Languages are chosen as people expect; figures never round what matters away."""

from __future__ import annotations

import pytest

from wirewitness.model.instant import Instant
from wirewitness.report.figures import Figures
from wirewitness.report.language import Language, choose_language
from wirewitness.report.visible import visible


@pytest.mark.parametrize(
    ("wanted", "environment", "language"),
    [
        (None, {}, "en"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        ("fr", {"LANG": "zh_CN.UTF-8"}, "fr"),
        ("zh-Hans", {}, "zh"),
    ],
)
def test_the_option_comes_before_the_environment(
    wanted: str | None, environment: dict[str, str], language: str
) -> None:
    assert choose_language(wanted, environment) == language


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="xx"):
        choose_language("xx", {})


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    figures = Figures(Language.EN)
    assert figures.percent(999_999_999, 1_000_000_000) == "99.9%"
    assert figures.percent(1, 1_000_000_000) == "0.1%"
    assert figures.percent(0, 10) == "0%"
    assert figures.percent(10, 10) == "100%"
    assert figures.percent(0, 0) == "0%"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [(0, "0\u00a0B", "0\u202fo"), (999, "999\u00a0B", "999\u202fo"), (999_999, "1.0\u00a0MB", "1,0\u202fMo"), (20_480, "20.5\u00a0kB", "20,5\u202fko"), (3 * 10**15, "3,000\u00a0TB", "3\u202f000\u202fTo")],
)  # fmt: skip
def test_sizes(value: int, english: str, french: str) -> None:
    assert Figures(Language.EN).size(value) == english
    assert Figures(Language.FR).size(value) == french


def test_durations_name_the_two_units_that_matter() -> None:
    figures = Figures(Language.EN)
    assert figures.duration(0) == "0\u00a0s"
    assert figures.duration(0.25) == "0.2\u00a0s"
    assert figures.duration(300.2) == "5\u00a0min"
    assert figures.duration(93_784) == "1\u00a0d\u00a02\u00a0h"
    assert Figures(Language.ZH).duration(3600) == "1\u00a0小时"


def test_days_are_said_once() -> None:
    first, last = Instant.parse("2014-07-20T01:00:00Z"), Instant.parse("2014-07-27T01:00:00Z")
    august = Instant.parse("2014-08-01T01:00:00Z")
    assert Figures(Language.EN).days(first, first) == "20 July 2014"
    assert Figures(Language.EN).days(first, last) == "20–27 July 2014"
    assert Figures(Language.FR).days(last, august) == "27 juillet 2014 – 1er août 2014"
    assert Figures(Language.ZH).days(first, last) == "2014年7月20日至27日"


@pytest.mark.parametrize(
    "hostile", ["a\x1bb", "a\u202eb", "a\x00b", "a\nb", "a\u200bb", "a\x9bb", "a\ud800b", "a\u2028b"]
)
def test_what_cannot_be_seen_is_written_out(hostile: str) -> None:
    shown = visible(hostile)
    assert shown.startswith("a\\u{")
    assert shown.endswith("}b")
    assert shown.isprintable()


def test_ordinary_text_in_any_script_stays_as_it_is() -> None:
    assert visible("Größe 照片 «\u202fé\u00a0»") == "Größe 照片 «\u202fé\u00a0»"


def test_nobody_writes_minus_nothing() -> None:
    assert [Figures(one).number(-0.004) for one in Language] == ["0", "0", "0"]
    assert Figures(Language.FR).number(-0.04, 1) == "0,0"
    assert Figures(Language.EN).amount(-0.001) == "0"
    assert Figures(Language.EN).number(-4) == "-4"
