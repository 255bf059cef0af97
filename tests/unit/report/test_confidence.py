"""Whoever reads of a lead reads how often such a lead is right, in every form and language, or that nobody measured it."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from wirewitness.model.exposure import Confidence
from wirewitness.report.formats import render_csv
from wirewitness.report.language import Language
from wirewitness.report.page.exposure_rows import RowMaker
from wirewitness.report.texts import Texts
from wirewitness.report.words import confidence_words

MEASURED = Confidence(995, 1000, 0.9887, "apps", "rule")
EN = Texts(Language.EN)


@pytest.fixture
def lead(example):
    """A place that a detector named."""
    return replace(example.exposure(1, "location", None, 1.0), evidence=False, confidence=MEASURED)


@pytest.mark.parametrize("language", list(Language))
def test_every_confidence_has_words_that_tell_what_was_measured(language) -> None:
    hints = get_type_hints(Confidence)
    cases = [
        replace(MEASURED, of=of, basis=basis)
        for of, basis in itertools.product(get_args(hints["of"]), get_args(hints["basis"]))
    ]
    texts = Texts(language)
    said = {confidence_words(one, texts) for one in [*cases, None]}
    assert len(said) == len(cases) + 1, "each is told from the others"
    for one in cases:
        words = confidence_words(one, texts)
        for figure in ("99.5", "1,000", "98.8"):  # the lower bound is not rounded up
            shown = texts.figures.number(float(figure.replace(",", "")), 1 if "." in figure else 0)
            assert shown in words


def test_a_row_of_the_page_says_it_of_a_lead_and_nothing_of_what_is_no_guess(lead, example) -> None:
    row = RowMaker(EN, frozenset(), {}, reveal=False).row
    assert row(lead, 0).confidence == confidence_words(MEASURED, EN)
    assert row(replace(lead, confidence=None), 0).confidence == "not measured"
    assert row(replace(lead, masked=True), 0).confidence == ""
    assert "placeholder" in row(replace(lead, masked=True, source="fact"), 0).found
    assert row(example.exposure(2, "photo", "photo:1.jpg", 1.0), 0).confidence == ""


def test_the_time_line_has_the_share_as_a_number_and_in_words(lead, example) -> None:
    unmeasured = replace(lead, confidence=None)
    fact = example.exposure(2, "photo", "photo:1.jpg", 3.0)
    result = replace(example.example(), exposures=(lead, unmeasured, fact), answers=(), events=())
    rows = list(csv.DictReader(io.StringIO(render_csv(result, Texts(Language.FR)))))
    told = {(row["evidence"], row["confidence"], row["confidence_words"]) for row in rows}
    words = confidence_words(MEASURED, Texts(Language.FR))
    assert told == {("lead", "0.9950", words), ("lead", "", "non mesuré"), ("yes", "", "")}
