"""The owner's text messages: threads in Chinese, French and English, with emoji, each body unlike any other.

Written in the XML of the app "SMS Backup & Restore": attributes ``address``, ``date`` (milliseconds),
``type`` (1 received, 2 sent), ``body``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from wirelab.owner.contacts import Contact

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Message:
    """One text message. ``number`` counts from 1 in the order of the file."""

    number: int
    contact: Contact
    sent_by_owner: bool
    time: datetime
    body: str

    @property
    def fact(self) -> str:
        """The id of this message among the owner's facts."""
        return f"sms:{self.number}"


def make_messages(
    rng: random.Random, count: int, until: datetime, contacts: tuple[Contact, ...]
) -> tuple[Message, ...]:
    """``count`` messages of the last month, in order of time."""
    times = sorted(until - timedelta(minutes=rng.randrange(30, 60 * 24 * 30)) for _ in range(count))
    bodies: set[str] = set()
    while len(bodies) < count:
        bodies.add(_body(rng))
    ordered = sorted(bodies)
    rng.shuffle(ordered)
    messages = []
    for number, (time, body) in enumerate(zip(times, ordered, strict=True), start=1):
        contact = rng.choice(contacts)
        messages.append(Message(number, contact, rng.random() < 0.5, time, body))
    return tuple(messages)


def render_messages(messages: tuple[Message, ...]) -> str:
    """The backup file as text."""
    rows = [
        f'  <sms protocol="0" address={quoteattr(message.contact.number)}'
        f' date="{int(message.time.timestamp() * 1000)}" type="{2 if message.sent_by_owner else 1}"'
        f' subject="null" body={quoteattr(message.body)} toa="null" sc_toa="null" service_center="null"'
        f' read="1" status="-1" locked="0"'
        f" readable_date={quoteattr(message.time.strftime('%Y-%m-%d %H:%M:%S'))}"
        f" contact_name={quoteattr(message.contact.name)} />"
        for message in messages
    ]
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"
    return "\n".join((head, f'<smses count="{len(messages)}">', *rows, "</smses>", ""))


def _body(rng: random.Random) -> str:
    """A sentence with a time, a sum or a name in it, so that it can hardly be written twice."""
    hour, minute = rng.randrange(7, 23), rng.randrange(60)
    return rng.choice(_SENTENCES).format(
        time=f"{hour}:{minute:02}",
        hour=hour,
        minute=f"{minute:02}",
        sum=rng.randrange(12, 980),
        code=rng.randrange(1000, 9999),
        street=rng.choice(_STREETS),
        thing=rng.choice(_THINGS),
        chose=rng.choice(_CHOSES),
        dongxi=rng.choice(_DONGXI),
        face=rng.choice(_FACES),
    )


_SENTENCES = (
    "Train is late again, I will be at {street} around {time} {face}",
    "Don't forget the {thing}, I paid {sum} for it last week",
    "The door code is {code} now, please tell nobody but your sister {face}",
    "Can we move the appointment to {time}? The doctor needs me earlier",
    "I left the {thing} under the stairs at number {code} {face}",
    "Je t'attends devant la gare à {hour} h {minute}, prends le {chose} {face}",
    "N'oublie pas le {chose} : ça m'a coûté {sum} € l'été dernier",
    "Le code de la porte est {code}, efface ce message après l'avoir lu",
    "On dîne chez ta mère à {hour} h {minute}, j'apporte un {chose} {face}",
    "Réunion repoussée à {hour} h {minute} ; préviens l'équipe, s'il te plaît",
    "今天晚上{hour}点{minute}分在老地方见，记得带{dongxi}{face}",
    "妈妈说{dongxi}花了{sum}块钱，太贵了，下次别买了",
    "门的密码改成{code}了，千万别告诉别人{face}",
    "航班改到{hour}点{minute}分，你不用来接我，我自己坐地铁回家",
    "我把{dongxi}放在{code}号柜子里，你下班以后去拿一下{face}",
)
_STREETS = ("Alder Lane", "Ferry Street", "the north gate", "Mill Corner", "Quarry Road")
_THINGS = ("birthday cake", "blue notebook", "spare key", "train ticket", "old camera")
_CHOSES = ("parapluie", "gâteau aux poires", "dossier bleu", "vélo pliant", "panier de cerises")
_DONGXI = ("雨伞", "身份证复印件", "生日蛋糕", "旧相机", "感冒药")
_FACES = ("😀", "🌧️", "🙏", "🎂", "🚲", "❤️", "👍🏽")
