"""The owner's page as text: the agent's state in, HTML out. It needs no script, no font and no network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from optin.agent.agent import Agent
from optin.agent.preferences import EPSILON, TOTAL
from optin.agent.switch import Switch
from optin.agent.upload import Sent

TITLES: Mapping[Switch, tuple[str, str]] = {
    Switch.UPDATES: (
        "Software updates",
        "Asks for new software and recommended apps. Says nothing about you.",
    ),
    Switch.PREFERENCES: (
        "Preferences",
        "Once a week, ten yes-or-no answers about your use, each mixed with chance.",
    ),
    Switch.DIAGNOSTICS: (
        "Diagnostic reports",
        "Only when you press send. Carries your phone's serial number.",
    ),
    Switch.BACKUP_PHOTOS: ("Back up photos", "Encrypted on this phone, on Wi-Fi only."),
    Switch.BACKUP_MESSAGES: ("Back up messages", "Encrypted on this phone, on Wi-Fi only."),
    Switch.BACKUP_CONTACTS: ("Back up contacts", "Encrypted on this phone, on Wi-Fi only."),
}
CHARGING = "charging"
"""The name of the choice that backups wait for the charger."""
CHARGING_TITLE = ("Only while charging", "Backups wait until the phone charges as well.")
KINDS = {
    "preference": "noised answers",
    "identifier.serial": "diagnostic report with the serial number",
    "photo": "encrypted photo",
    "sms.body": "encrypted messages",
    "contact": "encrypted contact",
}
_STYLE = """
:root { color-scheme: light dark; --line: #767676; --on: #0a6b3d; }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 44rem; }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem }
ul { list-style: none; padding: 0 }
li { border-bottom: 1px solid var(--line); padding: .6rem 0; display: flex; gap: 1rem; align-items: center }
li form { margin-left: auto }
button { font: inherit; min-width: 5rem; min-height: 2.75rem; border: 2px solid var(--line);
  border-radius: .5rem; background: transparent; color: inherit; cursor: pointer }
button[aria-checked=true] { background: var(--on); border-color: var(--on); color: #fff }
button:focus-visible, a:focus-visible { outline: 3px solid #1a5fb4; outline-offset: 2px }
small { display: block }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top }
svg { width: 100%; height: 2.5rem } rect.all { fill: none; stroke: currentColor } rect.spent { fill: #a4500f }
"""
_MOST_ROWS = 200


def render_page(agent: Agent, base: str) -> str:
    """The whole page. ``base`` is the path that its forms are sent to."""
    switches = "".join(_switch(agent, switch, base) for switch in Switch) + _charging(agent, base)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What leaves this phone</title><style>{_STYLE}</style></head><body><main>"
        "<h1>What leaves this phone</h1>"
        f'<h2 id="switches">Switches</h2><ul aria-labelledby="switches">{switches}</ul>'
        f"<h2>Privacy budget</h2>{_budget(agent)}"
        f"<h2>What was sent</h2>{_sent(agent)}"
        f"<h2>Your data</h2>{_rights(base)}</main></body></html>"
    )


def _switch(agent: Agent, switch: Switch, base: str) -> str:
    return _row_of_switch(switch.value, TITLES[switch], base, on=agent.is_on(switch))


def _charging(agent: Agent, base: str) -> str:
    return _row_of_switch(CHARGING, CHARGING_TITLE, base, on=agent.gate.only_charging)


def _row_of_switch(name: str, words: tuple[str, str], base: str, *, on: bool) -> str:
    title, text = words
    return (
        f'<li><div><strong id="t-{name}">{escape(title)}</strong>'
        f'<small id="d-{name}">{escape(text)}</small></div>'
        f'<form method="post" action="{base}{"off" if on else "on"}/{name}">'
        f'<button role="switch" aria-checked="{"true" if on else "false"}" '
        f'aria-labelledby="t-{name}" aria-describedby="d-{name}">'
        f"{'On' if on else 'Off'}</button></form></li>"
    )


def _budget(agent: Agent) -> str:
    spent = sum(agent.chest.spent().values())
    words = f"{spent:g} of {TOTAL:g} spent; each weekly report costs {EPSILON:g}. At the end reports stop."
    width = 100 * min(1.0, spent / TOTAL)
    return (
        f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{escape(words)}">'
        f'<rect class="spent" x="0" y="0" width="{width:.2f}" height="8"/>'
        f'<rect class="all" x="0" y="0" width="100" height="8"/></svg><p>{escape(words)}</p>'
    )


def _sent(agent: Agent) -> str:
    rows = agent.chest.sent()[-_MOST_ROWS:]
    if not rows:
        return "<p>Nothing was ever sent.</p>"
    consents = {record.id: record for record in agent.consents()}
    body = "".join(_row(sent, consents[sent.consent].start.strftime("%Y-%m-%d")) for sent in reversed(rows))
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("When (UTC)", "What", "Size", "To", "Agreed on")
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="What was sent">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(sent: Sent, agreed: str) -> str:
    cells = (
        sent.time.strftime("%Y-%m-%d %H:%M"),
        KINDS.get(sent.kind, sent.kind),
        f"{(sent.size + 1023) // 1024} KiB",
        sent.host,
        agreed,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _rights(base: str) -> str:
    return (
        f'<p><a href="{base}export" download="optin-export.json">Export all that the agent knows</a></p>'
        f'<form method="post" action="{base}erase"><p><label>'
        '<input type="checkbox" name="sure" value="yes" required> I want everything deleted, '
        "in the cloud and here. A backup cannot be restored afterwards.</label></p>"
        "<button>Erase everything</button></form>"
    )
