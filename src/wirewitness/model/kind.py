"""The closed list of data kinds, each with the W3C DPV-PD term beside it and one sentence.

Source of the terms: Personal Data (PD) extension 2.0 of the W3C Data Privacy Vocabulary,
<https://w3id.org/dpv/pd>; where it has no term of its own the nearest broader one stands.
"""

from __future__ import annotations

from enum import Enum
from typing import Self

from wirewitness.model.errors import ArgumentError


class DataKind(Enum):
    """What a private value is. `value` is the stable spelling used in every file."""

    PHOTO = ("photo", "pd:Picture", "A still picture of the owner's.")
    VIDEO = ("video", "pd:Picture", "A moving picture of the owner's.")
    AUDIO = ("audio", "pd:Communication", "A recorded sound: a voice message, a memo.")
    SMS_BODY = ("sms.body", "pd:Communication", "The text of a message.")
    SMS_METADATA = ("sms.metadata", "pd:CommunicationsMetadata", "Who wrote to whom, and when.")
    CONTACT = ("contact", "pd:Contact", "A name, number or address from the owner's address book.")
    CALL_LOG = ("call_log", "pd:CallLog", "Who called whom, when and for how long.")
    LOCATION = ("location", "pd:Location", "Where the phone was.")
    IMEI = ("identifier.imei", "pd:UID", "The number of the phone's radio.")
    IMSI = ("identifier.imsi", "pd:UID", "The subscriber's number on the SIM card.")
    ICCID = ("identifier.iccid", "pd:UID", "The number of the SIM card itself.")
    SERIAL = ("identifier.serial", "pd:UID", "The phone's serial number.")
    ANDROID_ID = ("identifier.android_id", "pd:UID", "The identifier that Android gives an installation.")
    ADVERTISING = ("identifier.advertising", "pd:UID", "The identifier given to advertisers.")
    MAC = ("identifier.mac", "pd:MACAddress", "The address of the phone's Wi-Fi or Bluetooth radio.")
    PHONE_NUMBER = ("identifier.phone_number", "pd:TelephoneNumber", "The owner's own telephone number.")
    EMAIL = ("identifier.email", "pd:EmailAddress", "The owner's own e-mail address.")
    NAME = ("identifier.name", "pd:Name", "The owner's name.")
    ACCOUNT = ("identifier.account", "pd:Username", "The name or number of an account of the owner's.")
    CLOUD_DEVICE = ("identifier.cloud_device", "pd:UID", "The number a cloud gave this phone.")
    SSID = ("network.ssid", "pd:Location", "The name of a Wi-Fi network nearby.")
    BSSID = ("network.bssid", "pd:Location", "The radio address of a Wi-Fi access point nearby.")
    CELLS = ("network.cells", "pd:Location", "The radio cells nearby.")
    APP_LIST = ("app_list", "pd:DeviceApplications", "Which apps are installed.")
    APP_USAGE = ("app_usage", "pd:Behavioral", "Which apps are used, when and for how long.")
    PREFERENCE = ("preference", "pd:Preference", "What the owner is computed or said to like.")
    BROWSING = ("browsing", "pd:BrowsingBehavior", "Pages visited or searched for.")
    CALENDAR = ("calendar", "pd:Behavioral", "Appointments: what, when, where and with whom.")
    CLIPBOARD = ("clipboard", "dpv:PersonalData", "What was copied to the clipboard.")
    DEVICE_PROFILE = ("device_profile", "pd:DeviceBased", "Model, build and properties of the phone.")

    def __new__(cls, spelling: str, _term: str = "", _meaning: str = "") -> Self:
        """Members are looked up by their spelling: `DataKind("sms.body")`."""
        member = object.__new__(cls)
        member._value_ = spelling
        return member

    def __init__(self, _spelling: str, term: str = "", meaning: str = "") -> None:
        self.term = term
        self.meaning = meaning


class AnswerKind(Enum):
    """What a cloud sends down that a claim may speak of; not personal data."""

    SOFTWARE_UPDATE = ("software_update", "An offer of new software, with version, address and digest.")
    RECOMMENDATION = ("recommendation", "Apps or pages recommended to the owner.")

    def __new__(cls, spelling: str, _meaning: str = "") -> Self:
        """Members are looked up by their spelling."""
        member = object.__new__(cls)
        member._value_ = spelling
        return member

    def __init__(self, _spelling: str, meaning: str = "") -> None:
        self.meaning = meaning


ALL_KINDS: tuple[str, ...] = tuple(kind.value for kind in DataKind)
ALL_ANSWERS: tuple[str, ...] = tuple(kind.value for kind in AnswerKind)


def expand(name: str) -> tuple[str, ...]:
    """The spellings that a kind or a family stands for: `identifier` gives all `identifier.*`."""
    found = tuple(k for k in (*ALL_KINDS, *ALL_ANSWERS) if k == name or k.startswith(name + "."))
    if not found:
        raise ArgumentError(
            f"'{name}' is not a kind of data; the kinds are {', '.join(ALL_KINDS + ALL_ANSWERS)}"
        )
    return found
