"""The consent record as it travels: JSON-LD in the W3C Data Privacy Vocabulary, signed by the phone.

Its parts are those of ISO/IEC TS 27560: record metadata, processing (purpose, data, recipients, conditions,
span), parties and the event. The data subject is named by a public key only, made for this record alone (or,
for backups, derived from the recovery phrase); two records of one owner have nothing in common otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from optin.protocol.canonical import encode_canonical, parse_bytes, parse_canonical, render_bytes
from optin.protocol.consent import Consent
from optin.protocol.moment import render_moment
from optin.protocol.signing import KEY_BYTES, SignatureError, check, public_key, sign

_CONTEXT = "optin/consent/1"
_SCHEMA = "ISO/IEC TS 27560:2023"
_GIVEN, _WITHDRAWN = "dpv:ConsentGiven", "dpv:ConsentWithdrawn"
_LD = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "optin": "https://wirewitness.example/optin#",
}
LONGEST = 16 * 1024
TERM_OF_KIND: Mapping[str, str] = {
    "photo": "pd:Picture",
    "sms.body": "pd:Communication",
    "sms.metadata": "pd:CommunicationsMetadata",
    "contact": "pd:Contact",
    "identifier.serial": "pd:UID",
    "device_profile": "pd:DeviceBased",
    "preference": "pd:Preference",
}
"""The DPV term beside each kind of data that optin can send."""
TERM_OF_PURPOSE: Mapping[str, str] = {
    "backup": "dpv:ServiceProvision",
    "recommendation": "dpv:ProvidePersonalisedRecommendations",
    "diagnostics": "dpv:TechnicalServiceProvision",
    "software_update": "dpv:TechnicalServiceProvision",
}


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A consent with the key of who gave it; ``encoded`` is the signed canonical form."""

    consent: Consent
    key: bytes
    encoded: bytes

    @property
    def withdrawn(self) -> bool:
        """True when the record tells a withdrawal."""
        return self.consent.until is not None and _WITHDRAWN.encode() in self.encoded

    @classmethod
    def make(cls, consent: Consent, seed: bytes, *, withdrawn: bool = False) -> Self:
        """Sign a record. ``withdrawn``: the event is its end, at its ``until``."""
        key = public_key(seed)
        document = _document(consent, key, _WITHDRAWN if withdrawn else _GIVEN)
        return cls(consent, key, encode_canonical(sign(document, _CONTEXT, seed)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read and check; ValueError with one sentence for what is malformed or not signed by its own key."""
        if len(data) > LONGEST:
            raise ValueError("a consent record is smaller than that")
        document = parse_canonical(data)
        try:
            key = parse_bytes(document["dpv:hasDataSubject"]["optin:key"], KEY_BYTES)
            consent = _consent(document)
            status = document["dpv:hasConsentStatus"]["@id"]
            expected = _document(consent, key, status)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("it lacks a part of a consent record") from error
        check(document, _CONTEXT, key)
        # Comparing with what we would write ourselves refuses every member that says something else.
        if {**expected, "signature": document["signature"]} != document:
            raise ValueError("it holds more or other members than a consent record has")
        if status not in (_GIVEN, _WITHDRAWN) or (status == _WITHDRAWN and consent.until is None):
            raise ValueError("a consent is given, or withdrawn at a time")
        return cls(consent, key, data)


def _document(consent: Consent, key: bytes, status: str) -> dict[str, object]:
    missing = [kind for kind in consent.data if kind not in TERM_OF_KIND]
    if missing or consent.purpose not in TERM_OF_PURPOSE:
        raise ValueError("the record names data or a purpose that optin does not know")
    until = None if consent.until is None else render_moment(consent.until)
    return {
        "@context": dict(_LD),
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": _SCHEMA,
        "dct:identifier": consent.id,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "optin:key": render_bytes(key)},
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasLegalBasis": {"@id": "dpv:Consent"},
            "dpv:hasPersonalData": [{"@id": TERM_OF_KIND[kind]} for kind in consent.data],
            "dpv:hasPurpose": {"@id": TERM_OF_PURPOSE[consent.purpose]},
            "dpv:hasRecipient": list(consent.hosts),
            "optin:data": list(consent.data),
            "optin:purpose": consent.purpose,
            "optin:when": dict(consent.when),
        },
        "dpv:hasConsentStatus": {"@id": status},
        "optin:from": render_moment(consent.start),
        "optin:until": until,
    }


def _consent(document: Mapping[str, Any]) -> Consent:
    process = document["dpv:hasProcess"]
    row = {
        "id": document["dct:identifier"],
        "data": process["optin:data"],
        "hosts": process["dpv:hasRecipient"],
        "purpose": process["optin:purpose"],
        "from": document["optin:from"],
        "until": document["optin:until"],
        "when": process["optin:when"],
    }
    return Consent.parse(encode_canonical(row))


__all__ = ["LONGEST", "TERM_OF_KIND", "TERM_OF_PURPOSE", "SignatureError", "SignedRecord"]
