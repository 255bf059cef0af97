"""Case files: what they say, and one clear sentence with its line for each mistake."""

from __future__ import annotations

import json

import pytest

from wirewitness.judge.audit_export import read_audit_export
from wirewitness.judge.case_reader import read_case
from wirewitness.judge.events_log import read_events
from wirewitness.model.errors import InputError

HEAD = 'format = "wirewitness-case/1"\n'
CLAIM = '[[claim]]\nid = "C1"\npolarity = "asserts"\nabout = "exposure"\ndata = ["photo"]\n'


def write(folder, text, name="case.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_case_and_families_are_expanded(tmp_path):
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "x", "capture.pcap")
    text = HEAD + '[[capture]]\npath = "capture.pcap"\nnetwork = "wifi"\n' + CLAIM.replace("photo", "network")
    case = read_case(write(tmp_path / "sub", text))
    assert case.captures[0].path == tmp_path / "sub" / "capture.pcap"
    assert case.claims[0].kinds == ("network.ssid", "network.bssid", "network.cells")


def test_inline_events_and_those_of_the_log_are_one_time_line(tmp_path):
    write(
        tmp_path, "time,event,key,value,note\n2014-07-20T10:00:00+02:00,state,backup,on,owner\n", "events.csv"
    )
    text = (
        HEAD
        + 'events = "events.csv"\n[[event]]\ntime = 2014-07-20T07:00:00Z\nevent = "recorder"\nkey = "start"\n'
    )
    case = read_case(write(tmp_path, text.replace("2014-07-20T07:00:00Z", '"2014-07-20T07:00:00Z"')))
    assert [(e.time.text, e.event) for e in case.events] == [
        ("2014-07-20T07:00:00Z", "recorder"),
        ("2014-07-20T08:00:00Z", "state"),
    ]
    assert case.events_given


def test_an_event_of_the_case_file_may_not_contradict_the_log(tmp_path):
    log = "time,event,key,value,note\n2014-07-20T08:00:00Z,state,backup,on,owner\n"
    write(tmp_path, log, "events.csv")
    inline = '[[event]]\ntime = "2014-07-20T08:00:00Z"\nevent = "state"\nkey = "backup"\nvalue = "%s"\n'
    read_case(write(tmp_path, HEAD + 'events = "events.csv"\n' + inline % "on"))
    with pytest.raises(
        InputError, match=r"cannot be 'off' and, as events\.csv says, 'on'.*correct one"
    ) as caught:
        read_case(write(tmp_path, HEAD + 'events = "events.csv"\n' + inline % "off"))
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('owner = "gone.toml"', 2, "does not exist"),
        (CLAIM + CLAIM, 8, "used twice"),
        (CLAIM + 'controls = ["K9"]', 7, "no [[control]] with the id 'K9'"),
        (CLAIM + "rhythm = { periodic = true }", 7, "bundles several statements; split it into 'C1a'"),
        (CLAIM + 'from = "2014-07-20T08:00:00"', 7, "no time zone"),
        (CLAIM + "from = 2014-07-20T08:00:00", 7, "no time zone"),
        (CLAIM + 'from = "2014-07-20T08:00:00Z"\nuntil = "2014-07-19T08:00:00Z"', 8, "not after 'from'"),
        (CLAIM + 'when = { backup = "maybe" }', 7, "one of on, off"),
        (CLAIM.replace("photo", "software_update"), 6, "belongs to a claim about answer"),
        (CLAIM.replace("photo", "photos"), 6, "is not a kind of data"),
        (
            '[[consent]]\nid = "a"\ndata = ["photo"]\npurpose = "p"\nfrom = "2014-07-20T08:00:00Z"\nuntil = "2014-07-19T08:00:00Z"',
            7,
            "not after",
        ),
        ('[states]\nbackup = "off"\nnetwork = "dial-up"', 4, "cannot be 'dial-up'"),
        ('[device]\nvendor = "V"\nvendors = "W"', 4, "'vendors' is not known here"),
        ('title = "a\n', 2, "is not TOML"),
        ('[[event]]\ntime = "2014-07-20T08:00:00Z"\nevent = "dance"', 2, "'dance' is not an event"),
    ],
)
def test_each_mistake_is_one_sentence_with_its_line(text, line, said, tmp_path):
    with pytest.raises(InputError) as caught:
        read_case(write(tmp_path, HEAD + text))
    assert said in str(caught.value)
    assert caught.value.line == line, str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ("when,what\n", 1, "should begin with the line"),
        ("time,event,key,value,note\n2014-07-20T08:00:00,state,backup,on,\n", 2, "no time zone"),
        ("time,event,key,value,note\n2014-07-20T08:00:00Z,state,backup\n", 2, "has 3 columns"),
        ("time,event,key,value,note\n2014-07-20T08:00:00Z,state,mood,good,\n", 2, "not a state"),
        ("time,event,key,value,note\n2014-07-20T08:00:00Z,recorder,hide,,\n", 2, "does not 'hide'"),
        (
            "time,event,key,value,note\n2014-07-20T08:00:00Z,state,backup,on,\n\n2014-07-20T10:00:00+02:00,state,backup,off,\n",
            4,
            "cannot be 'off' and, as line 2 says, 'on'",
        ),
        ("time,event,key,value,note\n2014-02-30T08:00:00Z,state,backup,on,\n", 2, "calendar"),
    ],
)
def test_each_mistake_of_an_events_log_too(rows, line, said, tmp_path):
    with pytest.raises(InputError) as caught:
        read_events(write(tmp_path, rows, "events.csv"))
    assert said in str(caught.value)
    assert caught.value.line == line


def test_an_audit_export_gives_keys_and_consents(tmp_path):
    import small_world

    record = {"id": "c1", "data": ["photo"], "hosts": ["Backup.Vendor.Example"], "purpose": "backup",
              "from": "2014-07-20T08:00:00Z", "until": None, "when": {"network": "wifi"}}  # fmt: skip
    document = small_world.export({"ab" * 32: b"k" * 32}, [record])
    export = read_audit_export(write(tmp_path, json.dumps(document), "e.json"))
    assert export.chunk_keys == {"ab" * 32: b"k" * 32}
    assert export.consents[0].hosts == ("backup.vendor.example",)
    assert "kkkk" not in repr(export)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "x"}, "not an audit export"),
        ({"chunks": [{"name": "a", "suite": "rot13", "key": ""}]}, "suite rot13"),
        (
            {"chunks": [{"name": "a", "suite": "secretstream-xchacha20poly1305", "key": "AAAA"}]},
            "3 bytes, not 32",
        ),
        ({"consents": [{"id": "a"}]}, "lacks the member"),
        ({"keylog": "x"}, "should be a list"),
    ],
)
def test_a_wrong_audit_export_is_one_sentence(change, said, tmp_path):
    import small_world

    document = small_world.export({}, []) | change
    with pytest.raises(InputError, match=said):
        read_audit_export(write(tmp_path, json.dumps(document), "e.json"))
