"""A small world of hand-made tables: the case of 2014 without packets, for tests of finding and judging.

A `SmallWorld` is told what happens (`contact`, `upload`, `answer`, `refuse`), writes the tables that the core would
write of it (with the core's own columns), and a case folder beside them; `audit` runs the whole pipeline on these.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness import _core
from wirewitness.case import audit
from wirewitness.find.rule_files import load_rules
from wirewitness.model.decoding import CaptureInfo, DecodeRequest, PhoneGuess
from wirewitness.model.errors import InputError
from wirewitness.model.instant import NS, Instant
from wirewitness.model.result import Result

PHONE = "192.168.1.23"
START = Instant.parse("2014-07-20T00:00:00Z")
HOUR = 3600 * NS
API, UPLOAD = "api.vendor.example", "upload.vendor.example"
ADDRESSES = {API: "42.62.94.17", UPLOAD: "42.62.94.58", "tracker.example": "85.214.145.227"}
FACTS = {
    "photo:1": ("photo", None),
    "photo:2": ("photo", None),
    "sms:1": ("sms.body", "Meet me at the lighthouse at nine, bring the green lamp"),
    "contact:1": ("contact", "+33639980123"),
    "imei": ("identifier.imei", "490154203237518"),
    "serial": ("identifier.serial", "VCM40EY6NWW2"),
}
PERSONAL = ["photo", "sms.body", "contact", "call_log", "location", "identifier", "app_list"]
HOSTS = ["*.vendor.example", "vendor.example"]


def at(day: int, hour: float) -> Instant:
    """A time of the world; day 0 is the control day."""
    return Instant(START + int((24 * day + hour) * HOUR))


@dataclass
class SmallWorld:
    """What happens, until `audit` is called."""

    keys: bool = True
    events: bool = True
    days: int = 4
    address: dict[str, str] = field(default_factory=lambda: dict(ADDRESSES))
    rows: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in TABLES})
    log: list[tuple[Instant, str, str, str, str]] = field(default_factory=list)
    consents: list[dict] = field(default_factory=list)
    captures: list[tuple[Instant, Instant, str | None]] = field(default_factory=list)
    controls: bool = True
    dropped: int | None = 0
    broken: set[int] = field(default_factory=set)
    trials: dict | None = None
    unread: frozenset[str] = frozenset()
    """Hosts whose keys are not among those that were given."""

    def reads(self, host: str) -> bool:
        """Whether the keys of talks with a host were given."""
        return self.keys and host not in self.unread

    # what happens

    def flow(
        self, host: str, time: Instant, *, up: int, down: int = 100, readable: bool = True, **more
    ) -> str:
        """One TLS flow of the phone; its id."""
        number = len(self.rows["flow"])
        ident = f"1:{hashlib.sha256(f'{host}{int(time)}{number}'.encode()).hexdigest()[:28]}#0"
        row = {
            "id": ident,
            "ip_proto": 6,
            "client": PHONE,
            "client_port": 40000,
            "server": self.address.get(host, host),
            "server_port": 443,
            "phone": "client",
            "first_ns": int(time),
            "last_ns": int(time) + 2 * NS,
            "app_bytes_client": up,
            "app_bytes_server": down,
            "readable_bytes_client": up if readable else 0,
            "readable_bytes_server": down if readable else 0,
            "handshake_bytes_client": 500,
            "state": "established",
            "protocol": "http/1.1" if readable else "tls",
            "sni": host,
            "host": host,
            "opaque_reason": "" if readable else "no_keys",
            **more,
        }
        self.rows["flow"].append(row)
        return ident

    def contact(self, host: str, time: Instant, *, up: int = 200) -> None:
        """A request that carries nothing private."""
        ident = self.flow(host, time, up=up, readable=self.reads(host))
        if self.reads(host):
            self._message(ident, host, time, up=True, size=up)

    def upload(
        self, host: str, time: Instant, *facts: str, size: int = 2000, shapes: tuple[str, ...] = (), **more
    ) -> None:
        """A request that carries facts, or documents of a known shape (by the detector's name)."""
        ident = self.flow(host, time, up=size, readable=self.reads(host))
        if not self.reads(host):
            return
        self._message(ident, host, time, up=True, size=size, **more)
        for fact in facts:
            self._hit(ident, time, fact=fact, up=True)
        for shape in shapes:
            self._hit(ident, time, shape=shape, up=True)

    def token(self, host: str, time: Instant, value: int) -> None:
        """A request with a token like a digest, told by what the core compares it by, that nothing explains."""
        ident = self.flow(host, time, up=300, readable=self.reads(host))
        if self.reads(host):
            self._message(ident, host, time, up=True, size=300)
            self.rows["token"].append(
                {"flow": ident, "from_client": True, "time_ns": int(time), "place": "body",
                 "steps": '[{"codec":"json","start":0,"end":90,"path":"/v"}]', "value": value}
            )  # fmt: skip

    def answer(self, host: str, time: Instant, *shapes: str) -> None:
        """An answer of a known shape."""
        ident = self.flow(host, time, up=100, down=400, readable=self.reads(host))
        if self.reads(host):
            self._message(ident, host, time, up=True, size=100)
            self._message(ident, host, time, up=False, size=400)
            for shape in shapes:
                self._hit(ident, time, shape=shape, up=False)

    def refuse(
        self, host: str, time: Instant, how: str = "aborted_handshake", alert: str = "client unknown_ca"
    ) -> None:
        """A connection that the app itself breaks off, or that nobody answers."""
        self.flow(host, time, up=0, down=0, readable=False, state=how, alert=alert, opaque_reason="")

    def media(self, host: str, time: Instant, *, sha256: str, width: int = 640, height: int = 480) -> None:
        """An image that goes up."""
        ident = self.flow(host, time, up=9000, readable=self.reads(host))
        if self.reads(host):
            self._message(ident, host, time, up=True, size=9000)
            self.rows["media"].append(
                {"flow": ident, "up": True, "from_client": True, "time_ns": int(time), "format": "jpeg", "place": "body",
                 "steps": "[]", "start": 0, "end": 9000, "width": width, "height": height, "sha256": sha256,
                 "complete": True}
            )  # fmt: skip

    def state(self, time: Instant, key: str, value: str, note: str = "") -> None:
        """A line of the events log."""
        self.log.append((time, "state", key, value, note))

    def recorder(self, time: Instant, what: str) -> None:
        """A line of the recorder log."""
        self.log.append((time, "recorder", what, "", ""))

    def _message(self, flow: str, host: str, time: Instant, *, up: bool, size: int, **more) -> None:
        self.rows["message"].append(
            {"flow": flow, "up": up, "from_client": up, "time_ns": int(time), "end_ns": int(time) + NS,
             "protocol": "http/1.1", "host": host if up else "", "method": "POST" if up else "",
             "head_bytes": 100, "body_bytes": size - 100, "decoded_bytes": size - 100, "complete": True, **more}
        )  # fmt: skip

    def _hit(self, flow: str, time: Instant, *, up: bool, fact: str = "", shape: str = "") -> None:
        self.rows["hit"].append(
            {"flow": flow, "up": up, "from_client": up, "time_ns": int(time), "place": "body",
             "steps": '[{"codec":"json","start":0,"end":90,"path":"/v"}]', "start": 0, "end": 9,
             "fact": fact, "shape": shape}
        )  # fmt: skip

    # what the witness is given

    def audit(
        self, folder: Path, *, claims: str | None = None, name: str = "audit", force: bool = False
    ) -> Result:
        """The result of the whole pipeline on this world."""
        folder.mkdir(parents=True, exist_ok=True)
        case = self.write_case(folder, claims if claims is not None else claims_of_2014(self))
        return audit(case=case, output=folder / name, decoder=HandMade(self), force=force)

    def write_case(self, folder: Path, claims: str) -> Path:
        """Owner, events, captures (their places only) and the case file."""
        (folder / "photos").mkdir(exist_ok=True)
        owner = ['format = "wirewitness-owner/1"']
        for number, (fact, (kind, value)) in enumerate(FACTS.items()):
            if value is None:
                photo = b"".join(hashlib.sha256(f"{fact}{n}".encode()).digest() for n in range(40))
                (folder / "photos" / f"{number}.jpg").write_bytes(photo)
                given = f'file = "photos/{number}.jpg"'
            else:
                given = f"value = {json.dumps(value)}"
            owner.append(f'[[fact]]\nid = "{fact}"\nkind = "{kind}"\n{given}')
        (folder / "owner.toml").write_text("\n".join(owner))
        spans = self.captures or [(START, at(self.days, 0), "wifi" if self.events else None)]
        self.captures = spans
        lines = ['format = "wirewitness-case/1"', 'title = "A small world"', 'owner = "owner.toml"']
        if self.trials is not None:
            (folder / "trials.json").write_text(json.dumps(self.trials))
            lines.append('trials = "trials.json"')
        if self.events:
            rows = ["time,event,key,value,note"]
            rows += [
                f"{t.text},{e},{k},{v},{n}" for t, e, k, v, n in sorted(self.log, key=lambda row: row[0])
            ]
            (folder / "events.csv").write_text("\n".join(rows) + "\n")
            lines.append('events = "events.csv"')
        lines += [
            "[device]",
            'vendor = "Vendor"',
            f'addresses = ["{PHONE}"]',
            'vendor_domains = ["vendor.example"]',
        ]
        if self.events:
            lines += [
                "[states]",
                'network = "wifi"',
                'backup = "off"',
                'preferences = "off"',
                'software = "present"',
            ]
        for number, (_, _, network) in enumerate(spans):
            (folder / f"{number}.pcap").write_bytes(b"hand-made %d" % number)
            lines += ["[[capture]]", f'path = "{number}.pcap"']
            lines += [f'network = "{network}"'] if network else []
        for record in self.consents:
            lines += ["[[consent]]", *(f"{key} = {toml(value)}" for key, value in record.items())]
        path = folder / "case.toml"
        path.write_text("\n".join(lines) + "\n" + claims)
        return path


TABLES = ("flow", "message", "hit", "media", "name", "volume", "tried", "token", "anomaly")


@dataclass
class HandMade:
    """A decoder that writes a small world's tables."""

    world: SmallWorld

    def prescan(self, path: Path) -> CaptureInfo:
        number = int(path.stem)
        if number in self.world.broken:
            raise InputError(path, "This file is no capture.")
        first, last, _ = self.world.captures[number]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return CaptureInfo(path, sha256, 1000, 100_000, first, last, self.world.dropped, secrets=False)

    def choose_phone(self, infos) -> PhoneGuess:
        return PhoneGuess((PHONE,), (), "dominant initiator of a private address")

    def decode_captures(self, request: DecodeRequest, tables_dir: Path, progress) -> None:
        tables_dir.mkdir(parents=True)
        fact_of = request.needles.fact_of()
        facts = list(FACTS)
        shapes = [rule.name for rule in load_rules().fields]
        places = {info.path.stem: index for index, info in enumerate(request.captures)}
        for name, empty in _core.Decoder.empty_tables():
            rows = []
            for row in self.world.rows[name]:
                full = {f.name: _nothing(f.type) for f in empty.schema} | row
                full["capture"] = places[str(row.get("capture", 0))]
                if name == "hit":
                    full["detector"] = bool(row["shape"])
                    shape, fact = full.pop("shape"), full.pop("fact")
                    mask = next((n for n, m in enumerate(load_rules().masks) if m.id == fact), None)
                    index = len(facts) + mask if mask is not None else facts.index(fact) if fact else 0
                    full["needle"] = shapes.index(shape) if shape else fact_of.index(index)
                rows.append(full)
            pq.write_table(pa.Table.from_pylist(rows, schema=empty.schema), tables_dir / f"{name}.parquet")


def _nothing(kind: pa.DataType) -> object:
    return (
        ""
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
        else False
        if pa.types.is_boolean(kind)
        else 0
    )


def toml(value: object) -> str:
    """A TOML value of strings, lists and tables of them."""
    if isinstance(value, Instant):
        return f'"{value.text}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value)


def claim(name: str, polarity: str, about: str, **more: object) -> str:
    """One claim's text over days 1 to 4."""
    given = {"hosts": HOSTS, "from": at(1, 0), "until": at(4, 0), **more}
    lines = [f"{key} = {toml(value)}" for key, value in given.items() if value is not None]
    return (
        "\n".join(["[[claim]]", f'id = "{name}"', f'polarity = "{polarity}"', f'about = "{about}"', *lines])
        + "\n"
    )


def controls_of_2014() -> str:
    """The control day: planted photo, message, contact, identifier; preferences and answers asked for by hand."""
    planted = {
        "K-photo": (["photo"], ["photo:1"]),
        "K-sms": (["sms.body"], ["sms:1"]),
        "K-contact": (["contact"], ["contact:1"]),
        "K-identifier": (["identifier"], ["serial"]),
        "K-preference": (["preference"], None),
        "K-answer": (["software_update", "recommendation"], None),
    }
    text = ""
    for name, (data, facts) in planted.items():
        given = {
            "id": name,
            "data": data,
            "facts": facts,
            "hosts": HOSTS,
            "from": at(0, 0),
            "until": at(1, 0),
        }
        text += "[[control]]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in given.items() if v is not None)
    return text


def claims_of_2014(world: SmallWorld) -> str:
    """The twelve claims of design section 5 with their controls."""
    content = ["K-photo", "K-sms"]
    personal = [*content, "K-contact", "K-identifier"]
    off = {"backup": "off"}
    removed = {"software": ["stopped", "disabled", "uninstalled", "reflashed"]}
    text = controls_of_2014() if world.controls else ""

    def c(name: str, polarity: str, about: str, controls: list[str] | None = None, **more: object) -> str:
        return claim(
            name, polarity, about, **({"controls": controls} if controls and world.controls else {}), **more
        )

    text += c("C1", "asserts", "exposure", ["K-photo"], data=["photo"], countries=["CN"])
    text += c("C2", "asserts", "exposure", ["K-sms"], data=["sms.body"], countries=["CN"])
    text += c("C3", "asserts", "contact", countries=["CN"], rhythm={"periodic": True})
    text += c("C4", "asserts", "exposure", content, data=["photo", "sms.body"], when={"network": "wifi"})
    text += c("C5", "asserts", "exposure", personal, data=PERSONAL, consent="uncovered")
    text += c("C6", "asserts", "exposure", personal, data=PERSONAL, when=removed)
    text += c(
        "C7",
        "asserts",
        "exposure",
        personal[2:],
        data=["identifier", "contact"],
        when=off,
        consent="uncovered",
    )
    text += c("V1", "denies", "exposure", personal, data=PERSONAL, when=off)
    text += c("V2", "denies", "exposure", content, data=["photo", "sms.body"], when=off)
    text += c("V3", "denies", "exposure", ["K-preference"], data=["preference"], when={"preferences": "off"})
    text += c(
        "V4", "asserts", "answer", ["K-answer"], data=["software_update", "recommendation"], match="all"
    )
    text += c("A1", "asserts", "state", hosts=None, state={"key": "backup", "value": "on", "by": "owner"})
    return text


def outcomes(result: Result) -> dict[str, str]:
    """Claim to outcome."""
    return {verdict.claim: verdict.outcome.value for verdict in result.verdicts}


def codes(result: Result, claim_id: str) -> list[str]:
    """The reason codes of one claim's verdict, in order."""
    return [r.code for v in result.verdicts if v.claim == claim_id for r in v.reasons]


# the four worlds of design section 5


def _base(**given: object) -> SmallWorld:
    """The control day, a recorder that never stops, and the removal of the software on day 3."""
    world = SmallWorld(**given)  # type: ignore[arg-type]
    world.recorder(START, "start")
    world.recorder(at(world.days, 0), "stop")
    world.state(at(0, 8), "backup", "on", "tester")
    world.upload(UPLOAD, at(0, 9), "photo:1", size=9000)
    world.upload(UPLOAD, at(0, 9.1), "sms:1")
    world.upload(UPLOAD, at(0, 9.2), "contact:1")
    world.state(at(0, 10), "preferences", "on", "tester")
    world.upload(API, at(0, 10.1), "serial")
    world.upload(API, at(0, 10.2), shapes=("preference report",))
    world.answer(API, at(0, 11), "update offer", "recommendations")
    world.state(at(0, 20), "backup", "off", "tester")
    world.state(at(0, 20), "preferences", "off", "tester")
    world.state(at(3, 0), "software", "disabled", "tester")
    world.state(at(3, 12), "software", "uninstalled", "tester")
    world.consents.append(
        {"id": "consent-1", "data": ["photo", "sms.body", "contact", "identifier"], "hosts": HOSTS, "purpose": "backup",
         "from": at(0, 8), "until": at(0, 20)}
    )  # fmt: skip
    return world


def _beats(world: SmallWorld, every_s: int, until: Instant) -> None:
    time, number = at(1, 0.3), 0
    while time < until:
        world.contact(API, Instant(time + (number * 7919 % 5) * NS))
        time, number = Instant(time + every_s * NS), number + 1


def as_alleged(**given: object) -> SmallWorld:
    world = _base(**given)
    _beats(world, 600, at(4, 0))
    for day in (1, 2, 3):
        world.upload(UPLOAD, at(day, 6), "photo:2", size=9000)
        world.upload(UPLOAD, at(day, 14.5), "sms:1")
    world.upload(API, at(1, 3), shapes=("preference report",))
    return world


def as_explained(**given: object) -> SmallWorld:
    world = _base(**given)
    _beats(world, 1800, at(3, 0))
    world.state(at(2, 9), "preferences", "on", "owner")
    world.upload(API, at(2, 10), shapes=("preference report",))
    for day in (1, 2):
        world.answer(API, at(day, 7), "update offer", "recommendations")
    return world


def as_measured(**given: object) -> SmallWorld:
    world = _base(**given)
    _beats(world, 1800, at(3, 0))
    for day in (1, 2):
        world.upload(API, at(day, 5), "imei")
        world.upload(API, at(day, 15), "contact:1")
        world.upload(API, at(day, 16), shapes=("preference report",))
    return world


def owner_turned_it_on(**given: object) -> SmallWorld:
    world = _base(**given)
    _beats(world, 1800, at(3, 0))
    world.state(at(1, 8), "backup", "on", "owner")
    world.consents.append(
        {"id": "consent-2", "data": ["photo", "sms.body", "contact"], "hosts": HOSTS, "purpose": "backup",
         "from": at(1, 8), "when": {"network": "wifi", "backup": "on"}}
    )  # fmt: skip
    for day in (1, 2):
        world.upload(UPLOAD, at(day, 12), "photo:2", size=9000)
        world.upload(UPLOAD, at(day, 13), "sms:1")
        world.answer(API, at(day, 7), "update offer", "recommendations")
    return world


WORLDS = {
    "as alleged": as_alleged,
    "as explained": as_explained,
    "as measured in 2014": as_measured,
    "owner turned it on": owner_turned_it_on,
}


def export(chunks: dict[str, bytes], consents: list[dict]) -> dict:
    """An audit export."""
    return {
        "format": "optin-audit-export/1",
        "created": START.text,
        "keylog": [],
        "chunks": [
            {"name": name, "suite": "secretstream-xchacha20poly1305", "key": base64.b64encode(key).decode(),
             "kind": "photo", "consent": "x"}
            for name, key in chunks.items()
        ],
        "consents": consents,
        "uploads": [],
    }  # fmt: skip
