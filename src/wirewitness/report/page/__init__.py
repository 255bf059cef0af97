"""The page `report.html`: one file that needs no network and lets nothing foreign run.

Every value is escaped and made visible; the style and the script are named by their hash in the content
security policy, so that a script which came in a captured name could not run even if it got into the page.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wirewitness.evidence import MOST, Window
from wirewitness.model.custody import Intake
from wirewitness.report.figures import moment_of
from wirewitness.report.intervals import draw_rhythm
from wirewitness.report.page.compiled import compiled_templates
from wirewitness.report.page.exposure_rows import BLANK, RowMaker
from wirewitness.report.page.packing import OWN, Packed, pack, pack_bytes
from wirewitness.report.rows import cap, group_exposures, sum_countries, sum_states
from wirewitness.report.visible import visible
from wirewitness.report.week import draw_week
from wirewitness.report.words import device_name, filters, recorded_days
from wirewitness.report.world import draw_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wirewitness.model.coverage import Opaque
    from wirewitness.model.destination import Destination
    from wirewitness.model.exposure import Exposure
    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

Sent = TypeVar("Sent", "Destination", "Opaque")

MAX_EXPOSURES, MAX_ANSWERS = 300, 100
"""So many need no script to be seen; the others are packed."""
PACKED_EXPOSURES, PACKED_ANSWERS = 1_300_000, 200_000
"""So many bytes they may have."""
PAGE = 2_990_000
"""So many bytes the page may have: what is left of them is for the bytes of packed rows."""
STEP = 500
"""So many rows the script shows at once."""
MAX_ROWS = 300


@dataclass(frozen=True)
class Seen:
    """What the case folder holds beside the result.

    Windows of bytes by finding, times of contact by host, and who took the captures in.
    """

    evidence: Mapping[str, Window] = field(default_factory=dict)
    times: Mapping[str, Sequence[int]] = field(default_factory=dict)
    intake: Intake | None = None
    reveal: bool = False


def render_page(result: Result, texts: Texts, seen: Seen | None = None) -> str:
    """The whole page as text, of at most about 3 MB whatever the result holds."""
    seen = seen or Seen()
    style, script = _asset("style.css"), _asset("report.js")
    exposures = cap(result.exposures, MAX_EXPOSURES, _kind_and_host, _cited(result))
    answers = cap(result.answers, MAX_ANSWERS, _kind_and_host, _cited(result))
    maker = _row_maker(result, texts, seen)
    packed = pack(result.exposures, exposures.shown, maker, PACKED_EXPOSURES)
    packed_answers = pack(result.answers, answers.shown, maker, PACKED_ANSWERS)
    coverage = result.coverage
    dropped = [capture.dropped for capture in result.captures if capture.dropped is not None]
    timeline = draw_week(result, texts)
    countries = sum_countries(result.destinations)
    tried = _conditions((row.condition for row in coverage.conditions), texts)
    page = (
        _environment(texts)
        .get_template("report.html.j2")
        .render(
            result=result,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            device=device_name(result, texts),
            dates=recorded_days(result, texts),
            conditions=tried,
            conditions_of=_conditions_by_claim(result, texts, tried),
            shown_ids={x.id for x in (*exposures.shown, *answers.shown)} | packed.ids | packed_answers.ids,
            exposures=[maker.row(x, OWN if packed.ids else MOST) for x in exposures.shown],
            packed_exposures=packed,
            answers=[maker.row(x, OWN if packed_answers.ids else MOST) for x in answers.shown],
            packed_answers=packed_answers,
            blank=BLANK,
            step=STEP,
            bytes_slot=_slot,
            groups=cap(group_exposures(result.exposures), MAX_ROWS),
            destinations=cap(_most_sent(result.destinations), MAX_ROWS),
            countries=countries,
            world=draw_world(countries),
            rhythms=cap(result.rhythms, MAX_ROWS),
            plots=[
                draw_rhythm(one, seen.times.get(one.destination, ())) for one in result.rhythms[:MAX_ROWS]
            ],
            reveal=seen.reveal,
            opaque=cap(_most_sent(coverage.opaque), MAX_ROWS),
            states=sum_states(coverage.conditions),
            together=cap(coverage.conditions, MAX_ROWS),
            by_condition=cap(coverage.table, MAX_ROWS),
            refused=cap(coverage.refused, MAX_ROWS),
            tokens=cap(coverage.tokens, MAX_ROWS),
            anomalies=cap(result.anomalies, MAX_ROWS),
            taken={one.sha256: one for one in (seen.intake.captures if seen.intake else ())},
            captures=cap(result.captures, MAX_ROWS),
            dropped=sum(dropped) if dropped else None,
            proven=_proven_seconds(result),
            timeline=timeline,
            kinds=len({x.kind for x in result.exposures}),
            hosts=len({x.destination or x.address for x in result.exposures}),
        )
    )
    return _with_bytes(page, {"all-exposures": packed, "all-answers": packed_answers}, maker, texts)


def _slot(table: str) -> Markup:
    """Where the bytes of a table's packed rows come: no captured text can spell it, for each is escaped."""
    return Markup(f"<!--bytes of {table}-->")  # noqa: S704 - a name of ours


def _with_bytes(page: str, tables: Mapping[str, Packed], maker: RowMaker, texts: Texts) -> str:
    """The page with as many of the packed rows' bytes as it has room for."""
    template = _environment(texts).get_template("packed_bytes.html.j2")
    for table, packed in tables.items():
        if packed.held:
            room = PAGE - len(page.encode())
            held = pack_bytes(packed.held, maker, room)
            text = template.render(name=table, held=held, most=MOST, own=OWN)
            page = page.replace(_slot(table), text)
    return page


@cache
def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def _environment(texts: Texts) -> Environment:
    environment = Environment(
        loader=PackageLoader("wirewitness.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
        bytecode_cache=compiled_templates(Path(__file__).with_name("__pycache__"), texts.language.value),
    )
    environment.filters.update(filters(texts))
    environment.globals["t"] = texts  # imported macros see globals only
    return environment


def _finalize(value: object) -> object:
    """Every text that did not come from our own templates shows what it holds; markup of ours passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _row_maker(result: Result, texts: Texts, seen: Seen) -> RowMaker:
    planted = frozenset(id_ for control in result.controls for id_ in control.exposures)
    return RowMaker(texts, planted, seen.evidence, reveal=seen.reveal)


def _kind_and_host(exposure: Exposure) -> tuple[str, str]:
    return exposure.kind, exposure.destination


def _most_sent(rows: Iterable[Sent]) -> list[Sent]:
    return sorted(rows, key=lambda row: -row.up_bytes)


def _cited(result: Result) -> Callable[[Exposure], bool]:
    cited = {id_ for verdict in result.verdicts for id_ in verdict.evidence}
    return lambda exposure: exposure.id in cited


def _conditions(conditions: Iterable[Mapping[str, str]], texts: Texts) -> str:
    """Every state in `conditions`, by key: `network: Wi-Fi / mobile network`."""
    held: dict[str, dict[str, None]] = {}
    for states in conditions:
        for key, value in states.items():
            held.setdefault(key, {})[value] = None
    return texts.condition({key: "|".join(values) for key, values in held.items()})


def _conditions_by_claim(result: Result, texts: Texts, tried: str) -> dict[str, str]:
    """The states under which a verdict's evidence was sent; for one without evidence all that were tried."""
    found = {one.id: one.conditions for one in (*result.exposures, *result.answers)}
    return {
        verdict.claim: _conditions((found[id_] for id_ in verdict.evidence if id_ in found), texts) or tried
        for verdict in result.verdicts
    }


def _proven_seconds(result: Result) -> tuple[float, float] | None:
    """Seconds in which the capture was proven to run, and all in which it may have."""
    spans = result.coverage.spans
    if not spans:
        return None
    lengths = [((moment_of(s.until) - moment_of(s.from_)).total_seconds(), s.live == "proven") for s in spans]
    return sum(length for length, proven in lengths if proven), sum(length for length, _ in lengths)
