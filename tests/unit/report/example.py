"""A result by hand that has something in every corner: the report's tests and pictures are made of it."""

from __future__ import annotations

from dataclasses import replace

from wirewitness.model.coverage import (
    ConditionCoverage,
    Coverage,
    DestinationCoverage,
    HiddenRoom,
    LiveSpan,
    Opaque,
    OtherDevices,
    Refused,
    UnexplainedTokens,
)
from wirewitness.model.destination import Destination
from wirewitness.model.exposure import Confidence, ConsentStatus, Exposure, Step
from wirewitness.model.instant import NS, Instant
from wirewitness.model.reason import Alternative, Missing, Note, Quality, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.result import (
    FORMAT,
    AnomalyCount,
    AuditedCapture,
    AuditedDevice,
    ControlResult,
    Database,
    Excludes,
    Phone,
    Result,
    StateChange,
    Validation,
    Verdict,
    Versions,
)
from wirewitness.model.rhythm import Rhythm
from wirewitness.model.verdict import Outcome, Polarity, Strength

START = Instant.parse("2014-07-20T06:00:00Z")
HOUR = 3600 * NS
SHA = "9b74c9897bac770ffc029102a200c5de1e2b3c4d5e6f708192a3b4c5d6e7f809"
BACKUP = "backup.vendor.example"
API = "api.vendor.example"
FLOW = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=#1"


def at(hours: float) -> Instant:
    return START + int(hours * HOUR)


def exposure(
    number: int, kind: str, fact: str | None, hours: float, host: str = BACKUP, **change: object
) -> Exposure:
    made = Exposure(
        id=f"{number:04x}c0ffee12ab",
        fact=fact,
        kind=kind,
        masked=False,
        source="fact" if fact else "detector",
        evidence=True,
        time=at(hours),
        destination=host,
        address="203.0.113.7",
        country="CN",
        flow=FLOW,
        stream=0,
        message=number,
        from_client=True,
        capture=SHA,
        steps=(
            Step("multipart", 0, 48211, "part:1"),
            Step("json", 0, 812, "/device/imei"),
            Step("base64", 0, 64, ""),
        ),
        digest="",
        where="body",
        range=(0, 15),
        detail="",
        chance=0.0,
        conditions={"network": "wifi", "backup": "off"},
        consent=ConsentStatus("uncovered", None),
    )
    return replace(made, **change)  # type: ignore[arg-type]


def exposures() -> tuple[Exposure, ...]:
    found = [exposure(n, "photo", f"photo:IMG_{n:04}.jpg", 20 + 5.1 * n) for n in range(1, 22)]
    found += [exposure(100 + n, "sms.body", f"sms:{n}", 22 + 7.3 * n) for n in range(1, 15)]
    found += [
        exposure(
            200 + n,
            "identifier.imei",
            "imei",
            18 + 12.0 * n,
            API,
            digest="md5" if n % 3 == 0 else "",
            where="target",
        )
        for n in range(1, 11)
    ]
    found.append(exposure(300, "contact", "contact:12", 66.5, API, where="header:Cookie", steps=()))
    found.append(
        exposure(
            301,
            "identifier.mac",
            None,
            70.2,
            "ads.tracker.example",
            masked=True,
            country="US",
            address="198.51.100.9",
        )
    )
    found.append(
        exposure(
            302, "location", None, 90.0, "ads.tracker.example", evidence=False, country=None, detail="field lat/lon",
            address="2001:db8::9", confidence=Confidence(995, 1000, 0.9883, "apps", "rule"),
        )
    )  # fmt: skip
    found += [
        exposure(400 + n, "photo", f"photo:CTRL_{n}.jpg", 8.0 + n / 10, consent=ConsentStatus("covered", "consent-1"),
                 conditions={"network": "wifi", "backup": "on"})
        for n in range(3)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda x: x.time))


def verdict(  # noqa: PLR0917 - a row of the table below
    claim: str, polarity: Polarity, outcome: Outcome, en: str, fr: str, zh: str, **change: object
) -> Verdict:
    made = Verdict(
        claim=claim,
        polarity=polarity,
        text={"en": en, "fr": fr, "zh": zh},
        source="a forum user" if polarity is Polarity.ASSERTS else "the vendor",
        quote="",
        outcome=outcome,
        strength=None,
        alternative=None,
        quality=(),
        reasons=(),
        missing=(),
        evidence=(),
        excludes=None,
    )
    return replace(made, **change)  # type: ignore[arg-type]


def verdicts() -> tuple[Verdict, ...]:
    photos = tuple(x.id for x in exposures() if x.kind == "photo" and x.consent.status == "uncovered")
    span = {"first": at(20).text, "last": at(127).text}
    return (
        verdict(
            "C1", Polarity.ASSERTS, Outcome.SUPPORTED,
            "Photos go to a server in mainland China.",
            "Des photos partent vers un serveur en Chine continentale.",
            "照片被发往中国大陆的一台服务器。",
            quote="It keeps connecting to an IP in China and uploads my photos.",
            strength=Strength.EXTREMELY_STRONG,
            alternative=Remark.of(Alternative.CHANCE),
            quality=(Remark.of(Quality.ONE_DEVICE),),
            reasons=(
                Remark.of(Reason.EXPOSURE_SHOWN, count=21, kinds=("photo",), destination=BACKUP, **span),
                Remark.of(
                    Reason.EXPOSURE_COUNTRY, address="203.0.113.7", country="CN", date="2026-06-17",
                    network="AS4808 China Unicom Beijing", destination=BACKUP, organisation="Vendor Ltd",
                ),
            ),
            evidence=photos,
        ),
        verdict(
            "C3", Polarity.ASSERTS, Outcome.SUPPORTED,
            "The phone contacts that server periodically.",
            "Le téléphone contacte ce serveur périodiquement.",
            "手机定期与该服务器联系。",
            strength=Strength.MODERATELY_STRONG,
            alternative=Remark.of(Alternative.RANDOM_TIMES),
            reasons=(
                Remark.of(Reason.RHYTHM_SHOWN, destination=API, period_s=300.2, low_s=298.7, high_s=301.9, count=1960, missed=12),
            ),
            quality=(Remark.of(Quality.ONE_DEVICE), Remark.of(Quality.NOT_RANDOMISED)),
        ),
        verdict(
            "C6", Polarity.ASSERTS, Outcome.NOT_OBSERVED,
            "It goes on after the built-in software was removed.",
            "Cela continue après la suppression du logiciel préinstallé.",
            "删除内置软件之后仍在继续。",
            reasons=(
                Remark.of(
                    Reason.NOTHING_FOUND, kinds=("photo", "sms.body", "contact"), hosts=("*.vendor.example",),
                    hours=36.5, up_bytes=1_204_332, readable_up_bytes=1_190_002,
                ),
                Remark.of(Reason.CONTROL_PASSED, control="K2", found=4, expected=4),
            ),
            quality=(Remark.of(Quality.COVERAGE, share=0.988),),
            excludes=Excludes(bytes=2048, power=0.473, found=4, expected=4),
        ),
        verdict(
            "V1", Polarity.DENIES, Outcome.CONTRADICTED,
            "While backup is off, no personal data itself goes to the vendor, only computed preferences.",
            "Tant que la sauvegarde est désactivée, aucune donnée personnelle ne part chez le fabricant, seulement des préférences calculées.",
            "备份关闭时，不会向厂商发送任何个人数据本身，只发送计算出的偏好。",
            quote="The request contains a computed collection of personal preferences, no personal data itself.",
            strength=Strength.VERY_STRONG,
            alternative=Remark.of(Alternative.OTHER_APP),
            reasons=(
                Remark.of(Reason.EXPOSURE_SHOWN, count=10, kinds=("identifier.imei",), destination=API, **span),
                Remark.of(Reason.EXPOSURE_CONDITION, count=10, condition="backup=off"),
                Remark.of(Reason.EXPOSURE_UNCOVERED, count=10),
            ),
            evidence=tuple(x.id for x in exposures() if x.kind == "identifier.imei"),
        ),
        verdict(
            "V3", Polarity.DENIES, Outcome.WITHSTOOD,
            "Preferences are not sent before the owner has activated them.",
            "Les préférences ne sont pas envoyées avant que le propriétaire les ait activées.",
            "在机主启用之前，不会发送偏好。",
            reasons=(
                Remark.of(
                    Reason.NOTHING_FOUND, kinds=("preference",), hosts=(API,), hours=48.0, up_bytes=80_120,
                    readable_up_bytes=80_120,
                ),
            ),
            excludes=Excludes(bytes=512, power=0.368, found=3, expected=3),
        ),
        verdict(
            "V2", Polarity.DENIES, Outcome.CANNOT_TELL,
            "Photos and messages are not sent while the backup setting is off.",
            "Les photos et les messages ne sont pas envoyés tant que la sauvegarde est désactivée.",
            "备份设置关闭时，不会发送照片和短信。",
            reasons=(
                Remark.of(Reason.UNREAD_BYTES, destination="push.vendor.example", bytes=48_200_111, reason="no_keys"),
                Remark.of(Reason.REFUSED, destination="push.vendor.example", attempts=14, how="aborted_handshake"),
                Remark.of(Reason.HOURS_MISSING, hours=3.25),
            ),
            missing=(
                Remark.of(Missing.SUPPLY_KEYS, destination="push.vendor.example"),
                Remark.of(Missing.ACCEPT_INTERCEPTION, destination="push.vendor.example", attempts=14),
                Remark.of(Missing.KEEP_RECORDER_LOG, hours=3.25),
            ),
        ),
        verdict(
            "A1", Polarity.ASSERTS, Outcome.NOT_TESTED,
            "The owner had turned the backup on himself.",
            "Le propriétaire avait lui-même activé la sauvegarde.",
            "是机主自己打开了备份。",
            source="the author",
            reasons=(Remark.of(Reason.NO_EVENTS),),
            missing=(Remark.of(Missing.SUPPLY_EVENTS, keys=("backup",)),),
        ),
    )  # fmt: skip


def destination(host: str, address: str, country: str | None, up: int, **change: object) -> Destination:
    made = Destination(
        host=host, host_source="sni", domain=".".join(host.split(".")[-2:]), organisation="Vendor Ltd",
        organisation_source="certificate", purpose=None, party="first", address=address, country=country,
        country_date="2026-06-17" if country else None, network="AS4808 China Unicom Beijing", flows=214, up_bytes=up,
        down_bytes=up // 9, readable_up_bytes=up, refused=0, first=START, last=at(160),
    )  # fmt: skip
    return replace(made, **change)  # type: ignore[arg-type]


def example() -> Result:
    """The whole example."""
    states = [
        (0, "network", "wifi"), (0, "backup", "off"), (0, "software", "present"), (0, "screen", "off"), (7, "backup", "on"),
        (9, "backup", "off"), (40, "network", "mobile"), (46, "network", "wifi"), (90, "network", "none"),
        (93, "network", "wifi"), (100, "software", "stopped"), (124, "software", "uninstalled"),
    ]  # fmt: skip
    return Result(
        format=FORMAT,
        title="RedMi Note, July 2014",
        device=AuditedDevice("Xiaomi", "RedMi Note", "KHHCNBH8.0", ("192.168.1.23",), ("64:09:80:aa:bb:cc",), "case file"),
        captures=(
            AuditedCapture("capture.pcapng", SHA, 812_344, 612_000_231, START, at(166), "wifi", "gateway", True, 12),
        ),
        phone=Phone(("192.168.1.23", "2001:db8:1::23"), "declared in the case file"),
        coverage=Coverage(
            up_bytes=402_113_882,
            readable_up_bytes=351_220_118,
            handshake_up_bytes=1_882_333,
            gaps=7,
            gap_bytes=21_332,
            hours=162.75,
            opaque=(
                Opaque("push.vendor.example", 48_200_111, "no_keys", 41),
                Opaque("203.0.113.88", 2_400_333, "encrypted_transport", 3),
                Opaque("ads.tracker.example", 293_320, "own_encryption", 9),
            ),
            refused=(Refused("push.vendor.example", 14, "certificate_rejected", "com.vendor.push", at(1), at(20)), Refused("time.example", 2, "unanswered", "", at(3), at(4)), Refused("ads.example", 3, "asked_only", "", at(5), at(6))),
            spans=(
                LiveSpan(START, at(90), "proven"),
                LiveSpan(at(90), at(93.25), "unproven"),
                LiveSpan(at(93.25), at(166), "proven"),
            ),
            conditions=(
                ConditionCoverage({"network": "wifi", "backup": "off"}, 148.0, 380_000_000, 340_000_000),
                ConditionCoverage({"network": "wifi", "backup": "on"}, 2.0, 12_000_000, 11_220_118),
                ConditionCoverage({"network": "mobile", "backup": "off"}, 6.0, 113_882, 0),
            ),
            other_devices=OtherDevices(18, 3_200_123),
            tokens=(UnexplainedTokens("ads.tracker.example", "body /iid", 41, 1),),
            table=(
                DestinationCoverage(
                    "push.vendor.example", {"network": "wifi", "backup": "off"}, 148.0, 3.25, 48_200_111, 0,
                    {"no_keys": 48_200_111}, 21_332, 14, 48_221_443, ("C1", "V1"),
                ),
            ),
            hidden=(HiddenRoom(1_024, 3, ("push.vendor.example",)), HiddenRoom(100_000_000, 0, ())),
        ),
        destinations=(
            destination(BACKUP, "203.0.113.7", "CN", 300_113_882),
            destination(API, "203.0.113.8", "CN", 51_200_000, host_source="host header"),
            destination("push.vendor.example", "203.0.113.88", "SG", 48_200_111, readable_up_bytes=0, refused=14),
            destination(
                "ads.tracker.example", "198.51.100.9", "US", 2_299_889, organisation=None, organisation_source=None,
                party="third", network="AS64500 Example",
            ),
            destination(
                "", "2001:db8::9", None, 300_000, organisation=None, organisation_source=None, party="unknown",
                network=None, host_source="",
            ),
        ),
        exposures=exposures(),
        answers=(
            exposure(900, "software_update", None, 30.0, API, where="body", from_client=False,
                     steps=(Step("json", 0, 300, "/software_update"),)),
        ),
        rhythms=(
            Rhythm(API, "contact", 300.2, 298.7, 301.9, 1960, 12, 0.0001, START, at(164)),
            Rhythm(BACKUP, "upload", 86_400.0, 82_000.0, 91_000.0, 7, 0, 0.004, START, at(164)),
        ),
        events=tuple(StateChange(at(h), "state", key, value, "owner" if key == "backup" else "") for h, key, value in states),
        controls=(
            ControlResult("K1", True, 3, 3, (BACKUP,), tuple(f"{400 + n:04x}c0ffee12ab" for n in range(3)), "planted photos"),
            ControlResult("K2", False, 0, 2, (API,), (), ""),
        ),
        trials=(),
        verdicts=verdicts(),
        anomalies=(
            AnomalyCount("tcp_gap", 7, SHA, "1448 bytes at offset 20131"),
            AnomalyCount("key_log_bad_line", 1, SHA, "line 3: not a label"),
        ),
        notes=(Remark.of(Note.OTHER_DEVICES, count=18, bytes=3_200_123), Remark.of(Note.CAPTURES_APART, hours=2.5)),
        versions=Versions(
            "0.1.0",
            1,
            (
                Database("ip-location-db geo-whois-asn-country", "2026-06-17", "CC0-1.0", "NRO statistics"),
                Database("ip-location-db asn", "2026-06-17", "CC-BY-4.0", "RouteViews, DB-IP, NRO"),
            ),
        ),
        validation=Validation(4, 0),
    )  # fmt: skip
