"""Personal data nobody listed is a lead: told with its field, never taken as evidence, and placeholders are nobody's."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from told_files import har, har_entry

from wirewitness.case import audit
from wirewitness.find.rule_files import load_rules


def leads(tmp_path, body, host="api.vendor.example"):
    text = json.dumps(body)
    entry = har_entry(
        request={"url": f"https://{host}/v1", "postData": {"text": text}, "bodySize": len(text)}
    )
    (tmp_path / "one.har").write_bytes(har(entry))
    result = audit([tmp_path / "one.har"], tmp_path / "audit")
    assert [one for one in result.exposures if one.evidence and not one.masked] == [], (
        "a form convicts nobody"
    )
    rules = load_rules()
    for one in result.exposures:
        if not one.masked:
            assert one.confidence == rules.confidence(one.detail, one.kind)
    return {(one.kind, one.masked) for one in result.exposures}


FORMS = {
    "identifier.imei": ({"q": "490154203237518"}, {"q": "490154203237519"}),
    "identifier.iccid": ({"q": "8991101200003204514"}, {"q": "8991101200003204510"}),
    "identifier.email": ({"who": "ada.lovelace@example.org"}, {"file": "icon@2x.png1"}),
    "identifier.mac": ({"x": "64:09:80:12:34:56"}, {"x": "12:34:56"}),
    "identifier.phone_number": ({"to": "+33612345678"}, {"to": "33612345678"}),
    "location": ({"pos": {"lat": 52.23528}}, {"pos": {"lat": 52}}),
    "identifier.advertising": (
        {"gaid": "827d8162-0e1c-48cd-892e-4abd3df95ba8"},
        {"request": "827d8162-0e1c-48cd-892e-4abd3df95ba8"},
    ),
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_value_is_known_by_its_form_and_one_that_is_near_is_not(tmp_path, kind):
    right, wrong = FORMS[kind]
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    assert (kind, False) in leads(tmp_path / "right", right)
    assert kind not in {found for found, _ in leads(tmp_path / "wrong", wrong)}


CALL = {"number": "+4915112345678", "duration": 63, "date": 1405717449000}
EVENT = {"pkg": "com.whatsapp", "timestamp": 1405717449000}
APPS = ("com.whatsapp", "com.tencent.mm", "org.mozilla.firefox", "de.bank.app", "com.viber.voip")
RECORDS = {
    "call_log": ([CALL], [CALL | {"duration": "soon"}]),
    "sms.body": (
        {"address": "10086", "body": "see you at noon"},
        {"address": "Main Road", "body": "a house"},
    ),
    "app_list": (list(APPS), [*APPS[:4], APPS[0]]),
    "app_usage": ([EVENT, EVENT | {"pkg": "org.mozilla.firefox"}], [EVENT, EVENT]),
    "contact": (
        [{"name": "A B", "tel": f"0151234567{n}"} for n in range(3)],
        [{"name": "A B", "tel": f"0151234567{n}"} for n in range(2)],
    ),
    "calendar": (
        {"dtstart": 1, "dtend": 2, "title": "dentist"},
        {"begin_time": "09:00", "end_time": "18:00"},
    ),
    "clipboard": ({"clipboard": "my secret word"}, {"clipboard": True}),
    "browsing": (
        {"url": "https://a.example/b", "visit_count": 3},
        {"url": "https://a.example/b", "width": 3},
    ),
    "network.cells": ({"cid": 1234567, "lac": 22, "mcc": 460}, {"cell": 4, "row": 22, "sheet": 460}),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_is_known_by_its_fields_together_and_a_list_by_how_many_it_holds(tmp_path, kind):
    right, wrong = RECORDS[kind]
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    assert (kind, False) in leads(tmp_path / "right", {"d": right})
    assert kind not in {found for found, _ in leads(tmp_path / "wrong", {"d": wrong})}


def notes(tmp_path, body):
    text = json.dumps(body)
    entry = har_entry(
        request={"url": "https://api.vendor.example/v1", "postData": {"text": text}, "bodySize": len(text)}
    )
    (tmp_path / "one.har").write_bytes(har(entry))
    result = audit([tmp_path / "one.har"], tmp_path / "audit")
    return {note.code: note.params for note in result.notes if note.code.startswith("usage_")}


def test_totals_are_told_apart_from_single_events_whatever_they_are_called(tmp_path):
    (tmp_path / "totals").mkdir()
    (tmp_path / "events").mkdir()
    totals = [{"pkg": app, "total_time_in_foreground": 5400} for app in APPS]
    events = [{"pkg": app, "timestamp": 1405717449000 + n} for n, app in enumerate(APPS)]
    host = {"host": "api.vendor.example", "count": 1}
    assert notes(tmp_path / "totals", {"preferences": totals}) == {"usage_totals": host}
    assert notes(tmp_path / "events", {"preferences": events}) == {"usage_events": host}


def test_generated_requests_are_told_apart_with_another_seed_than_the_pages(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "tools")
    tool = importlib.import_module("measure_detectors")
    made = tool.measure_generated(seed=7, each=3)
    assert made.wrong == {}, "nothing missed that has a known name, nothing taken for what it is not"
    assert made.grains[0] == made.grains[1] > 0


def test_a_placeholder_is_an_attempt_and_never_a_finding(tmp_path):
    found = leads(tmp_path, {"gaid": "00000000-0000-0000-0000-000000000000", "mac": "02:00:00:00:00:00"})
    assert ("identifier.advertising", False) not in found
    assert ("identifier.mac", False) not in found
    assert ("identifier.advertising", True) in found


def test_a_trackers_own_name_for_a_field_counts_at_its_hosts_alone(tmp_path):
    (rule,) = [
        rule
        for rule in load_rules().fields
        if rule.hosts and "ioam.de" in rule.hosts and rule.kind == "device_profile"
    ][:1]
    key = next(key for key in rule.keys if key.startswith("="))
    body = {key[1:]: "xyz"}
    (tmp_path / "there").mkdir()
    (tmp_path / "elsewhere").mkdir()
    assert ("device_profile", False) in leads(tmp_path / "there", body, host="de.ioam.de")
    assert ("device_profile", False) not in leads(tmp_path / "elsewhere", body, host="notioam.de")


def test_every_rule_has_a_reason_and_a_known_kind():
    rules = load_rules().fields
    assert len(rules) > 60
    assert [rule.name for rule in rules if len(rule.reason) < 20] == []


def test_the_confidence_of_a_kind_is_what_the_page_says_was_measured():
    page = (Path(__file__).parents[3] / "docs/method/detectors.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): row for row in reversed(rows)}  # the first table, of apps, comes before
    measured = load_rules().measured
    assert measured.keys() == told.keys()
    for kind, one in measured.items():
        assert 0 < one.at_least <= one.right / one.found <= 1
        if kind == "identifier.android_id":
            continue  # the page reads one label otherwise in its table, and says below what it is as told
        assert int(told[kind][2].replace(",", "")) == one.right, kind
        assert told[kind][3].startswith(f"{one.right / one.found:.4f} ({one.at_least:.4f} to"), kind
    assert {one.of for one in measured.values()} == {"kind"}
    android = measured["identifier.android_id"]
    assert f"`identifier.android_id` is {android.right / android.found:.4f} ({android.at_least:.4f}" in page


def test_a_rule_that_met_enough_values_is_measured_by_itself_and_another_by_its_kind():
    rules = load_rules()
    kinds = {rule.name: rule.kind for rule in rules.fields}
    page = (Path(__file__).parents[3] / "docs/method/detectors.md").read_text(encoding="utf-8")
    assert rules.measured_rules.keys() <= kinds.keys()
    for name, one in rules.measured_rules.items():
        assert one.of == "rule"
        assert one.found >= 30
        share = f"{one.right / one.found:.4f} ({one.at_least:.4f} to"
        assert f"| {name} | `{kinds[name]}` | {one.basis} | {one.right:,} | {one.found:,} | {share}" in page
    alone = next(name for name in kinds if name in rules.measured_rules)
    assert rules.confidence(alone, kinds[alone]).of == "rule"
    few = next(name for name in kinds if name not in rules.measured_rules and kinds[name] in rules.measured)
    assert rules.confidence(few, kinds[few]) == rules.measured[kinds[few]]
    assert rules.confidence("a rule of nobody", "a kind of nobody") is None
