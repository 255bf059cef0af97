"""The promises, under random orders of switch, network, crash, restart and lost answers, in virtual time."""

from __future__ import annotations

import base64
import gzip
import random
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from optin_life import ADDRESS, WIFI, ask, make_life

from optin.agent.agent import Agent
from optin.agent.log_check import check_logs
from optin.agent.phone import Phone
from optin.agent.restore import BackupReader
from optin.agent.switch import BACKUP_OF, Switch
from optin.cloud.journal import Journal
from optin.cloud.objects import FolderObjects
from optin.cloud.server import Front
from optin.cloud.store import Store
from optin.protocol.exchange import Request
from optin.protocol.proof import CONSENT_HEADER

BACKUPS = tuple(BACKUP_OF.values())


def restarted(life, seed: int) -> Agent:
    phone = Phone("VN-2014", "KTU84P", "SERIAL0042XY")
    return Agent(phone, ADDRESS, life.storage, random.Random(seed).randbytes)


def test_with_everything_off_and_after_removal_90_days_pass_without_a_packet(life):
    assert life.pass_time(24 * 90) == []
    for switch in Switch:
        life.agent.agree(switch, life.now)
    life.agent.offer("photo", "a.jpg", b"one")
    life.agent.report_diagnostics({"battery": 1})
    life.agent.remove(life.now)
    life.agent = restarted(life, 5)
    for switch in Switch:
        life.agent.agree(switch, life.now)
    assert life.pass_time(24 * 90) == []


class Owner(RuleBasedStateMachine):
    """An owner who does anything, a phone that crashes, a network that comes and goes, answers that get lost."""

    def __init__(self) -> None:
        super().__init__()
        self.life = make_life(3)
        self.network, self.removed, self.seed, self.offered = "wifi", False, 3, {}

    @rule(switch=st.sampled_from(Switch))
    def turn_on(self, switch):
        self.life.agent.agree(switch, self.life.now)

    @rule(switch=st.sampled_from(Switch))
    def turn_off(self, switch):
        under_way = [
            upload
            for upload in self.life.agent.due(self.life.now, {"network": self.network})
            if upload.data and Switch(switch) in _switches(upload)
        ]
        self.life.agent.revoke(switch, self.life.now)
        later = self.life.now + timedelta(seconds=1)
        for upload in under_way:
            assert not self.life.agent.gate.holds(upload, later, {"network": self.network}), (
                "aborted in a second"
            )
            self.life.agent.failed(upload, later)
        assert not any(BACKUP_OF[kind] is switch for kind, _ in self.life.agent.chest.queued()), (
            "queues are empty"
        )

    @rule(network=st.sampled_from(("wifi", "mobile", "none")))
    def move(self, network):
        self.network = network

    @rule(
        kind=st.sampled_from(tuple(BACKUP_OF)),
        number=st.integers(0, 3),
        size=st.sampled_from((0, 9, 1_200_000)),
    )
    def offer(self, kind, number, size):
        content = random.Random(f"{kind}{number}{size}").randbytes(size)
        if self.life.agent.offer(kind, f"{number}", content):
            self.offered[kind, f"{number}"] = content

    @rule(lost=st.sampled_from(("none", "request", "answer", "middle")), hours=st.sampled_from((0, 1, 30)))
    def let_time_pass(self, lost, hours):
        self.life.now += timedelta(hours=hours)
        conditions = {"network": self.network}
        for upload in self.life.agent.due(self.life.now, conditions):
            self._joins(upload, conditions)
            if lost == "request":
                self.life.agent.failed(upload, self.life.now)
            elif lost == "answer":
                ask(self.life.cloud, upload.request)
                self.life.agent.failed(upload, self.life.now)
            elif lost == "middle" and upload.request.method == "POST" and upload.chunks:
                half = upload.request.body[: len(upload.request.body) // 2]
                cut = Request("POST", upload.request.host, upload.request.path, upload.request.headers, half)
                ask(self.life.cloud, cut)
                self.life.agent.failed(upload, self.life.now)
            else:
                self.life.deliver(upload)

    @rule()
    def crash(self):
        """What was under way is forgotten; what was stored is there again."""
        self.seed += 1
        for _ in zip(self.life.agent.due(self.life.now, {"network": self.network}), range(2), strict=False):
            pass
        self.life.agent = restarted(self.life, self.seed)

    @rule()
    def remove(self):
        self.life.agent.remove(self.life.now)
        self.removed = True

    @invariant()
    def removed_means_silent(self):
        if self.removed:
            assert list(self.life.agent.due(self.life.now, WIFI)) == []

    def _joins(self, upload, conditions):
        assert not self.removed
        assert self.network != "none"
        record = {r.id: r for r in self.life.agent.consents()}[upload.consent]
        assert record.live(self.life.now, conditions)
        if upload.data:
            assert record.covers(upload.request.host, upload.data)
            assert upload.request.header(CONSENT_HEADER) == record.id

    def teardown(self):
        """Whatever happened: what the cloud holds opens to exactly what was offered."""
        agent, life = self.life.agent, self.life
        check_logs(agent)
        if self.removed or not agent.vault.exists:
            return
        reader = BackupReader(
            agent, ADDRESS.backup, lambda request: ask(life.cloud, request), lambda: life.now
        )
        for kind in BACKUP_OF:
            for item, versions in agent.chest.versions(kind).items():
                assert len(reader.read(kind, item, versions[-1]).content) == versions[-1].size


def _switches(upload):
    from optin.agent.switch import TERMS

    return [switch for switch in Switch if TERMS[switch].data == upload.data]


Owner.TestCase.settings = settings(max_examples=12, stateful_step_count=14, deadline=None)
TestOwner = Owner.TestCase


def test_killed_at_each_chunk_boundary_each_cut_sends_one_chunk_again_and_the_restore_is_identical():
    content = random.Random(8).randbytes(3_300_000)
    for boundary in range(6):
        life = make_life(4)
        life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
        life.agent.offer("photo", "big.jpg", content)
        for number, upload in enumerate(life.agent.due(life.now, WIFI)):
            if number == boundary:
                break  # the agent dies with this request on its lips
            life.deliver(upload)
        life.agent = restarted(life, 99)
        life.pass_time(2)
        posted = [r.path for r in life.requests if r.method in ("POST", "PATCH")]
        assert len(posted) <= 5 + 1, "four chunks and the manifest, and at most one twice"
        reader = BackupReader(
            life.agent,
            ADDRESS.backup,
            lambda request, life=life: ask(life.cloud, request),
            lambda life=life: life.now,
        )
        assert [restored.content for restored in reader.items()] == [content]
        assert not life.agent.offer("photo", "big.jpg", content)
        assert life.pass_time(3) == [], "a second backup of the same sends nothing"


def forms_of(text: str) -> dict[str, set[bytes]]:
    """What of a string would be seen if it lay somewhere in each form: base64 at each place in its groups of three."""
    raw = text.encode()
    in_base64 = {
        base64.b64encode(bytes(before) + raw)[skip : skip + 28] for before, skip in ((0, 0), (1, 2), (2, 3))
    }
    return {
        "raw": {raw},
        "hex": {raw.hex().encode(), raw.hex().upper().encode()},
        "base64": in_base64,
        "bytes": {bytes.fromhex(text)},
        "gzip": {gzip.compress(raw, mtime=0)[10:-8]},
    }


def found_in(places: list[bytes], planted: list[str]) -> set[str]:
    """Forms in which a planted string lies in one of the places: each window of a needle's length is looked up."""
    needles: dict[int, dict[bytes, str]] = {}
    for text in planted:
        for form, values in forms_of(text).items():
            for value in values:
                needles.setdefault(len(value), {})[value] = form
    return {
        known[place[at : at + length]]
        for place in places
        for length, known in needles.items()
        for at in range(len(place) - length + 1)
        if place[at : at + length] in known
    }


def test_of_10000_planted_strings_none_is_at_the_cloud_in_any_form(tmp_path):
    """In the store on the disk, the journal, and all that a decrypted capture would show. Names are planted too."""
    life, rng = make_life(6), random.Random(10)
    planted = [rng.randbytes(12).hex() for _ in range(10_000)]
    lines: list[str] = []
    life.cloud.store = Store(f"sqlite:///{tmp_path / 'cloud.sqlite'}", FolderObjects(tmp_path / "chunks"))
    app = life.cloud
    life.cloud = Front(app, Journal(lines.append), None)
    for switch in (*BACKUPS, Switch.PREFERENCES, Switch.UPDATES):
        life.agent.agree(switch, life.now)
    for number, kind in enumerate(("photo", "sms.body", "contact")):
        content = "\n".join(planted[number * 3000 : number * 3000 + 3000]).encode()
        life.agent.offer(kind, planted[9000 + number], content)
    usage = dict.fromkeys(planted[9100:], 600)
    life.pass_time(30, minutes=usage)
    app.store.close()
    on_disk = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    sent = [
        b"".join((r.method.encode(), r.path.encode(), str(r.headers).encode(), r.body)) for r in life.requests
    ]
    answered = [str(answer.headers).encode() + answer.body for answer in life.answers]
    places = [*on_disk, *sent, *answered, "".join(lines).encode()]
    assert len(lines) == len(life.requests) > 10
    assert sum(map(len, places)) > 600_000
    assert found_in(places, planted) == set()


@pytest.mark.parametrize("form", ["raw", "hex", "base64", "bytes", "gzip"])
def test_the_search_for_planted_strings_would_find_one_in_each_form(form):
    planted = [random.Random(3).randbytes(12).hex(), "ab" * 12]
    for value in forms_of(planted[0])[form]:
        assert found_in([b"x" * 99 + value + b"y" * 99], planted) == {form}
