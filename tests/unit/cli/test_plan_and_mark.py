"""`plan` and `mark`: what a tester does before and while capturing, from the schedule to the judged trials."""

from __future__ import annotations

import json

import pytest

from wirewitness.cli import main
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.events_log import read_events
from wirewitness.judge.trials_reader import read_trials
from wirewitness.model.instant import NS

PLAN = ["plan", "--claims", "C1,V2", "--start", "2014-07-21T06:00:00Z", "--kind", "sms.body", "--seed", "s"]


@pytest.fixture
def planned(tmp_path):
    assert main([*PLAN, "-q", "-o", str(tmp_path / "trials")]) == 0
    return tmp_path / "trials"


@pytest.mark.parametrize("words", ["@SUM(A1)", "+1", " =1+1", "-cmd|' /c calc'!A1", "\t=1", "＝1"])
def test_a_mark_that_a_spreadsheet_would_compute_is_refused(tmp_path, capsys, words) -> None:
    log = tmp_path / "events.csv"
    assert main(["mark", "--log", str(log), "--", words]) == 2
    assert main(["mark", "backup=on", "--log", str(log), f"--note={words}"]) == 2
    assert "begin with a letter" in capsys.readouterr().err
    assert not log.exists()


def test_a_plan_is_a_folder_to_work_from(planned, capsys):
    trials = read_trials(planned / "trials.json")
    assert not trials.opened
    assert (planned / "seed.txt").read_text() == "s\n"
    checklist = (planned / "checklist.md").read_text()
    assert trials.sha256 in checklist
    assert checklist.count("- [ ]") == 20
    assert 'kind = "sms.body"' in (planned / "owner.toml").read_text()


def test_the_power_is_said_before(tmp_path, capsys):
    assert main([*PLAN, "-o", str(tmp_path / "t"), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "2 calendar days" in said
    for windows in (10, 20, 40):
        assert f"{windows} windows: power" in said


def test_the_plan_is_told_as_json(tmp_path, capsys):
    assert main([*PLAN, "-o", str(tmp_path / "t"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["plan_sha256"] == read_trials(tmp_path / "t" / "trials.json").sha256
    assert (told["windows"], told["days"]) == (20, 2)
    assert list(told["power"]) == ["10", "20", "40"]
    assert list(told["power_by_delay"]) == ["0", "600", "3600", "21600"]
    assert all(0 <= power <= 1 for power in (*told["power"].values(), *told["power_by_delay"].values()))
    assert told["hands_on_s"] == 20 * 180


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--days", "1"], "need 2 days, and there are 1: it cannot be done"),
        (["--delay-h", "9"], "plan one window a night (--nights"),
        (["--delay-h", "9", "--days", "5"], "take 20 nights, and there are 5 days: it cannot be done"),
        (["--delay-h", "30", "--nights"], "it cannot be done with one window a night"),
        (["--nights", "--days", "5"], "need 20 days, and there are 5: it cannot be done"),
        (["--paired", "backup", "--windows", "20"], "could never show anything"),
        (["--paired", "network"], "a state that is on or off"),
        (["--windows", "13"], "multiple of 10"),
        (["--hours", "late"], "--hours should be"),
        (["--start", "2014-07-21T06:00:00"], "no time zone"),
        (["--kind", "video"], "not for 'video'"),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(more, said, tmp_path, capsys):
    assert main([*PLAN, "-o", str(tmp_path / "t"), *more]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "t" / "trials.json").exists()


def test_nights_are_planned_where_the_phone_uploads_at_night(tmp_path):
    assert main([*PLAN, "-q", "-o", str(tmp_path / "t"), "--nights", "--delay-h", "9"]) == 0
    windows = read_trials(tmp_path / "t" / "trials.json").plan.series[0].windows
    assert len({window.start.text[:10] for window in windows}) == 20
    assert windows[0].end - windows[0].start == 8 * 3600 * NS, "a night, not half an hour"


def test_contacts_are_planted_in_a_file_for_each_window_and_known_again(tmp_path):
    folder = tmp_path / "t"
    assert main([*PLAN, "-q", "-o", str(folder), "--kind", "contact"]) == 0
    (series,) = read_trials(folder / "trials.json").plan.series
    owner = read_owner(folder / "owner.toml")
    known = {fact.id for fact in owner.facts}
    for window in series.windows:
        file = folder / "contacts" / f"{window.id}.vcf"
        assert file.exists() == bool(window.canaries)
        if window.canaries:
            assert file.read_text().count("BEGIN:VCARD") == len(window.canaries)
            assert set(window.canaries) <= known
    assert (folder / "contacts.vcf").read_text().count("BEGIN:VCARD") == 3


def test_a_paired_plan_says_in_each_window_what_to_turn_and_the_terminal_says_what_comes_next(
    tmp_path, capsys
):
    folder = tmp_path / "t"
    assert main([*PLAN, "-q", "-o", str(folder), "--paired", "backup", "--windows", "28"]) == 0
    windows = read_trials(folder / "trials.json").plan.series[0].windows
    checklist = (folder / "checklist.md").read_text()
    assert (
        checklist.count("turn backup on on the phone")
        == checklist.count("turn backup off on the phone")
        == 14
    )
    for number, window in enumerate(windows):
        command = ["mark", f"window={window.id}", "--trials", str(folder / "trials.json"), "--lang", "en"]
        assert main([*command, "--time", window.start.text]) == 0
        said = capsys.readouterr().out
        if number + 1 < len(windows):
            assert f"Next: {windows[number + 1].start.text}" in said
            assert f"mark backup={windows[number + 1].arm}" in said
        else:
            assert "That was the last window." in said


def test_events_are_appended_as_they_happen(tmp_path):
    log = tmp_path / "events.csv"
    for event in ("backup=off", "recorder=start", "rebooted the phone, twice"):
        assert main(["mark", event, "--log", str(log), "--time", "2014-07-21T06:00:00Z", "-q"]) == 0
    found = [(e.event, e.key, e.value) for e in read_events(log)]
    assert sorted(found) == [
        ("do", "rebooted the phone, twice", ""), ("recorder", "start", ""), ("state", "backup", "off"),
    ]  # fmt: skip


def test_a_mark_is_told_as_json(tmp_path, capsys):
    log = str(tmp_path / "events.csv")
    assert main(["mark", "backup=off", "--log", log, "--time", "2014-07-21T06:00:00Z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "time": "2014-07-21T06:00:00Z", "event": "backup=off", "file": log,
    }  # fmt: skip


def test_an_event_that_cannot_be_is_not_written(tmp_path, capsys):
    log = tmp_path / "events.csv"
    assert main(["mark", "backup=perhaps", "--log", str(log)]) == 2
    assert "one of on, off" in capsys.readouterr().err
    assert not log.exists()


def test_windows_are_marked_in_the_trials_file_and_the_plan_stays_the_registered_one(planned):
    path = planned / "trials.json"
    before = read_trials(path)
    first = before.plan.series[0].windows[0]
    assert main(["mark", f"window={first.id}", "--trials", str(path), "--time", first.start.text, "-q"]) == 0
    assert main(["mark", "skip=T-sms-02", "--trials", str(path), "-q"]) == 0
    after = read_trials(path)
    assert [(d.window, d.what) for d in after.done] == [(first.id, "done"), ("T-sms-02", "skipped")]
    assert (after.sha256, after.changed) == (before.sha256, False)
    assert main(["mark", "window=T-sms-99", "--trials", str(path)]) == 2


def test_the_seed_opens_the_plan(planned):
    path = planned / "trials.json"
    value = json.loads(path.read_text())
    value["seed"] = (planned / "seed.txt").read_text().strip()
    path.write_text(json.dumps(value))
    assert read_trials(path).opened
