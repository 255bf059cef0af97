"""The bytes behind a finding: kept with the case, masked on the page unless asked for; the plot of a rhythm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_case import IMEI, small_case

from wirewitness.case import audit
from wirewitness.cli import main
from wirewitness.evidence import WINDOWS, read_evidence, window_span
from wirewitness.model.errors import InputError
from wirewitness.model.instant import Instant
from wirewitness.model.rhythm import Rhythm
from wirewitness.report.hexdump import dump
from wirewitness.report.intervals import draw_rhythm
from wirewitness.report.language import Language
from wirewitness.report.rendering import read_result, render_report


@pytest.fixture
def folder(tmp_path):
    audit(case=small_case(tmp_path / "inputs"), output=tmp_path / "audit")
    return tmp_path / "audit"


def test_each_finding_has_its_bytes_and_the_page_masks_them(folder, capsys) -> None:
    (window,) = read_evidence(folder).values()
    (found,) = read_result(folder).exposures
    assert (window.begin, window.data) == (0, IMEI.encode())
    assert window_span(found.range) == (0, 15 + 48)
    labels = [label for label, _ in window.stages]
    assert labels == [found.where, *(f"{step.codec} {step.path}".strip() for step in found.steps)]
    assert window.stages[-1][1] == len(IMEI)
    assert not list(folder.glob("**/*window.parquet"))  # what the core left is gone
    page = render_report(folder, Language.EN).read_text("utf-8")
    spelled = " ".join(f"{byte:02x}" for byte in IMEI.encode())
    assert '<pre class="hex"' in page
    assert spelled[:14] not in page
    assert IMEI not in page
    assert main(["report", str(folder), "--reveal"]) == 0
    page = (folder / "report.html").read_text("utf-8")
    assert spelled[:14] in page
    assert "Private values are shown" in page


def test_changed_evidence_is_refused_and_none_is_no_fault(folder) -> None:
    path = folder / WINDOWS
    whole, kept = path.read_bytes(), read_evidence(folder)
    at = whole.index(b"(\xb5/\xfd") if b"(\xb5/\xfd" in whole else 60
    path.write_bytes(whole[: at + 12] + bytes([whole[at + 12] ^ 1]) + whole[at + 13 :])
    with pytest.raises(InputError, match=r"windows\.parquet"):
        read_evidence(folder)
    path.write_bytes(whole)
    assert read_evidence(folder) == kept
    path.write_bytes(b"other")
    with pytest.raises(InputError, match=r"windows\.parquet"):
        read_evidence(folder)
    assert read_evidence(folder / "nowhere") == {}


@given(before=st.binary(max_size=60), value=st.binary(min_size=1, max_size=40), after=st.binary(max_size=60))
def test_masked_bytes_tell_no_letter_no_digit_and_nothing_of_the_value(before, value, after) -> None:
    data = before + value + after
    rows = dump(0, data, (len(before), len(before) + len(value)), reveal=False)
    shown = "".join(run.text for row in rows for run in row.letters)
    assert len(shown) == len(data)
    assert not any(char.isalnum() for char in shown)
    assert shown[len(before) : len(before) + len(value)] == "▒" * len(value)
    marked = "".join(run.text for row in rows for run in row.hexes if run.inside)
    assert marked == "·· " * len(value)
    seen = dump(0, data, (0, 0), reveal=True)
    assert "".join(run.text for row in seen for run in row.hexes).split() == [f"{byte:02x}" for byte in data]


def test_the_plot_of_a_rhythm_peaks_at_its_period() -> None:
    second = 1_000_000_000
    rhythm = Rhythm("a", "contact", 60.0, 59.0, 61.0, 50, 0, 0.001, Instant(0), Instant(3000 * second))
    plot = draw_rhythm(rhythm, [n * 60 * second for n in range(50)] + [9000 * second])
    assert plot is not None
    tallest = max(plot.bars, key=lambda bar: bar.height)
    assert tallest.x <= plot.periods[0] <= tallest.x + 2 * tallest.width
    assert (plot.pauses, plot.beyond) == (50, 1)
    assert draw_rhythm(rhythm, [0, 1]) is None
