"""Two logs of consents, the phone's own and the cloud's: what either side rewrites, the other or a watcher sees."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from optin_life import ADDRESS, API, KEYS, MORNING, WIFI, ask, make_life

from optin.agent.agent import Agent
from optin.agent.log_check import ask_proof, check_logs
from optin.agent.own_log import OwnLog
from optin.agent.owner_export import list_export
from optin.agent.phone import Phone
from optin.agent.storage import MemoryStorage
from optin.agent.switch import Switch
from optin.cloud.store import Store
from optin.ledger.heads import RewrittenError
from optin.ledger.merkle import hash_leaf, includes, prove_inclusion
from optin.protocol.exchange import Request
from optin.protocol.signed_record import SignedRecord
from optin.protocol.tree_head import TreeHead


def asks(life):
    return lambda path: ask_proof(API, path, lambda request: ask(life.cloud, request))


def head_of(life):
    answer = ask(life.cloud, Request("GET", API, "/v1/log/head"))
    return TreeHead.parse(json.loads(answer.body), KEYS.public[0])


def live_a_while(life, rounds=4):
    """Switches on and off again, with traffic between, so that both logs grow."""
    for number in range(rounds):
        life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
        life.agent.offer("photo", f"{number}.jpg", bytes([number]) * 9)
        life.agent.agree(Switch.PREFERENCES, life.now)
        life.pass_time(30)
        life.agent.revoke(Switch.BACKUP_PHOTOS, life.now)
        life.now += timedelta(hours=1)


def test_the_phone_keeps_a_log_of_what_was_agreed_and_ended(life):
    record = life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "a.jpg", b"one")
    life.pass_time(1)
    life.agent.revoke(Switch.BACKUP_PHOTOS, life.now)
    entries = [SignedRecord.parse(entry) for entry in life.agent.log.entries()]
    assert [(entry.consent.id, entry.withdrawn) for entry in entries] == [
        (record.id, False),
        (record.id, True),
    ]
    assert entries[1].consent.until == life.now
    assert life.cloud.store.consents()[0].record.encoded == entries[0].encoded, (
        "byte for byte what the cloud has"
    )
    proof = prove_inclusion(life.agent.log, 0, 2)
    head = life.agent.log.head()
    assert includes(hash_leaf(entries[0].encoded), 0, head.size, proof, head.root)
    assert list_export(life.agent)["log.json"]["size"] == 2


def test_both_logs_and_the_watcher_agree(life):
    watched = [head_of(life)]
    live_a_while(life)
    watched.append(head_of(life))
    live_a_while(life, 2)
    found = check_logs(life.agent, asks(life), watched)
    assert found.entries == life.agent.log.size > 10
    assert found.receipts >= 6
    assert found.heads >= 4
    assert check_logs(life.agent).heads == 0, "nothing is asked unless it may be"


def test_it_goes_on_after_a_restart_and_a_half_written_entry(life):
    live_a_while(life, 1)
    size = life.agent.log.size
    life.storage.put(f"log/entry/{size:08}", b"the agent died here")
    again = Agent(life.agent.phone, ADDRESS, life.storage, random.Random(9).randbytes)
    assert again.log.size == size
    again.agree(Switch.DIAGNOSTICS, life.now)
    assert check_logs(again).entries == size + 1


class DiedError(Exception):
    """The agent died here."""


class Mortal(MemoryStorage):
    """A memory that lets the agent die at one of its writes."""

    left = 10**9

    def put(self, name, value):
        if self.left == 0:
            raise DiedError
        self.left -= 1
        super().put(name, value)


def test_the_agent_may_die_at_any_write_and_its_log_still_holds():
    """Whatever was half done: nothing that ended lives on, and the log says what the records say."""

    def begun():
        storage = Mortal()
        agent = Agent(Phone("m", "1", "s"), ADDRESS, storage, random.Random(3).randbytes)
        agent.agree(Switch.PREFERENCES, MORNING)
        list(agent.due(MORNING, WIFI, {}, at_once=True))
        return agent, storage

    def act(agent):
        later = MORNING + timedelta(hours=1)
        agent.agree(Switch.DIAGNOSTICS, later)
        agent.revoke(Switch.PREFERENCES, later)
        agent.revoke(Switch.DIAGNOSTICS, later)

    for writes in range(200):
        agent, storage = begun()
        storage.left = writes
        try:
            act(agent)
        except DiedError:
            storage.left = 10**9
            again = Agent(Phone("m", "1", "s"), ADDRESS, storage, random.Random(9).randbytes)
            check_logs(again)
            act(again)
            check_logs(again)
            assert not any(again.is_on(switch) for switch in Switch)
        else:
            break
    assert 20 < writes < 199, "each write of the whole act was tried"


@pytest.mark.parametrize(
    ("rewrite", "told"),
    [
        (lambda storage: storage.put("log/entry/00000000", storage.get("log/entry/00000001")), "was changed"),
        (lambda storage: storage.delete("log/entry/00000000"), "is missing"),
        (lambda storage: storage.put("log/size", b"0"), "is not in the phone's own log"),
        (
            lambda storage: storage.put(
                "consent/000001", storage.get("consent/000001").replace(b'"wifi"', b'"mobile"')
            ),
            "says something else",
        ),
    ],
)
def test_a_phone_s_log_that_was_rewritten_is_told(life, rewrite, told):
    live_a_while(life, 2)
    check_logs(life.agent)
    rewrite(life.storage)
    again = Agent(life.agent.phone, ADDRESS, life.storage, random.Random(9).randbytes)
    with pytest.raises(RewrittenError, match=told):
        check_logs(again)


def test_a_cloud_that_rewrote_its_log_is_told_by_the_phone(life):
    live_a_while(life, 2)
    other = make_life(8)
    live_a_while(other, 6)
    life.cloud.store = other.cloud.store
    with pytest.raises(RewrittenError, match="rewrote its consent log, or keeps two"):
        check_logs(life.agent, asks(life))


def test_a_cloud_with_one_log_for_the_phone_and_one_for_the_watcher_is_told(life):
    live_a_while(life, 2)
    for_others = make_life(8)
    live_a_while(for_others, 6)
    assert check_logs(life.agent, asks(life)).heads >= 2, "alone, the phone sees nothing"
    with pytest.raises(RewrittenError):
        check_logs(life.agent, asks(life), [head_of(for_others)])
    with pytest.raises(RewrittenError):
        check_logs(life.agent, asks(for_others), [head_of(for_others)])


def test_a_cloud_that_lost_its_log_is_told(life):
    live_a_while(life, 2)
    life.cloud.store = Store()
    with pytest.raises(RewrittenError, match="no proof"):
        check_logs(life.agent, asks(life))


def test_a_forged_receipt_is_told(life):
    live_a_while(life, 1)
    record = next(r for r in life.agent.consents() if life.agent.chest.receipt(r.id))
    receipt = json.loads(life.agent.chest.receipt(record.id))
    life.agent.chest.keep_receipt(record.id, json.dumps({**receipt, "leaf": receipt["leaf"] + 1}).encode())
    with pytest.raises(RewrittenError, match="does not hold"):
        check_logs(life.agent)


def test_the_check_tells_the_cloud_nothing_of_weekly_reports(life):
    """Which heads one phone knows would join records that are made to have nothing in common."""
    for _ in range(4):
        life.agent.agree(Switch.PREFERENCES, life.now)
        life.pass_time(24 * 7)
    assert len(life.cloud.store.consents()) >= 4
    asked = []
    check_logs(life.agent, lambda path: asked.append(path) or asks(life)(path))
    assert asked == []


def test_erasing_leaves_no_log_on_the_phone(life):
    live_a_while(life, 1)
    life.agent.chest.forget_all()
    assert OwnLog(life.agent.chest).size == 0
    assert not list(life.storage.names("log/"))
