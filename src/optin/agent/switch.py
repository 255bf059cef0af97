"""What the owner can switch. Each switch is off until the owner turns it on, and off means nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Switch(StrEnum):
    """One agreement the owner can give and take back."""

    UPDATES = "updates"
    PREFERENCES = "preferences"
    DIAGNOSTICS = "diagnostics"
    BACKUP_PHOTOS = "backup_photos"
    BACKUP_MESSAGES = "backup_messages"
    BACKUP_CONTACTS = "backup_contacts"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a switch asks the owner to agree to; becomes the consent record.

    ``data`` names the main kind first. A message is backed up with its time and its other party, so it names
    three.
    """

    data: tuple[str, ...]
    purpose: str
    when: Mapping[str, str] = field(default_factory=dict)


_WIFI = {"network": "wifi"}
TERMS: Mapping[Switch, Terms] = {
    Switch.UPDATES: Terms((), "software_update"),
    Switch.PREFERENCES: Terms(("preference",), "recommendation"),
    Switch.DIAGNOSTICS: Terms(("identifier.serial", "device_profile"), "diagnostics"),
    Switch.BACKUP_PHOTOS: Terms(("photo",), "backup", _WIFI),
    Switch.BACKUP_MESSAGES: Terms(("sms.body", "sms.metadata", "contact"), "backup", _WIFI),
    Switch.BACKUP_CONTACTS: Terms(("contact",), "backup", _WIFI),
}
BACKUP_OF = {
    "photo": Switch.BACKUP_PHOTOS,
    "sms.body": Switch.BACKUP_MESSAGES,
    "contact": Switch.BACKUP_CONTACTS,
}
"""The switch that a kind of backed-up data needs."""
