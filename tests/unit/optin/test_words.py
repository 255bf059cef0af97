"""The owner's page in three languages: the same keys, the same names, nothing left in another language."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from optin.agent.page import CHARGING, render_page
from optin.agent.switch import TERMS, Switch
from optin.agent.words import LANGUAGES, choose_language, load_words
from optin.protocol.preference import CATEGORIES


def flat(value):
    if isinstance(value, dict):
        return [text for inner in value.values() for text in flat(inner)]
    return [text for inner in value for text in flat(inner)] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_words_and_the_same_names(language):
    words, english = load_words(language), load_words("en")
    assert set(words.switch) == {*(switch.value for switch in Switch), CHARGING}
    assert set(words.category) == set(CATEGORIES)
    assert set(words.kind) == {terms.data[0] for terms in TERMS.values() if terms.data}
    for text, original in zip(flat(asdict(words)), flat(asdict(english)), strict=True):
        assert text.strip()
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", original))
        assert language == "en" or text != original


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_its_language_and_says_so(life, language):
    page = render_page(life.agent, "/x/", life.now, language)
    assert f'<html lang="{language}">' in page
    assert load_words(language).nothing_sent in page
    others = {load_words(other).erase for other in LANGUAGES if other != language}
    assert not any(word in page for word in others)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "en"),
        ("", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("zh-CN,zh;q=0.9", "zh"),
        ("de, en;q=0.3, fr;q=0.5", "fr"),
        ("fr;q=0, zh;q=0.1", "zh"),
        ("de;q=x, ;;;,,, zh" + ",x" * 5000, "zh"),
        ("nb", "en"),
    ],
)
def test_the_browser_s_wish_is_heard(asked, given):
    assert choose_language(asked) == given
