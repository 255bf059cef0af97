"""`wirewitness plan`: canaries and a randomised schedule, with a checklist, before the first window."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wirewitness.cli.options import Debug, Json, Lang, Quiet
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.cli.trial_folder import write_folder
from wirewitness.judge.trial_plan import MINUTES_A_WINDOW, NIGHT_MIN, Schedule, Wanted, days_of
from wirewitness.model.case_file import STATES
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant
from wirewitness.model.json_form import to_json

if TYPE_CHECKING:
    from wirewitness.report.texts import Texts

POWER_REPEATS, POWER_SHUFFLES = 60, 1_999
POWER, LANDING = 0.95, 0.7
"""The power that is aimed at; the share of uploads in their window that it is told for."""
DELAYS_S = (0, 600, 3_600, 6 * 3_600)
HOURS_A_DAY = 24


def plan(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder to write; it must not exist yet.",
            show_default=False,
        ),
    ],
    claims: Annotated[
        str,
        typer.Option(
            "--claims", metavar="ID,ID", help="The claims that the trials test.", show_default=False
        ),
    ],
    start: Annotated[
        str,
        typer.Option("--start", metavar="TIME", help="First window, with a time zone.", show_default=False),
    ],
    kind: Annotated[
        str, typer.Option("--kind", metavar="photo|sms.body|contact", help="What is planted.")
    ] = "photo",
    paired: Annotated[
        str | None,
        typer.Option(
            "--paired",
            metavar="STATE",
            help="Turn this state (such as backup) on or off in drawn order, instead of planting sizes.",
            show_default=False,
        ),
    ] = None,
    windows: Annotated[
        int | None,
        typer.Option(
            "--windows",
            help="A multiple of 10 and 20 at least; paired, even and 28 at least. Else 20, or 40 paired.",
            show_default=False,
        ),
    ] = None,
    window_min: Annotated[
        int | None,
        typer.Option(
            "--window-min",
            help="Minutes that a window lasts. Else 30, or 480 for nights.",
            show_default=False,
        ),
    ] = None,
    every_min: Annotated[int, typer.Option("--every-min", help="Minutes from window to window.")] = 120,
    hours: Annotated[
        str, typer.Option("--hours", metavar="H-H", help="Hours of the day (UTC) for windows.")
    ] = "0-24",
    delay_h: Annotated[
        float, typer.Option("--delay-h", help="Expected hours until the phone uploads; adds a lagged window.")
    ] = 1.0,
    nights: Annotated[
        bool, typer.Option("--nights", help="One window a night: for phones that upload only at night.")
    ] = False,
    days: Annotated[
        int | None, typer.Option("--days", help="Calendar days that there are at most.", show_default=False)
    ] = None,
    noise: Annotated[
        int, typer.Option("--noise", metavar="BYTES", help="Other bytes to the hosts in a window (median).")
    ] = 0,
    seed: Annotated[
        str | None, typer.Option("--seed", help="Seed of the draw; else a fresh one.", show_default=False)
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Plan randomised trials: photos, messages or contacts of drawn sizes at set times, to be planted.

    Or, with --paired, a setting that is turned on or off in drawn order. DIR then holds trials.json (the plan
    and its SHA-256, to be published before the first window), seed.txt (to be kept sealed until after the
    last), the canaries, owner.toml for the audit, and checklist.md to print or to follow in the terminal.
    """
    texts = texts_for(lang)
    length = window_min or (NIGHT_MIN if nights else 30)
    schedule = Schedule(_time(start), length, every_min, _hours(hours), nights)
    wanted = Wanted(
        kind,
        tuple(one.strip() for one in claims.split(",") if one.strip()),
        windows or (40 if paired else 20),
        tuple(sorted({0, max(0, round(delay_h * 60))})),
        _switch(paired),
    )
    if not wanted.claims:
        raise ArgumentError("--claims should name at least one claim, as in --claims C1,V2")
    seed = seed or secrets.token_hex(16)
    needed = _fits(schedule, wanted, days, delay_h)
    if output.exists():
        raise ArgumentError(f"{output} exists already; give another folder")
    trials = write_folder(output, wanted, schedule, seed, texts)
    if quiet and not as_json:
        return
    hands_on = 60.0 * MINUTES_A_WINDOW * wanted.windows
    powers = _powers(wanted, schedule, noise)
    made = _Made(str(output), trials.sha256, wanted.windows, needed, hands_on, *powers)
    if as_json:
        print_json(to_json(made))
    else:
        _print(made, texts)


def _switch(state: str | None) -> str | None:
    if state is not None and not {"on", "off"} <= set(STATES.get(state, ())):
        switches = [key for key, values in STATES.items() if {"on", "off"} <= set(values)]
        raise ArgumentError(f"--paired should name a state that is on or off: one of {', '.join(switches)}")
    return state


def _time(text: str) -> datetime:
    try:
        instant = Instant.parse(text)
    except ValueError as error:
        raise ArgumentError(f"--start: {error}") from None
    return datetime.fromtimestamp(instant // 60_000_000_000 * 60, UTC)


def _hours(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not dash or not first.isdigit() or not last.isdigit() or max(int(first), int(last)) > 24:
        raise ArgumentError(f"--hours should be two hours of the day, as in 8-22, not '{text}'")
    return int(first), int(last)


def _fits(schedule: Schedule, wanted: Wanted, days: int | None, delay_h: float) -> int:
    """Calendar days that are needed; refused when there are fewer, or when late uploads would mix windows."""
    _ = wanted.arms  # a number of windows that could never show anything is refused first
    windows = wanted.windows
    needed = days_of(schedule.starts(windows))
    if schedule.nights and delay_h > HOURS_A_DAY:
        raise ArgumentError(
            f"uploads {delay_h:g} h later would fall among other nights: it cannot be done with one window a "
            f"night; begin windows further apart (--every-min {round(delay_h * 60)}, without --nights)"
        )
    if not schedule.nights and delay_h * 60 > schedule.every_min:
        said = f"uploads {delay_h:g} h later would fall among windows every {schedule.every_min} min: "
        if days is not None and days < windows:
            raise ArgumentError(
                f"{said}one window a night would take {windows} nights, and there are {days} days: it cannot "
                "be done; allow more days (--days)"
            )
        raise ArgumentError(
            f"{said}plan one window a night (--nights), which takes {windows} nights, or begin windows "
            f"further apart (--every-min {round(delay_h * 60)})"
        )
    if days is not None and needed > days:
        raise ArgumentError(
            f"{windows} windows of this schedule need {needed} days, and there are {days}: it cannot be "
            "done; allow more days, or windows closer together (--every-min, --hours)"
        )
    return needed


@dataclass(frozen=True)
class _Made:
    """What was planned. `power`: by number of windows, the chance that what leaves is shown.

    `power_by_delay`: the same for the planned windows, by the seconds that the phone waits on average.
    """

    folder: str
    plan_sha256: str
    windows: int
    days: int
    hands_on_s: float
    power: dict[str, float]
    power_by_delay: dict[str, float]


def _powers(wanted: Wanted, schedule: Schedule, noise: int) -> tuple[dict[str, float], dict[str, float]]:
    """By number of windows, and by how long the phone waits."""
    from wirewitness.judge.trial_power import landing_share, other_traffic, power_before  # noqa: PLC0415

    codes = tuple(wanted.arms.values())
    lags = tuple(60 * minutes for minutes in wanted.lags_min)

    def power(windows: int, landing: float) -> float:
        return power_before(
            codes,
            windows // len(codes),
            landing=landing,
            noise=other_traffic(noise),
            claims=len(wanted.claims),
            repeats=POWER_REPEATS,
            planted=None if wanted.setting is None else (0, wanted.planted(1)),
            shuffles=POWER_SHUFFLES,
        )

    by_windows = {str(count): power(count, LANDING) for count in sorted({10, 20, 40, wanted.windows})}
    by_delay = {
        str(delay): power(wanted.windows, landing_share(60 * schedule.window_min, lags, delay))
        for delay in sorted({*DELAYS_S, max(lags)})
    }
    return by_windows, by_delay


def _print(made: _Made, texts: Texts) -> None:
    console = out()
    figures = texts.figures
    said = texts("cli.plan.made", folder=made.folder, windows=made.windows, days=made.days)
    console.print(shown(said), soft_wrap=True)
    console.print(shown(texts("cli.plan.hands_on", time=figures.duration(made.hands_on_s))))
    console.print(shown(texts("cli.plan.publish", sha256=made.plan_sha256)), soft_wrap=True)
    for windows, power in made.power.items():
        share = figures.percent(power, 1)
        console.print(shown(texts("cli.plan.power", windows=windows, power=share)))
    for delay, power in made.power_by_delay.items():
        share, seconds = figures.percent(power, 1), float(delay)
        if seconds:
            said = texts("cli.plan.power_late", delay=figures.duration(seconds), power=share)
        else:
            said = texts("cli.plan.power_at_once", power=share)
        console.print(shown(said))
    if min(made.power_by_delay.values()) < POWER:
        console.print(shown(texts("cli.plan.power_raise")), soft_wrap=True)
