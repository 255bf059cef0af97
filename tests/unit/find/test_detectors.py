"""Personal data nobody listed is a lead: told with its field, never taken as evidence, and placeholders are nobody's."""

from __future__ import annotations

import json

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
