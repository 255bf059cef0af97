"""The case of 2014 and what can befall it: what blinds, what is missing, what accuses and comforts nobody."""

from __future__ import annotations

import pytest
import small_world
from small_world import API, UPLOAD, WORLDS, at, codes, outcomes

CLAIMS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "V1", "V2", "V3", "V4", "A1")
S, N, W, X, C = "supported", "not_observed", "withstood", "contradicted", "cannot_tell"


@pytest.mark.parametrize("world", WORLDS)
def test_where_the_vendors_apps_refuse_interception_every_claim_about_them_cannot_be_told(world, tmp_path):
    pinned = WORLDS[world](keys=False)
    for row in pinned.rows["flow"]:
        row.update(
            app_bytes_client=0,
            app_bytes_server=0,
            opaque_reason="",
            state="aborted_handshake",
            alert="client unknown_ca",
        )
    found = outcomes(pinned.audit(tmp_path))
    assert {found[name] for name in CLAIMS if name != "A1"} == {C}


def test_one_refused_attempt_blinds_however_much_was_readable(tmp_path):
    world = small_world.as_explained()
    world.refuse(UPLOAD, at(2, 3))
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == C
    assert "refused" in codes(result, "V1")
    (verdict,) = [v for v in result.verdicts if v.claim == "V1"]
    assert ("accept_interception", UPLOAD) in [(m.code, m.params.get("destination")) for m in verdict.missing]
    assert result.coverage.readable_up_bytes >= 0.99 * result.coverage.up_bytes


def test_the_address_of_a_proxy_is_nobodys_country(tmp_path):
    """What went through a proxy in mainland China is not thereby sent to a server in mainland China."""
    proxied = small_world.as_alleged()
    for row in proxied.rows["flow"]:
        row["proxied"] = True
    found = outcomes(proxied.audit(tmp_path))
    assert [found["C1"], found["C2"], found["V2"]] == [C, C, X]


def test_a_capture_that_cannot_be_read_comforts_nobody_and_clears_nobody(tmp_path):
    """What was shown in the readable one stays shown; silence proves nothing any more."""
    spans = [(at(0, 0), at(4, 0), "wifi"), (at(0, 1), at(3, 20), "wifi")]
    honest, alleged = small_world.as_explained(), small_world.as_alleged()
    for world in (honest, alleged):
        world.captures, world.broken = list(spans), {1}
    result = honest.audit(tmp_path / "honest")
    found = outcomes(result)
    assert {found[name] for name in ("C1", "C2", "C4", "C5", "C6", "C7", "V1", "V2", "V3")} == {C}
    assert "captures_unread" in codes(result, "V1")
    shown = outcomes(alleged.audit(tmp_path / "alleged"))
    assert [shown[name] for name in ("C1", "C2", "V1", "V2")] == [S, S, X, X]


def test_a_refused_attempt_elsewhere_blinds_nobody(tmp_path):
    world = small_world.as_explained()
    world.refuse("tracker.example", at(2, 3))
    assert outcomes(world.audit(tmp_path))["V1"] == W


def test_a_connection_that_came_about_on_the_second_try_is_only_mentioned(tmp_path):
    world = small_world.as_explained()
    world.refuse(API, at(2, 3), how="unanswered", alert="")
    world.contact(API, at(2, 3 + 20 / 3600))
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == W
    assert "attempts_retried" in [q.code for v in result.verdicts if v.claim == "V1" for q in v.quality]


def test_an_app_that_refuses_interception_is_not_excused_by_another_that_does_not(tmp_path):
    world = small_world.as_explained()
    world.refuse(API, at(2, 3))
    world.contact(API, at(2, 3 + 20 / 3600))
    assert outcomes(world.audit(tmp_path))["V1"] == C


@pytest.mark.parametrize(
    "reason", ["no_keys", "keys_do_not_fit", "own_encryption", "unknown_protocol", "encrypted_transport"]
)
def test_unread_bytes_to_the_vendor_blind_and_say_why(reason, tmp_path):
    world = small_world.as_explained()
    world.flow(UPLOAD, at(2, 4), up=5000, readable=False, opaque_reason=reason)
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == C
    assert [
        r.params["reason"]
        for v in result.verdicts
        if v.claim == "V1"
        for r in v.reasons
        if r.code == "unread_bytes"
    ] == [reason]
    assert all(v.missing for v in result.verdicts if v.claim == "V1")


def test_own_encryption_inside_a_readable_message_is_unread(tmp_path):
    world = small_world.as_explained()
    world.upload(API, at(2, 4), opaque_bytes=1500)
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == C
    assert "own_encryption" in {o.reason for o in result.coverage.opaque}
    assert result.coverage.readable_up_bytes < result.coverage.up_bytes


def test_unread_bytes_to_an_address_that_nothing_names_blind_too(tmp_path):
    world = small_world.as_explained()
    world.flow("", at(2, 4), up=5000, readable=False, server="42.62.94.99")
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == C
    assert "unread_unnamed" in codes(result, "V1")


def test_talk_within_the_house_blinds_nobody(tmp_path):
    world = small_world.as_explained()
    world.flow("", at(2, 4), up=5000, readable=False, server="239.255.255.250")
    assert outcomes(world.audit(tmp_path))["V1"] == W


def test_a_gap_in_an_upload_blinds(tmp_path):
    world = small_world.as_explained()
    world.flow(UPLOAD, at(2, 4), up=5000, gap_bytes_client=3000)
    result = world.audit(tmp_path)
    assert (outcomes(result)["V2"], result.coverage.gap_bytes) == (C, 3000)


def test_hours_in_which_the_recorder_was_lost_support_no_absence(tmp_path):
    world = small_world.as_explained()
    world.recorder(at(2, 1), "lost")
    world.recorder(at(2, 7), "start")
    result = world.audit(tmp_path)
    found = outcomes(result)
    assert (found["V1"], found["V2"], found["C1"], found["V4"]) == (C, C, C, S)
    assert "hours_missing" in codes(result, "V1")


def test_hours_on_a_network_that_no_capture_covers_support_no_absence(tmp_path):
    world = small_world.as_explained()
    world.state(at(2, 1), "network", "mobile")
    world.state(at(2, 7), "network", "wifi")
    found = outcomes(world.audit(tmp_path))
    assert (found["V1"], found["C4"]) == (C, N), "a claim about Wi-Fi is not blinded by hours on mobile"


def test_hours_off_every_network_hide_nothing(tmp_path):
    world = small_world.as_explained()
    world.state(at(2, 1), "network", "none")
    world.state(at(2, 7), "network", "wifi")
    assert outcomes(world.audit(tmp_path))["V1"] == W


def test_without_controls_silence_means_nothing(tmp_path):
    result = small_world.as_explained(controls=False).audit(tmp_path)
    found = outcomes(result)
    assert {found[name] for name in ("C1", "C2", "C4", "C5", "C6", "C7", "V1", "V2", "V3")} == {C}
    assert "plant_control" in [m.code for v in result.verdicts if v.claim == "V1" for m in v.missing]


def test_a_control_that_was_not_found_says_that_the_method_fails_here(tmp_path):
    world = small_world.as_explained()
    world.rows["hit"] = [row for row in world.rows["hit"] if row["fact"] != "sms:1"]
    result = world.audit(tmp_path)
    found = outcomes(result)
    assert (found["C1"], found["C2"], found["V2"]) == (N, C, C)
    assert "control_failed" in codes(result, "C2")


def test_a_claim_about_a_condition_that_never_held_is_not_tested(tmp_path):
    world = small_world.as_explained()
    world.log = [row for row in world.log if row[2] != "software"]
    result = world.audit(tmp_path)
    assert outcomes(result)["C6"] == "not_tested"
    assert codes(result, "C6") == ["no_capture_under"]


def test_masked_values_are_attempts_and_never_exposures(tmp_path):
    world = small_world.as_explained()
    world.upload(API, at(1, 4), "mask:00000000-0000-0000-0000-000000000000")
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == W
    assert [e.masked for e in result.exposures if e.kind == "identifier.advertising"] == [True]
    assert "masked_only" in codes(result, "V1")


def test_a_field_that_only_says_it_holds_an_identifier_is_a_lead_for_neither_side(tmp_path):
    world = small_world.as_explained()
    world.upload(API, at(1, 4), shapes=("imei field",))
    result = world.audit(tmp_path)
    found = outcomes(result)
    assert (found["V1"], found["C7"], found["V2"]) == (C, C, W)
    assert "leads_only" in codes(result, "V1")


def test_an_image_of_nobody_known_is_a_lead_for_neither_side(tmp_path):
    world = small_world.as_explained()
    world.media(UPLOAD, at(1, 4), sha256="00" * 32)
    assert outcomes(world.audit(tmp_path))["V2"] == C


def test_the_owners_photo_is_known_by_its_hash(tmp_path):
    world = small_world.as_explained()
    photo = b"".join(small_world.hashlib.sha256(f"photo:2{n}".encode()).digest() for n in range(40))
    world.media(UPLOAD, at(1, 4), sha256=small_world.hashlib.sha256(photo).hexdigest())
    result = world.audit(tmp_path)
    assert (outcomes(result)["V2"], outcomes(result)["C1"]) == (X, S)


def test_every_supported_or_contradicted_verdict_shows_evidence_strength_and_an_alternative(tmp_path):
    result = small_world.as_alleged().audit(tmp_path)
    ids = {e.id for e in (*result.exposures, *result.answers)}
    for verdict in result.verdicts:
        if verdict.outcome.value in (S, X):
            assert verdict.strength is not None
            assert verdict.alternative is not None
            assert set(verdict.evidence) <= ids
        else:
            assert verdict.strength is None
        if verdict.outcome.value in (N, W) and verdict.claim != "A1":
            assert verdict.excludes is not None
            assert 0 < verdict.excludes.power < 1
        if verdict.outcome.value == C:
            assert verdict.missing


def test_a_quantified_rhythm_can_be_contradicted_by_a_measured_one(tmp_path):
    world = small_world.as_alleged()
    text = small_world.claim("R1", "asserts", "contact", rhythm={"periodic": True, "every_s": 600})
    text += small_world.claim("R2", "asserts", "contact", rhythm={"periodic": True, "every_s": 300})
    text += small_world.claim("R3", "denies", "contact", rhythm={"periodic": True, "every_s": 600})
    result = world.audit(tmp_path, claims=text)
    assert outcomes(result) == {"R1": S, "R2": X, "R3": X}


def test_a_recorder_started_again_without_a_stop_had_died_in_the_silence_before(tmp_path):
    world = small_world.as_explained()
    for kind in ("flow", "message", "hit"):
        world.rows[kind] = [
            row
            for row in world.rows[kind]
            if not at(2, 1) < row.get("time_ns", row.get("first_ns")) < at(2, 7)
        ]
    world.recorder(at(2, 7), "start")
    result = world.audit(tmp_path)
    assert outcomes(result)["V1"] == C
    assert "hours_missing" in codes(result, "V1")


def test_names_asked_for_may_carry_a_message_and_are_not_printed(tmp_path):
    world = small_world.as_explained()
    world.flow("", at(2, 4), up=80, server="192.168.1.1", protocol="dns")
    label = "4d656574206d6520617420746865206c69676874"
    flow = world.rows["flow"][-1]["id"]
    world.rows["name"].append(
        {"flow": flow, "time_ns": int(at(2, 4)), "question": f"{label}.d.vendor.example"}
    )
    result = world.audit(tmp_path)
    assert outcomes(result)["V2"] == C
    assert label not in result.text
    assert "*.vendor.example" in {opaque.destination for opaque in result.coverage.opaque}


def test_captures_that_overlap_and_hours_between_them_are_said(tmp_path):
    """What a long capture covers is no hole, however the others lie in it."""
    world = small_world.as_explained()
    world.captures = [
        (at(0, 0), at(2, 0), "wifi"),
        (at(0, 5), at(0, 9), "wifi"),
        (at(2, 6), at(4, 0), "wifi"),
    ]
    for rows in world.rows.values():
        for row in rows:
            row["capture"] = 0 if row.get("time_ns", row.get("first_ns")) < at(2, 0) else 2
    notes = [(n.code, dict(n.params)) for n in world.audit(tmp_path).notes if n.code.startswith("captures_")]
    assert notes == [
        ("captures_overlap", {"first": at(0, 5).text, "last": at(0, 9).text}),
        ("captures_apart", {"hours": 6.0}),
    ]
