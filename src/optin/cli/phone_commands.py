"""``optin phone ...``: what the owner can do with the agent, and the running agent itself."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from optin.agent.agent import Agent
from optin.agent.audit_export import render_audit_export
from optin.agent.device import Device, KeptConditions
from optin.agent.home import Home
from optin.agent.line import Line
from optin.agent.log_check import ask_proof, check_logs
from optin.agent.owner_export import write_export
from optin.agent.page_server import PageServer
from optin.agent.phone import Phone
from optin.agent.preferences import EPSILON, TOTAL
from optin.agent.restore import KINDS, BackupReader, RestoreError, erase, restore_to, take_up
from optin.agent.runner import Runner
from optin.agent.sources import check_messages, find_photos, split_contacts
from optin.agent.switch import Switch
from optin.agent.use_counter import UseCounter
from optin.agent.words import LANGUAGES
from optin.cli.device_options import (
    ChargerOption,
    DeviceKind,
    DeviceOption,
    NetworkKind,
    NetworkOption,
    StateOption,
    UseOption,
    choose_device,
)
from optin.cli.update_command import update
from optin.protocol.exchange import Request, Response
from optin.protocol.moment import parse_moment
from optin.protocol.tree_head import TreeHead

phone = typer.Typer(help="The agent on the phone.", no_args_is_help=True, rich_markup_mode=None)
phone.command()(update)
HomeOption = Annotated[Path, typer.Option("--home", help="Folder of the agent.", envvar="OPTIN_HOME")]
_HOME = Path("optin-phone")


@phone.command()
def pair(
    pairing: Annotated[Path, typer.Argument(help="The cloud's pairing.json.")],
    home: HomeOption = _HOME,
    model: Annotated[str, typer.Option(help="Model of the phone.")] = "generic",
    build: Annotated[str, typer.Option(help="Build of its software.")] = "1",
    serial: Annotated[str, typer.Option(help="Serial number; leaves in diagnostic reports only.")] = "",
) -> None:
    """Make an agent for a cloud. Everything is off."""
    Home(home).begin(pairing, Phone(model, build, serial))
    typer.echo(f"paired; everything is off. Turn on with: optin phone on SWITCH --home {home}")


@phone.command()
def on(switch: Switch, home: HomeOption = _HOME) -> None:
    """Turn a switch on: the consent record of it is made and signed."""
    record = Home(home).agent().agree(switch, _now())
    typer.echo(f"{switch} is on, under {record.id}")


@phone.command()
def off(switch: Switch, home: HomeOption = _HOME) -> None:
    """Turn a switch off: what waits is dropped, what is under way is aborted."""
    Home(home).agent().revoke(switch, _now())
    typer.echo(f"{switch} is off")


@phone.command()
def charging(
    only: Annotated[bool, typer.Option("--only/--any", help="Back up while charging only, or any time.")],
    home: HomeOption = _HOME,
) -> None:
    """Choose whether backups wait for the charger; each that is on stands on a new consent record."""
    Home(home).agent().gate.choose_charging(only=only, now=_now())
    typer.echo("backups wait for the charger" if only else "backups do not wait for the charger")


@phone.command()
def status(home: HomeOption = _HOME) -> None:
    """Show the switches, what was sent under which consent, and the privacy budget."""
    agent = Home(home).agent()
    for switch in Switch:
        typer.echo(f"{'on ' if agent.is_on(switch) else 'off'} {switch}")
    spent = sum(agent.chest.spent().values())
    typer.echo(f"log: {agent.log.size} entries, head {agent.log.head().root.hex()[:16]}")
    typer.echo(f"privacy: {spent:g} of {TOTAL:g} spent, {EPSILON:g} a week")
    for sent in agent.chest.sent():
        typer.echo(
            f"{sent.time:%Y-%m-%d %H:%M:%S}Z {sent.kind} {sent.size} bytes to {sent.host} ({sent.consent})"
        )


@phone.command()
def offer(
    photos: Annotated[Path | None, typer.Option(help="Folder of photos.")] = None,
    messages: Annotated[Path | None, typer.Option(help="XML file of SMS Backup & Restore.")] = None,
    contacts: Annotated[Path | None, typer.Option(help="File of vCards.")] = None,
    home: HomeOption = _HOME,
) -> None:
    """Offer what there is to back up; what its switch does not allow is not even queued."""
    typer.echo(f"{_offer(Home(home).agent(), photos, messages, contacts)} new")


@phone.command()
def sync(  # noqa: PLR0917 - options of a command
    home: HomeOption = _HOME,
    device: DeviceOption = DeviceKind.AUTO,
    network: NetworkOption = NetworkKind.ASK,
    charger: ChargerOption = None,
    state: StateOption = "",
    use: UseOption = None,
) -> None:
    """Send what waits, without waiting for its turn in the schedule, and end. Your act: its time shows."""
    asked = choose_device(device, network, state, use, charging=charger)
    with closing(_runner(Home(home), asked)) as runner:
        answered = runner.settle()
        waits = runner.agent.chest.waits()
    typer.echo(f"{answered} requests were answered")
    if runner.trouble:
        typer.echo(f"optin: {runner.trouble}", err=True)
    if waits:
        found = asked.conditions()
        typer.echo(
            f"{waits} still wait (network: {found['network']}, charging: {found['charging']})", err=True
        )


@phone.command()
def run(  # noqa: PLR0917 - options of a command
    home: HomeOption = _HOME,
    device: DeviceOption = DeviceKind.AUTO,
    network: NetworkOption = NetworkKind.ASK,
    charger: ChargerOption = None,
    state: StateOption = "",
    use: UseOption = None,
    page: Annotated[int, typer.Option(help="Port of the owner's page on loopback; 0: no page.")] = 0,
    lang: Annotated[str, typer.Option(help="Language of the page: en, fr or zh; else the browser's.")] = "",
) -> None:
    """Run the agent until SIGINT or SIGTERM, with the owner's page if a port is given."""
    if lang not in ("", *LANGUAGES):
        raise typer.BadParameter(f"the page speaks {', '.join(LANGUAGES)}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    place = Home(home)
    if page:
        server = PageServer(
            place.agent, lambda agent: _erase(place, agent), page, lang, lambda: {"free_kib": _free(home)}
        )
        server.start()
        typer.echo(f"your page: {server.address}")
    _runner(place, choose_device(device, network, state, use, charging=charger)).run(
        stop.is_set, lambda trouble: typer.echo(f"optin: {trouble}", err=True)
    )
    if page:
        server.stop()


@phone.command()
def recommend(
    most: Annotated[int, typer.Option("--most", min=1, help="How many to show.")] = 10,
    home: HomeOption = _HOME,
) -> None:
    """Show the cloud's recommended apps in your own order, found on this phone. Nothing is asked or sent."""
    ranked = Home(home).agent().recommend(_now())
    for number, each in enumerate(ranked[:most], 1):
        reason = f"because you use apps for {each.because}" if each.because else "popular"
        typer.echo(f"{number}. {each.entry.title} ({each.entry.package}), {each.entry.category}: {reason}")
    if not ranked:
        typer.echo(
            "there is no fresh catalogue; it comes with the switch updates: optin phone on updates, then sync"
        )


@phone.command("check-log")
def check_log(
    witness: Annotated[
        Path | None,
        typer.Option(help="A watcher's memory file, to be held against what this phone was shown."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask the cloud for no proof.")] = False,
    home: HomeOption = _HOME,
) -> None:
    """Check the phone's own consent log, the cloud's receipts, and that the cloud's log only grew."""
    place = Home(home)
    agent, key = place.agent(), place.agent().cloud.log_key
    seen = [] if witness is None else [TreeHead.parse(json.loads(witness.read_text()), key)]
    if offline or agent.gate.ask_log(Request("GET", agent.cloud.api, "/v1/log/head"), _now()) is None:
        found = check_logs(agent, None, seen)
    else:
        with _sender(place) as send:

            def ask(request: Request) -> Response:
                asked = agent.gate.ask_log(request, _now())
                if asked is None:
                    raise RestoreError("everything is off; nothing leaves any more")
                return send(asked)

            found = check_logs(agent, lambda path: ask_proof(agent.cloud.api, path, ask), seen)
    typer.echo(
        f"{found.entries} entries of this phone's log are whole, {found.receipts} receipts hold, "
        f"{found.heads} heads of the cloud's log agree"
    )


@phone.command()
def phrase(home: HomeOption = _HOME) -> None:
    """Show the recovery phrase. Whoever reads it can read the backup."""
    words = Home(home).agent().vault.phrase
    typer.echo(words or "there is no backup yet, and so no phrase")


@phone.command()
def recover(words: Annotated[str, typer.Argument(help="The nine words.")], home: HomeOption = _HOME) -> None:
    """Take the recovery phrase of another phone, and take up its backup."""
    place = Home(home)
    with _reader(place) as reader:
        items = take_up(place.agent(), words, reader)
    typer.echo(f"the phrase is right, {items} items are backed up; restore with: optin phone restore FOLDER")


@phone.command()
def restore(
    folder: Path,
    before: Annotated[
        str,
        typer.Option(
            help="Each item as it was backed up before this time (UTC), as in 2026-01-31T08:00:00Z."
        ),
    ] = "",
    home: HomeOption = _HOME,
) -> None:
    """Restore the whole backup to a folder, in the newest versions or those of an earlier time."""
    moment = parse_moment(before) if before else None
    with _reader(Home(home)) as reader:
        typer.echo(f"{restore_to(reader, folder, moment)} items restored to {folder}")


@phone.command()
def backups(home: HomeOption = _HOME) -> None:
    """List what is backed up: each version with its time and size. Nothing is asked or sent."""
    chest = Home(home).agent().chest
    for kind in KINDS:
        for item, versions in sorted(chest.versions(kind).items()):
            for version in versions:
                typer.echo(f"{version.time} {kind} {item} {version.size} bytes")


@phone.command()
def verify(home: HomeOption = _HOME) -> None:
    """Fetch and open the whole backup, and check each item against its digest."""
    with _reader(Home(home)) as reader:
        typer.echo(f"{sum(1 for _ in reader.items())} items are whole")


@phone.command()
def prune(
    keep: Annotated[int, typer.Option(min=1, help="Versions to keep of each item.")] = 1,
    home: HomeOption = _HOME,
) -> None:
    """Delete old versions at the cloud and shred their keys."""
    with _reader(Home(home)) as reader:
        typer.echo(f"{reader.prune(keep)} chunks deleted")


@phone.command()
def diagnose(home: HomeOption = _HOME) -> None:
    """Send one diagnostic report, with the serial number, if that switch is on."""
    if not Home(home).agent().report_diagnostics({"free_kib": _free(home)}):
        raise typer.BadParameter("the switch diagnostics is off")
    typer.echo("it goes with the next sync")


@phone.command("audit-export")
def audit_export(output: Annotated[Path, typer.Option("-o", "--output")], home: HomeOption = _HOME) -> None:
    """Write session keys, chunk keys and consents, for `wirewitness audit`. Who holds it reads the backup."""
    place = Home(home)
    _write(output, render_audit_export(place.agent(), _now(), place.keylog_lines()))
    typer.echo(f"{output} opens every upload of this agent: give it to nobody but your auditor")


@phone.command()
def export(folder: Path, home: HomeOption = _HOME) -> None:
    """Write everything that the agent knows of its owner, in plain files."""
    write_export(Home(home).agent(), folder)
    typer.echo(f"all that the agent knows is in {folder}")


@phone.command("erase")
def erase_all(
    receipts: Annotated[Path, typer.Option(help="File for the cloud's signed receipts.")],
    home: HomeOption = _HOME,
) -> None:
    """Delete everything at the cloud and on the phone; keeps the cloud's signed receipts."""
    place = Home(home)
    agent = place.agent()
    for switch in Switch:
        agent.revoke(switch, _now())
    rows = _erase(place, agent)
    _write(receipts, json.dumps(rows, indent=1).encode() + b"\n")
    typer.echo(f"{sum(int(str(row['chunks'])) for row in rows)} chunks deleted; receipts in {receipts}")


@phone.command()
def remove(home: HomeOption = _HOME) -> None:
    """Remove the agent: every consent ends, and no packet leaves ever after."""
    Home(home).agent().remove(_now())
    typer.echo("removed; nothing leaves any more")


def _erase(home: Home, agent: Agent) -> list[dict[str, object]]:
    with _sender(home) as send:
        rows = erase(agent, agent.cloud.backup, send, _now())
    home.keylog.unlink(missing_ok=True)
    return rows


def _offer(agent: Agent, photos: Path | None, messages: Path | None, contacts: Path | None) -> int:
    new = 0
    if photos is not None:
        new += sum(
            agent.backup.offer_file("photo", p.item, str(p.path.resolve()), p.digest)
            for p in find_photos(photos)
        )
    if messages is not None:
        new += agent.offer("sms.body", "messages.xml", check_messages(messages))
    if contacts is not None:
        new += sum(agent.offer("contact", name, card) for name, card in split_contacts(contacts))
    return new


def _runner(home: Home, device: Device) -> Runner:
    agent = home.agent()
    return Runner(agent, home.line(), KeptConditions(device), UseCounter(agent, device.use).counts)


@contextmanager
def _sender(home: Home) -> Iterator[Callable[[Request], Response]]:
    line: Line = home.line()
    try:
        yield lambda request: line.send(request, lambda: True)
    finally:
        line.close()


@contextmanager
def _reader(home: Home) -> Iterator[BackupReader]:
    agent = home.agent()
    with _sender(home) as send:
        yield BackupReader(agent, agent.cloud.backup, send, _now)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _free(home: Path) -> int:
    found = os.statvfs(home)
    return found.f_bavail * found.f_frsize // 1024


def _now() -> datetime:
    return datetime.now(UTC)
