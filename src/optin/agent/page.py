"""The owner's page as text: the agent's state in, HTML out. It needs no script, no font and no network."""

from __future__ import annotations

from datetime import datetime
from html import escape

from optin.agent.agent import Agent
from optin.agent.preferences import EPSILON, TOTAL
from optin.agent.switch import TERMS, Switch
from optin.agent.upload import Sent
from optin.agent.words import Words, load_words
from optin.protocol.catalogue import Ranked
from optin.protocol.consent import Consent

CHARGING = "charging"
"""The name of the choice that backups wait for the charger."""
_STYLE = """
:root { color-scheme: light dark; --line: #767676; --on: #0a6b3d; }
* { box-sizing: border-box }
html { background: Canvas; color: CanvasText } a { color: LinkText }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 44rem; }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem }
ul { list-style: none; padding: 0 } ol { padding-left: 1.6rem } ol li { display: list-item }
li { border-bottom: 1px solid var(--line); padding: .6rem 0; display: flex; gap: 1rem; align-items: center }
li > form { margin-left: auto } div > form { margin-top: .4rem }
button { font: inherit; min-width: 5rem; min-height: 2.75rem; border: 2px solid var(--line);
  border-radius: .5rem; background: transparent; color: inherit; cursor: pointer }
button[aria-checked=true] { background: var(--on); border-color: var(--on); color: #fff }
button:focus-visible, a:focus-visible { outline: 3px solid #1a5fb4; outline-offset: 2px }
small { display: block }
ul.sent li { display: block }
svg { width: 100%; height: 2.5rem } rect.all { fill: none; stroke: currentColor } rect.spent { fill: #a4500f }
"""
_MOST_ROWS, _MOST_APPS = 200, 10


def render_page(agent: Agent, base: str, now: datetime, language: str = "en") -> str:
    """The whole page in one of :data:`LANGUAGES`. ``base`` is the path that its forms are sent to."""
    words = load_words(language)
    choices = {**{switch.value: agent.is_on(switch) for switch in Switch}, CHARGING: agent.gate.only_charging}
    reporting = _reporting(agent, words, base)
    switches = "".join(
        _switch(name, words, base, reporting if name == Switch.DIAGNOSTICS else "", on=on)
        for name, on in choices.items()
    )
    title = escape(words.title)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1>"
        f'<h2 id="switches">{escape(words.switches)}</h2><ul aria-labelledby="switches">{switches}</ul>'
        f"<h2>{escape(words.recommended)}</h2>{_recommended(agent, words, now)}"
        f"<h2>{escape(words.budget)}</h2>{_budget(agent, words)}"
        f"<h2>{escape(words.sent)}</h2>{_sent(agent, words)}"
        f"<h2>{escape(words.data)}</h2>{_rights(base, words)}</main></body></html>"
    )


def _reporting(agent: Agent, words: Words, base: str) -> str:
    """The button that sends a diagnostic report, or that one waits; nothing while the switch is off."""
    if not agent.is_on(Switch.DIAGNOSTICS):
        return ""
    if agent.chest.report() is not None:
        return f"<small>{escape(words.report_waits)}</small>"
    return f'<form method="post" action="{base}send"><button>{escape(words.send_report)}</button></form>'


def _switch(name: str, words: Words, base: str, more: str, *, on: bool) -> str:
    title, text = words.switch[name]
    return (
        f'<li><div><strong id="t-{name}">{escape(title)}</strong>'
        f'<small id="d-{name}">{escape(text)}</small>{more}</div>'
        f'<form method="post" action="{base}{"off" if on else "on"}/{name}">'
        f'<button role="switch" aria-checked="{"true" if on else "false"}" '
        f'aria-labelledby="t-{name}" aria-describedby="d-{name}">'
        f"{escape(words.on if on else words.off)}</button></form></li>"
    )


def _recommended(agent: Agent, words: Words, now: datetime) -> str:
    ranked = agent.recommend(now)[:_MOST_APPS]
    if not ranked:
        return f"<p>{escape(words.no_recommended)}</p>"
    rows = "".join(f"<li>{_app(each, words)}</li>" for each in ranked)
    return f"<p>{escape(words.recommended_words)}</p><ol>{rows}</ol>"


def _app(each: Ranked, words: Words) -> str:
    because = words.category.get(each.because)
    reason = words.because.format(category=because) if because else words.popular
    category = words.category.get(each.entry.category, each.entry.category)
    title = f"<strong>{escape(each.entry.title)}</strong> ({escape(category)})"
    return f"{title}<small>{escape(reason)}</small>"


def _budget(agent: Agent, words: Words) -> str:
    spent = sum(agent.chest.spent().values())
    told = escape(words.budget_words.format(spent=f"{spent:g}", total=f"{TOTAL:g}", each=f"{EPSILON:g}"))
    width = 100 * min(1.0, spent / TOTAL)
    return (
        f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{told}">'
        f'<rect class="spent" x="0" y="0" width="{width:.2f}" height="8"/>'
        f'<rect class="all" x="0" y="0" width="100" height="8"/></svg><p>{told}</p>'
    )


def _sent(agent: Agent, words: Words) -> str:
    rows = agent.chest.sent()[-_MOST_ROWS:]
    if not rows:
        return f"<p>{escape(words.nothing_sent)}</p>"
    consents = {record.id: record for record in agent.consents()}
    body = "".join(f"<li>{_row(sent, words, consents[sent.consent])}</li>" for sent in reversed(rows))
    return f'<ul class="sent">{body}</ul>'


def _row(sent: Sent, words: Words, consent: Consent) -> str:
    switch = next(switch for switch in Switch if TERMS[switch].data == consent.data)
    told = words.sent_words.format(
        kind=words.kind.get(sent.kind, sent.kind),
        size=f"{(sent.size + 1023) // 1024} KiB",
        host=sent.host,
        switch=words.switch[switch.value][0],
        agreed=consent.start.strftime("%Y-%m-%d"),
    )
    return f"<strong>{sent.time:%Y-%m-%d %H:%M} UTC</strong><small>{escape(told)}</small>"


def _rights(base: str, words: Words) -> str:
    return (
        f'<p><a href="{base}export" download="optin-export.json">{escape(words.export)}</a></p>'
        f'<form method="post" action="{base}erase"><p><label>'
        f'<input type="checkbox" name="sure" value="yes" required> {escape(words.sure)}</label></p>'
        f"<button>{escape(words.erase)}</button></form>"
    )
