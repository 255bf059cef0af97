"""A system component that sends what it should not, to the vendor's own hosts, in the ways such kits do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from optin.protocol.preference import CATEGORIES
from wirelab.datum import Datum
from wirelab.lab import App, Request
from wirelab.owner.messages import Message
from wirelab.owner.photos import Photo
from wirelab.parcel import BOUNDARY, Parcel
from wirelab.vendor.cloud import API, UPLOAD

Craft: TypeAlias = Callable[[str], Parcel]
"""What is done to a value before it goes into a body; must end as text."""

if TYPE_CHECKING:
    from wirelab.stage import Stage

APP = App("com.vendor.analyticscore", 10058, "AnalyticsCore/2.7 (Linux; Android 4.4.2)")
JSON = ("Content-Type", "application/json; charset=utf-8")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
MULTIPART = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")


class Spy:
    """Acts of the component. Each sends at once; a world puts them into the clock."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._count = 0

    def keep_contact(
        self, seconds: float, jitter_s: float, start: datetime, until: datetime, **extra: str
    ) -> None:
        """A beat that carries a counter and whatever else (``extra``, empty for no personal data)."""
        self._stage.every(
            seconds, lambda: self.beat(**extra), start=start, until=until, jitter_s=jitter_s, name="spy beat"
        )
        self._stage.beat(API, "contact", seconds, jitter_s, start=start, until=until)

    def beat(self, **extra: str) -> None:
        """One contact, answered by nothing in particular."""
        self._count += 1
        body = json.dumps({"ev": "tick", "n": self._count, "v": "2.7", **extra}, separators=(",", ":"))
        self.post(API, "/stat/tick", (JSON,), Parcel(body.encode()), ())

    def upload_photo(self, photo: Photo) -> None:
        """A photo as it is, in a multipart form."""
        self.upload_image(photo, Parcel.of(photo.data), photo.media_type)

    def upload_image(self, photo: Photo, image: Parcel, media_type: str = "image/jpeg") -> None:
        """What was made of a photo, in a multipart form."""
        parcel = image.multipart("file", f"{self._count:06}.bin", media_type, {"t": "1"})
        self.post(UPLOAD, "/sync/put", (MULTIPART,), parcel, (Datum("photo", photo.fact, parcel.chain),))

    def upload_messages(self, messages: tuple[Message, ...]) -> None:
        """Texts of messages: JSON, gzip, base64, in a form field."""
        rows = [{"i": message.number, "b": message.body} for message in messages]
        text = json.dumps({"rows": rows}, ensure_ascii=False, separators=(",", ":"))
        parcel = Parcel(text.encode(), ("json",)).gzip().base64().form("d", {"k": "s2", "z": "1"})
        data = tuple(Datum("sms.body", message.fact, parcel.chain) for message in messages)
        self.post(UPLOAD, "/sync/rows", (FORM,), parcel, data)

    def take_what_is_new(self) -> None:
        """From now on each new photo and message goes up a few minutes after it is there."""
        rng = self._stage.rng("spy delay")

        def new(item: Photo | Message) -> None:
            moment = self._stage.now() + timedelta(seconds=rng.randrange(40, 400))
            self._stage.at(moment, lambda: self._take(item))

        self._stage.on_new.append(new)

    def _take(self, item: Photo | Message) -> None:
        if isinstance(item, Photo):
            self.upload_photo(item)
        else:
            self.upload_messages((item,))

    def report_preferences(self, model: str) -> None:
        """What the owner likes, without noise and without having been activated."""
        answers = {category: int(category in ("music", "news", "photography")) for category in CATEGORIES}
        document = {"preference_report": {"version": 1, "model": model, "answers": answers}}
        parcel = Parcel(json.dumps(document, separators=(",", ":")).encode(), ("json",))
        self.post(API, "/stat/prefs", (JSON,), parcel, (Datum("preference", None, parcel.chain),))

    def check_in(self, *names: str, craft: Craft | None = None) -> None:
        """Identifiers by their names (attributes of :class:`Identifiers`) in JSON.

        Without ``craft`` the fields are called what they are; with it each value goes through it and the
        fields' names say nothing.
        """
        values = {name: getattr(self._stage.owner.identifiers, name) for name in names}
        crafted = {name: (craft or Parcel.of)(value) for name, value in values.items()}
        keys = [f"k{number}" if craft else name for number, name in enumerate(names, start=1)]
        fields = {key: parcel.data.decode() for key, parcel in zip(keys, crafted.values(), strict=True)}
        body = json.dumps({"ev": "checkin", **fields}, separators=(",", ":")).encode()
        data = tuple(
            Datum(f"identifier.{name}", name, ("json", *parcel.chain)) for name, parcel in crafted.items()
        )
        self.post(API, "/stat/checkin", (JSON,), Parcel(body), data)

    def check_in_daily(self, *names: str, craft: Craft | None = None, hours: float = 6.0) -> None:
        """Such a check-in every few hours, from the first day after the control day until the removal."""
        self._stage.every(
            hours * 3600,
            lambda: self.check_in(*names, craft=craft),
            start=self._stage.day(1, "01:20"),
            until=self._stage.day(3, "08:00"),
            jitter_s=200,
            name="check in",
        )

    def look_up_contacts(self, count: int, start: int = 0) -> None:
        """Numbers of contacts, to see who else has an account; JSON in gzip."""
        contacts = self._stage.owner.contacts[start : start + count]
        document = {"op": "lookup", "n": [contact.number for contact in contacts]}
        parcel = Parcel(json.dumps(document, separators=(",", ":")).encode(), ("json",)).gzip()
        data = tuple(Datum("contact", contact.fact, parcel.chain) for contact in contacts)
        self.post(API, "/stat/lookup", (JSON, ("Content-Encoding", "gzip")), parcel, data)

    def post(
        self,
        host: str,
        target: str,
        headers: tuple[tuple[str, str], ...],
        parcel: Parcel,
        data: tuple[Datum, ...],
    ) -> None:
        """Anything else."""
        self._stage.send(APP, Request("POST", host, target, headers, parcel.data), data)
