"""Every closed list has a sentence in every language, and every sentence is one that can be filled."""

from __future__ import annotations

import re
import string
from importlib.resources import files

import pytest

from wirewitness.decode import closed_lists
from wirewitness.model.case_file import STATES
from wirewitness.model.kind import ALL_ANSWERS, ALL_KINDS
from wirewitness.model.reason import LISTS, Missing, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.telling import Lack
from wirewitness.model.verdict import Outcome, Strength
from wirewitness.report.language import Language
from wirewitness.report.texts import Texts
from wirewitness.sources import IMPORTERS

LANGUAGES = list(Language)
REPORT = files("wirewitness.report")


def leaves(node, path=()):
    """(path, sentences) of a tree of texts; a plural is one leaf with two sentences."""
    if isinstance(node, str):
        yield path, [node]
    elif set(node) <= {"one", "other"} and "other" in node:
        yield path, list(node.values())
    else:
        for key, value in node.items():
            yield from leaves(value, (*path, key))


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_that_uses_only_its_own_parameters(language: Language) -> None:
    texts = Texts(language)
    for codes in LISTS:
        table = texts.tree[codes.__name__.lower()]
        for code in codes:
            found = dict(leaves({code.value: table.get(code.value, {})}))
            sentences = found.get((code.value,))
            assert sentences, f"{language}: no sentence for {codes.__name__} {code.value}"
            for sentence in sentences:
                assert names_in(sentence) <= set(code.params), sentence
        unknown = set(table) - {code.value for code in codes}
        assert not unknown, f"{language}: sentences for codes that do not exist: {unknown}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_other_closed_list_has_its_words(language: Language) -> None:
    texts = Texts(language)
    core = closed_lists()
    wanted = {
        "outcome": [
            *(f"{one.value}.{part}" for one in Outcome for part in ("word", "gloss")),
            *(f"{one.value}.gloss_by_volume" for one in (Outcome.SUPPORTED, Outcome.CONTRADICTED)),
        ],
        "cli.outcome": [one.value for one in Outcome],
        "strength": [one.value for one in Strength],
        "kind": [*ALL_KINDS, *ALL_ANSWERS],
        "condition": list(STATES),
        "value": [value for values in STATES.values() for value in values],
        "anomaly": [name for name, _ in core["anomaly"]],
        "codec": ["optin_chunk", *(name for name, _ in core["codec"])],
        "opaque": [name for name, _ in core["opaque_reason"]],
        "refused": [
            "refused",
            "unanswered",
            "reset",
            "aborted_handshake",
            "certificate_rejected",
            "asked_only",
        ],
        "consent": ["covered", "uncovered", "unknown"],
        "consent_short": ["covered", "uncovered", "unknown"],
        "found": ["fact", "detector", "media", "stranger"],
        "source": ["packets", *(importer.kind for importer in IMPORTERS)],
        "lack": list(Lack),
        "party": ["first", "third", "unknown"],
        "rhythm": ["contact", "upload"],
        "report.unseen": ["live_proven", "live_unproven"],
    }
    for table, values in wanted.items():
        for value in values:
            assert texts.find(f"{table}.{value}", record="x"), f"{language}: no words for {table}.{value}"


def test_all_languages_have_the_same_keys_and_names() -> None:
    trees = {language: dict(leaves(Texts(language).tree)) for language in LANGUAGES}
    english = trees[Language.EN]
    for language, tree in trees.items():
        assert set(tree) == set(english), language
        for path, sentences in tree.items():
            used = set().union(*map(names_in, sentences))
            wanted = set().union(*map(names_in, english[path]))
            missing = wanted - used - {"first"}  # "once, at {first}" has no other form in Chinese
            assert not missing, f"{language} {'.'.join(path)} leaves out {missing}"
            assert used <= wanted, f"{language} {'.'.join(path)} has {used - wanted} more than English"


def test_every_key_that_the_templates_and_the_code_ask_for_exists_and_none_is_left_over() -> None:
    texts = Texts(Language.EN)
    asked = set()
    sources = [*REPORT.joinpath("page").iterdir(), *REPORT.iterdir(), *files("wirewitness.cli").iterdir()]
    for source in sources:
        if source.is_file() and source.name.endswith((".j2", ".py")):
            asked |= set(re.findall(r"[\"']((?:report|cli)\.[a-z_.]+[a-z_])[\"']", source.read_text("utf-8")))
    assert len(asked) > 100
    have = {".".join(path) for path, _ in leaves({"report": texts.tree["report"], "cli": texts.tree["cli"]})}
    asked -= {"report.html", "report.js", "cli.stage"}  # files and a table, no sentences
    assert asked <= have, f"texts that nobody wrote: {sorted(asked - have)}"
    made_up = (
        "cli.stage.",
        "cli.outcome.",
        "cli.table.",
        "cli.new.ask_",
        "report.unseen.live_",
        "report.verdicts.asserts",
        "report.verdicts.denies",
    )
    idle = {key for key in have - asked if not key.startswith(made_up) and not key.endswith(".short")}
    assert not idle, f"texts that nothing uses: {sorted(idle)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_speaks_of_guilt_or_clears_anyone(language: Language) -> None:
    words = {
        Language.EN: r"\b(guilty|innocent|cleared|clean|safe phone|proves? that|spy|spies|malicious|illegal)\b",
        Language.FR: r"\b(coupable|innocent|blanchi|espion|malveillant|illégal|prouve que)\b",
        Language.ZH: r"(有罪|无罪|清白|间谍|恶意|违法|证明了)",
    }
    for path, sentences in leaves(Texts(language).tree):
        for sentence in sentences:
            assert not re.search(words[language], sentence, re.IGNORECASE), f"{'.'.join(path)}: {sentence}"


def test_parameters_are_written_as_the_language_writes_them() -> None:
    remark = Remark.of(
        Reason.NOTHING_FOUND,
        kinds=("photo", "sms.body"),
        hosts=("*.vendor.example",),
        hours=36.5,
        up_bytes=1_204_332,
        readable_up_bytes=1_190_002,
    )
    english = Texts(Language.EN).remark(Reason, remark)
    assert "photo, text message" in english
    assert "1\u00a0d\u00a012\u00a0h" in english
    assert "1.2\u00a0MB" in english
    french = Texts(Language.FR).remark(Reason, remark)
    assert "photo, SMS" in french
    assert "1,2\u202fMo" in french
    assert "照片、短信内容" in Texts(Language.ZH).remark(Reason, remark)


def test_one_and_many_differ_by_the_count() -> None:
    texts = Texts(Language.EN)
    one = Remark.of(Missing.RETRY_CONNECTION, destination="a.example", attempts=1)
    many = Remark.of(Missing.RETRY_CONNECTION, destination="a.example", attempts=1200)
    assert "one connection" in texts.remark(Missing, one)
    assert "1,200 connections" in texts.remark(Missing, many)


def test_conditions_are_spelt_in_words_also_with_a_choice() -> None:
    remark = Remark.of(Reason.NO_CAPTURE_UNDER, condition="network=wifi, software=stopped|disabled")
    assert Texts(Language.EN).remark(Reason, remark) == (
        "Nothing was captured under the condition network: Wi-Fi, built-in software: stopped / disabled."
    )


def test_french_gets_its_narrow_spaces() -> None:
    for _, sentences in leaves(Texts(Language.FR).tree):
        for sentence in sentences:
            assert not re.search(r"[^\s\u202f][;!?]", sentence), sentence
    shown = Texts(Language.FR)("cli.report", path="x")
    assert shown == "Rapport\u202f: x"


def test_countries_have_names_and_unknown_codes_stay() -> None:
    assert Texts(Language.EN).country("CN") == "China"
    assert Texts(Language.FR).country("SG") == "Singapour"
    assert Texts(Language.ZH).country("DE") == "德国"
    assert Texts(Language.EN).country("Q9") == "Q9"
