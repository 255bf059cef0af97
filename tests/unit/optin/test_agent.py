"""The honest agent: everything off sends nothing, each switch lets out what it says, revoking and removing end it."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optin_life import ADDRESS, BACKUP, MORNING, WIFI, make_life

from optin.agent.agent import Agent
from optin.agent.phone import Phone
from optin.agent.switch import Switch
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.preference import REPORT_BYTES
from optin.protocol.proof import CONSENT_HEADER


def steps(requests):
    return [request.path.split("/")[2] for request in requests]


def big() -> bytes:
    return random.Random(4).randbytes(2_500_000)


BACKUPS = (Switch.BACKUP_PHOTOS, Switch.BACKUP_MESSAGES, Switch.BACKUP_CONTACTS)


def test_a_new_phone_sends_nothing_however_long_it_lies_there(life):
    assert not any(life.agent.is_on(switch) for switch in Switch)
    assert not life.agent.offer("photo", "photo:1", b"jpeg")
    assert life.pass_time(24 * 7) == []


def test_the_update_check_asks_each_half_hour_and_says_nothing_about_the_owner(life):
    life.agent.agree(Switch.UPDATES, life.now)
    requests = life.pass_time(3)
    assert [request.path for request in requests[:2]] == [
        "/v1/updates/vn-2014/KTU84P",
        "/v1/recommendations/vn-2014",
    ]
    assert len(requests) == 2 * 6
    assert all(request.body == b"" and request.headers == () for request in requests)
    assert life.agent.update.version == "5.0.2"
    assert life.agent.recommend(life.now)[0].entry.package == "com.tinyquest.game"


def test_two_owners_of_one_model_ask_with_the_same_bytes():
    lives = [make_life(1), make_life(2)]
    for life in lives:
        life.agent.agree(Switch.UPDATES, life.now)
    assert lives[0].pass_time(2) == lives[1].pass_time(2)


def test_preferences_leave_once_a_week_and_only_once_activated(life):
    life.agent.agree(Switch.UPDATES, life.now)
    assert not [r for r in life.pass_time(12) if r.path == "/v1/preferences"]
    life.agent.agree(Switch.PREFERENCES, life.now)
    reports = [r for r in life.pass_time(24 * 15) if r.path == "/v1/preferences"]
    # the week that ends on 20 July, the two after it, and the one of 4 August once its turn has come
    assert len(reports) in (3, 4)
    assert len({len(report.body) for report in reports}) == 1
    assert {row[2] for row in life.cloud.store.preference_sums("2014-W30", "VN-2014")} == {1}
    assert {len(report.body) for report in reports} == {REPORT_BYTES}
    assert len({report.header(CONSENT_HEADER) for report in reports}) == len(reports), (
        "no two reports share a name"
    )
    assert b"SERIAL0042XY" not in b"".join(r.body for r in life.requests)


def test_a_diagnostic_report_needs_its_switch_and_carries_the_serial_number(life):
    assert not life.agent.report_diagnostics({"battery": 1})
    life.agent.agree(Switch.DIAGNOSTICS, life.now)
    assert life.pass_time(5) == [], "the switch alone sends nothing"
    assert life.agent.report_diagnostics({"battery": 1})
    assert steps(life.pass_time(5)) == ["consents", "diagnostics"]
    (report,) = life.cloud.store.diagnostics()
    assert DiagnosticReport.parse(report).serial == "SERIAL0042XY"


def test_a_diagnostic_report_that_waits_is_dropped_with_its_switch(life):
    life.agent.agree(Switch.DIAGNOSTICS, life.now)
    life.agent.report_diagnostics({"battery": 1})
    life.agent.revoke(Switch.DIAGNOSTICS, life.now)
    life.agent.agree(Switch.DIAGNOSTICS, life.now)
    assert life.pass_time(5) == []


def test_a_backup_waits_for_wifi_and_the_cloud_sees_only_sealed_bytes(life):
    photo = b"\xff\xd8 a photo \xff\xd9" * 100
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    assert life.agent.offer("photo", "photo:1", photo)
    assert life.pass_time(5, {"network": "mobile"}) == []
    assert life.pass_time(5, {"network": "none"}) == []
    requests = life.pass_time(5)
    assert steps(requests) == ["consents", "chunks", "chunks"], "the photo, then the manifest"
    assert requests[1].host == BACKUP
    assert all(b"a photo" not in sealed for sealed in life.cloud.store.objects.values.values())


def test_where_the_owner_chose_so_a_backup_waits_for_the_charger_too(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    life.agent.gate.choose_charging(only=True, now=life.now)
    first, second = life.agent.consents()
    assert first.until == life.now, "the old record ends: what the owner agreed to changed"
    assert second.when == {"network": "wifi", "charging": "on"}
    assert life.pass_time(2) == []
    assert life.pass_time(2, {"network": "wifi", "charging": "off"}) == []
    assert life.pass_time(2, {"network": "mobile", "charging": "on"}) == []
    assert steps(life.pass_time(2, {"network": "wifi", "charging": "on"})) == ["consents", "chunks", "chunks"]
    life.agent.gate.choose_charging(only=False, now=life.now)
    life.agent.offer("photo", "photo:2", b"two")
    assert "chunks" in steps(life.pass_time(2)), "what waited was not dropped by the choice"


def test_the_choice_of_charging_turns_nothing_on(life):
    life.agent.gate.choose_charging(only=True, now=life.now)
    assert life.agent.consents() == ()
    assert not any(life.agent.is_on(switch) for switch in Switch)


def test_the_same_photo_offered_again_is_not_sent_again(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    life.pass_time(1)
    assert not life.agent.offer("photo", "photo:1", b"one")
    assert life.pass_time(5) == []


def test_revoking_empties_the_queue_and_ends_the_record(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    life.agent.revoke(Switch.BACKUP_PHOTOS, life.now)
    assert life.pass_time(24) == []
    (record,) = life.agent.consents()
    assert record.until == MORNING


def test_agreeing_anew_is_a_new_record_and_does_not_send_what_was_dropped(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    life.agent.revoke(Switch.BACKUP_PHOTOS, life.now)
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    first, second = life.agent.consents()
    assert first.until == life.now
    assert second.until is None
    assert first.id != second.id
    assert life.pass_time(5) == []


def test_after_removal_nothing_leaves_even_if_a_switch_is_pressed(life):
    for switch in Switch:
        life.agent.agree(switch, life.now)
    life.pass_time(2)
    life.agent.remove(life.now)
    life.agent.offer("photo", "photo:9", b"nine")
    assert list(life.agent.ask_updates(life.now, WIFI)) == []
    assert not life.agent.report_diagnostics({})
    assert life.pass_time(24 * 30) == []
    phone, cloud = Phone("VN-2014", "KTU84P", "SERIAL0042XY"), ADDRESS
    life.agent = Agent(phone, cloud, life.storage, random.Random(7).randbytes)
    life.agent.agree(Switch.UPDATES, life.now)
    assert life.pass_time(24 * 30) == [], "nor after a restart"


def test_what_failed_on_the_way_is_tried_again_half_an_hour_later(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    (record,) = life.agent.due(life.now, WIFI)
    life.agent.failed(record, life.now)
    assert life.pass_time(0.4) == []
    life.now += timedelta(minutes=10)
    for upload in list(life.agent.due(life.now, WIFI)):
        assert life.deliver(upload).status == 201
    (photo,) = life.agent.due(life.now, WIFI)
    life.agent.failed(photo, life.now)
    assert life.pass_time(0.4) == []
    methods = [request.method for request in life.pass_time(1)]
    assert methods == ["HEAD", "POST", "POST"], "asks how far it came, sends it, then the manifest"


def test_nothing_is_sent_twice_while_its_answer_is_awaited(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    assert len(list(life.agent.due(life.now, WIFI))) == 1
    assert list(life.agent.due(life.now, WIFI)) == []


def test_a_restart_on_the_same_storage_takes_up_where_it_stopped(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:1", b"one")
    phone, cloud = Phone("VN-2014", "KTU84P", "SERIAL0042XY"), ADDRESS
    life.agent = Agent(phone, cloud, life.storage, random.Random(7).randbytes)
    assert life.agent.is_on(Switch.BACKUP_PHOTOS)
    assert steps(life.pass_time(1)) == ["consents", "chunks", "chunks"]


def test_of_an_object_of_which_one_chunk_was_lost_only_that_chunk_goes_up_again(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:big", big())
    for record in list(life.agent.due(life.now, WIFI)):
        life.deliver(record)
    first, lost, last = life.agent.due(life.now, WIFI)
    life.deliver(first)
    life.agent.failed(lost, life.now)
    life.deliver(last)
    assert not life.agent.chest.item_versions("photo", "photo:big")
    again = [request.path for request in life.pass_time(2) if request.method == "POST"]
    assert again[0] == lost.request.path
    assert len(again) == 2, "the lost chunk and the manifest"
    assert life.agent.chest.item_versions("photo", "photo:big")


def test_a_large_object_goes_up_in_several_chunks(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "photo:big", big())
    assert steps(life.pass_time(1)).count("chunks") == 3 + 1


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("agree", "revoke", "offer", "wait", "remove")),
        st.sampled_from(tuple(Switch)),
        st.sampled_from(("wifi", "mobile", "none")),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_whatever_the_owner_does_every_upload_joins_to_one_live_record(acts):
    life = make_life()
    removed = False
    for number, (act, switch, network) in enumerate(acts):
        if act == "agree":
            life.agent.agree(switch, life.now)
        elif act == "revoke":
            life.agent.revoke(switch, life.now)
        elif act == "remove":
            life.agent.remove(life.now)
            removed = True
        elif act == "offer":
            life.agent.offer("photo", f"photo:{number}", b"x" * number)
        before = len(life.requests)
        moment = life.now
        life.pass_time(0.1, {"network": network})
        for request in life.requests[before:]:
            assert not removed
            assert network != "none"
            if request.method in ("GET", "HEAD") or "/consents/" in request.path:
                continue
            record = {r.id: r for r in life.agent.consents()}[request.header(CONSENT_HEADER)]
            assert record.live(moment, {"network": network})
    assert all(answer.accepted for answer in life.answers)
    json.dumps([record.document() for record in life.agent.consents()])


def test_a_switch_pressed_twice_is_one_record(life):
    assert life.agent.agree(Switch.UPDATES, life.now) == life.agent.agree(Switch.UPDATES, life.now)


@pytest.mark.parametrize("switch", BACKUPS)
def test_each_kind_of_backup_has_its_own_switch(life, switch):
    life.agent.agree(switch, life.now)
    offered = [life.agent.offer(kind, f"{kind}:1", b"content") for kind in ("photo", "sms.body", "contact")]
    assert offered.count(True) == 1
