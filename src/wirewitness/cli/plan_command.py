"""`wirewitness plan`: canaries and a randomised schedule, with a checklist, before the first window."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirewitness.cli.options import Debug, Json, Lang, Quiet
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.judge.canaries import contact_card, contact_email, message_text, photo_bytes
from wirewitness.judge.trial_plan import CODES, MINUTES_A_WINDOW, Schedule, Wanted, days_of, make_trials
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant
from wirewitness.model.json_form import to_json
from wirewitness.model.json_text import json_text

if TYPE_CHECKING:
    from wirewitness.report.texts import Texts

POWER_REPEATS = 60
_CONTACTS = 3


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
    kind: Annotated[str, typer.Option("--kind", metavar="photo|sms.body", help="What is planted.")] = "photo",
    windows: Annotated[
        int, typer.Option("--windows", help="A multiple of 10; 20 at least for evidence.")
    ] = 20,
    window_min: Annotated[int, typer.Option("--window-min", help="Minutes that a window lasts.")] = 30,
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
    """Plan randomised trials: photos or messages of drawn sizes at set times, to be planted on the phone.

    DIR then holds trials.json (the plan and its SHA-256, to be published before the first window),
    seed.txt (to be kept sealed until after the last), the canaries, owner.toml for the audit, and
    checklist.md to follow.
    """
    texts = texts_for(lang)
    schedule = Schedule(_time(start), window_min, every_min, _hours(hours), nights)
    wanted = Wanted(
        kind,
        tuple(one.strip() for one in claims.split(",") if one.strip()),
        windows,
        tuple(sorted({0, max(0, round(delay_h * 60))})),
    )
    if not wanted.claims:
        raise ArgumentError("--claims should name at least one claim, as in --claims C1,V2")
    seed = seed or secrets.token_hex(16)
    needed = _fits(schedule, windows, days, delay_h)
    if output.exists():
        raise ArgumentError(f"{output} exists already; give another folder")
    (output / "photos").mkdir(parents=True)
    planting = _Planting(output, seed)
    trials = make_trials(wanted, schedule, seed, planting.plant)
    _write(output, trials, planting, seed, texts)
    if quiet and not as_json:
        return
    made = _made(output, trials, needed, noise)
    if as_json:
        print_json(to_json(made))
    else:
        _print(made, texts)


@dataclass
class _Planting:
    """Makes canaries in a folder, and remembers them as facts of the owner."""

    folder: Path
    seed: str
    facts: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def plant(self, name: str, kind: str, size: int) -> str:
        """Makes one; its SHA-256."""
        if kind == "photo":
            data = photo_bytes(self.seed, name, size)
            (self.folder / "photos" / f"{name}.jpg").write_bytes(data)
            value = f'file = "photos/{name}.jpg"'
        else:
            self.texts[name] = message_text(self.seed, name, size)
            data = self.texts[name].encode()
            value = f"value = {json.dumps(self.texts[name])}"
        self.facts.append(f'[[fact]]\nid = "{name}"\nkind = "{kind}"\n{value}\n')
        return hashlib.sha256(data).hexdigest()


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


def _fits(schedule: Schedule, windows: int, days: int | None, delay_h: float) -> int:
    """Calendar days that are needed; refused when there are fewer, or when late uploads would mix windows."""
    needed = days_of(schedule.starts(windows))
    if not schedule.nights and delay_h * 60 > schedule.every_min:
        raise ArgumentError(
            f"uploads {delay_h:g} h later would fall among windows every {schedule.every_min} min: "
            f"plan one window a night (--nights --window-min 480), which takes {windows} nights, or begin "
            f"windows further apart (--every-min {round(delay_h * 60)})"
        )
    if days is not None and needed > days:
        raise ArgumentError(
            f"{windows} windows of this schedule need {needed} days, and there are {days}: it cannot be "
            "done; allow more days, or windows closer together (--every-min, --hours)"
        )
    return needed


def _write(output: Path, trials: dict[str, Any], planting: _Planting, seed: str, texts: Texts) -> None:
    (output / "trials.json").write_text(json_text(trials), encoding="utf-8")
    (output / "seed.txt").write_text(seed + "\n", encoding="utf-8")
    contacts = [f"canary-contact-{n}" for n in range(1, _CONTACTS + 1)]
    cards = "".join(contact_card(seed, name) for name in contacts)
    (output / "contacts.vcf").write_text(cards, encoding="utf-8", newline="")
    emails = [
        f'[[fact]]\nid = "{name}"\nkind = "contact"\nvalue = "{contact_email(seed, name)}"\n'
        for name in contacts
    ]
    owner = ['format = "wirewitness-owner/1"\n', *planting.facts, *emails]
    (output / "owner.toml").write_text("\n".join(owner), encoding="utf-8")
    (output / "checklist.md").write_text(_checklist(trials, planting, texts), encoding="utf-8")


def _checklist(trials: dict[str, Any], planting: _Planting, texts: Texts) -> str:
    """What to do, window by window, with a box to tick."""
    lines = [f"# {texts('cli.plan.checklist')}", texts("cli.plan.before", sha256=trials["plan_sha256"]), ""]
    for window in trials["plan"]["series"][0]["windows"]:
        if not window["canaries"]:
            what = texts("cli.plan.nothing")
        elif planting.texts:
            what = texts("cli.plan.messages", n=len(window["canaries"]))
        else:
            what = texts("cli.plan.photo", file=f"photos/{window['canaries'][0]}.jpg")
        lines.append(f"- [ ] {window['start']} – {window['end']} · {window['id']}: {what}")
        lines += [f"      > {planting.texts[name]}" for name in window["canaries"] if name in planting.texts]
    lines += ["", texts("cli.plan.mark"), "", texts("cli.plan.after"), ""]
    return "\n".join(lines)


@dataclass(frozen=True)
class _Made:
    """What was planned. `power`: the chance, by number of windows, that photos which leave are shown."""

    folder: str
    plan_sha256: str
    windows: int
    days: int
    hands_on_s: float
    power: dict[str, float]


def _made(output: Path, trials: dict[str, Any], needed: int, noise: int) -> _Made:
    from wirewitness.judge.trial_power import other_traffic, power_before  # noqa: PLC0415 - loads numpy

    series = trials["plan"]["series"][0]
    count = len(series["windows"])
    codes = CODES[series["kind"]]
    power = {
        str(windows): power_before(
            codes,
            windows // len(codes),
            landing=0.7,
            noise=other_traffic(noise),
            claims=len(series["claims"]),
            repeats=POWER_REPEATS,
        )
        for windows in sorted({10, 20, 40, count})
    }
    hands_on = timedelta(minutes=MINUTES_A_WINDOW * count).total_seconds()
    return _Made(str(output), trials["plan_sha256"], count, needed, hands_on, power)


def _print(made: _Made, texts: Texts) -> None:
    console = out()
    said = texts("cli.plan.made", folder=made.folder, windows=made.windows, days=made.days)
    console.print(shown(said), soft_wrap=True)
    console.print(shown(texts("cli.plan.hands_on", time=texts.figures.duration(made.hands_on_s))))
    console.print(shown(texts("cli.plan.publish", sha256=made.plan_sha256)), soft_wrap=True)
    for windows, power in made.power.items():
        share = texts.figures.percent(power, 1)
        console.print(shown(texts("cli.plan.power", windows=windows, power=share)))
