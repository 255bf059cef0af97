"""The pipeline and its folder: what is read, what is refused, and that nothing half-written looks whole."""

from __future__ import annotations

import errno
import json
import os
import socket

import pytest
import small_world
from small_world import API, HandMade, SmallWorld, at

from wirewitness import case_folder
from wirewitness.case import audit
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.result import Result


def test_the_folder_holds_result_inputs_and_tables_and_nothing_of_the_work(tmp_path):
    result = small_world.as_explained().audit(tmp_path)
    folder = tmp_path / "audit"
    assert sorted(p.name for p in folder.iterdir()) == ["inputs.json", "result.json", "tables"]
    assert Result.from_text((folder / "result.json").read_text()) == result
    inputs = json.loads((folder / "inputs.json").read_text())
    assert inputs["captures"] == ["../0.pcap"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    small_world.as_alleged().audit(tmp_path)
    small_world.as_alleged().audit(tmp_path, name="again")
    assert (tmp_path / "audit/result.json").read_bytes() == (tmp_path / "again/result.json").read_bytes()


def test_an_earlier_result_is_replaced_only_on_demand(tmp_path):
    world = small_world.as_explained()
    world.audit(tmp_path)
    with pytest.raises(ArgumentError, match="--force"):
        world.audit(tmp_path)
    world.audit(tmp_path, force=True)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_folder_that_is_no_result_is_never_replaced(tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "thesis.txt").write_text("ten years of work")
    with pytest.raises(ArgumentError):
        small_world.as_explained().audit(tmp_path, force=True)
    assert (tmp_path / "audit" / "thesis.txt").read_text() == "ten years of work"


def test_a_full_disk_leaves_nothing_that_looks_whole(tmp_path, monkeypatch):
    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case_folder.os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        small_world.as_explained().audit(tmp_path)
    assert not (tmp_path / "audit").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_full_disk_during_a_replacement_keeps_the_earlier_result(tmp_path, monkeypatch):
    before = small_world.as_explained().audit(tmp_path)
    monkeypatch.setattr(
        case_folder.os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
    )
    with pytest.raises(InputError):
        small_world.as_alleged().audit(tmp_path, force=True)
    assert Result.from_text((tmp_path / "audit/result.json").read_text()) == before


def test_no_socket_is_opened(tmp_path, monkeypatch):
    def refuse(*_given, **_more):
        raise AssertionError("the audit opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    small_world.as_alleged().audit(tmp_path)


def test_without_a_case_file_the_audit_is_an_inventory(tmp_path):
    world = SmallWorld(captures=[(at(0, 0), at(1, 0), None)])
    world.contact(API, at(0, 5))
    path = tmp_path / "0.pcap"
    path.write_bytes(b"hand-made 0")
    result = audit([path], tmp_path / "out", decoder=HandMade(world))
    assert (result.verdicts, [d.host for d in result.destinations]) == ((), [API])
    assert {"no_case", "no_owner", "phone_guessed"} <= {note.code for note in result.notes}


def test_nothing_to_audit_is_said(tmp_path):
    with pytest.raises(ArgumentError, match="no capture"):
        audit((), tmp_path / "out", decoder=HandMade(SmallWorld()))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        audit([tmp_path / "empty"], tmp_path / "out", decoder=HandMade(SmallWorld()))
    assert not (tmp_path / "out").exists()


def test_one_capture_named_twice_counts_once(tmp_path):
    world = SmallWorld(captures=[(at(0, 0), at(1, 0), None)])
    world.contact(API, at(0, 5))
    path = tmp_path / "0.pcap"
    path.write_bytes(b"hand-made 0")
    result = audit([path, path], tmp_path / "out", decoder=HandMade(world))
    assert len(result.captures) == 1
    assert "capture_twice" in {note.code for note in result.notes}


def test_two_recordings_of_one_flow_count_once(tmp_path):
    world = SmallWorld(captures=[(at(0, 0), at(1, 0), None), (at(0, 0), at(1, 0), None)])
    world.contact(API, at(0, 5), up=300)
    (flow,) = world.rows["flow"]
    world.rows["flow"].append({**flow, "capture": 1, "readable_bytes_client": 0, "readable_bytes_server": 0})
    for number in (0, 1):
        (tmp_path / f"{number}.pcap").write_bytes(b"hand-made %d" % number)
    result = audit([tmp_path / "0.pcap", tmp_path / "1.pcap"], tmp_path / "out", decoder=HandMade(world))
    assert (result.coverage.up_bytes, result.coverage.readable_up_bytes) == (300, 300)
    assert "same_flow_twice" in {note.code for note in result.notes}


def test_a_flow_without_a_name_is_called_by_what_was_asked_for_before(tmp_path):
    world = SmallWorld(captures=[(at(0, 0), at(1, 0), None)])
    world.flow("", at(0, 5), up=100, server="42.62.94.17")
    world.flow("", at(0, 1), up=100, server="42.62.94.17")
    for hour, question in ((4, "old.example"), (4.5, "api.vendor.example"), (6, "late.example")):
        world.rows["name"].append(
            {
                "time_ns": int(at(0, hour)),
                "question": question,
                "rtype": "A",
                "value": "42.62.94.17",
                "answered": True,
            }
        )
    (tmp_path / "0.pcap").write_bytes(b"hand-made 0")
    result = audit([tmp_path / "0.pcap"], tmp_path / "out", decoder=HandMade(world))
    assert {(d.host, d.host_source) for d in result.destinations} == {("", ""), ("api.vendor.example", "dns")}


def test_a_place_that_may_not_be_written_is_said(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        audit([tmp_path], tmp_path / "out", decoder=HandMade(SmallWorld()))
