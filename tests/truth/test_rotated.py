"""A capture that was written piece by piece is one capture: what goes on over a border is read as if there were none."""

from __future__ import annotations

import io
import random
import struct
from datetime import UTC, datetime

import pytest
from PIL import Image

from wirelab.lab import App, Lab, LabOptions, Request, Response
from wirewitness import api
from wirewitness.case import audit
from wirewitness.cli import main
from wirewitness.evidence import read_evidence
from wirewitness.model.errors import InputError

START = datetime(2014, 7, 20, tzinfo=UTC)
OWNER = 'format = "wirewitness-owner/1"\n[[fact]]\nid = "photo:1"\nkind = "photo"\nfile = "photo.jpg"\n'


def photo() -> bytes:
    image = Image.frombytes("L", (320, 240), random.Random(5).randbytes(320 * 240))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A photo goes up over TLS, then a look-up and a small request: (folder, the capture's blocks)."""
    folder = tmp_path_factory.mktemp("night")
    lab = Lab(7, START, LabOptions(loss=0.0, reorder=0.0))
    lab.record(folder / "night.pcapng", keys="separate", key_path=folder / "keys.log")
    lab.host("api.vendor.example", lab.addresses.pick("CN"), "CN", lambda request: Response(200, (), b"{}"))
    (folder / "photo.jpg").write_bytes(photo())
    (folder / "owner.toml").write_text(OWNER)

    def up(target, body):
        request = Request("POST", "api.vendor.example", target, (), body, "https")
        lab.phone.fetch(request, App("com.vendor.cloud", 10057, "VendorCloud/5.1"))

    lab.clock.after(1, lambda: up("/photo", photo()))
    lab.clock.after(40, lambda: up("/small", b"[]"))
    lab.run(lab.clock.now + 90 * 10**9)
    lab.close()
    return folder, list(blocks((folder / "night.pcapng").read_bytes()))


def blocks(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at : at + size]
        at += size


def packets(night):
    return [block for kind, block in night[1] if kind == 6]


def pcapng(night, some):
    return b"".join(block for kind, block in night[1] if kind in (0x0A0D0D0A, 1)) + b"".join(some)


def pcap(some):
    """The same packets as a classic file of nanoseconds."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for block in some:
        _, high, low, size, whole = struct.unpack_from("<IIIII", block, 8)
        seconds, rest = divmod(high << 32 | low, 10**9)
        out.append(struct.pack("<IIII", seconds, rest, size, whole) + block[28 : 28 + size])
    return b"".join(out)


def run(night, files, folder, **named):
    return audit(files, folder, owner=night[0] / "owner.toml", keys=[night[0] / "keys.log"], **named)


def what(result):
    """All that an audit says of the traffic, without the names of captures."""
    coverage = result.coverage
    return (
        [(x.fact, x.destination, x.where, x.range, x.steps) for x in result.exposures],
        [(d.host, d.address, d.up_bytes, d.flows) for d in result.destinations],
        (coverage.up_bytes, coverage.readable_up_bytes),
    )


@pytest.fixture(scope="module")
def whole(night, tmp_path_factory):
    result = run(night, [night[0] / "night.pcapng"], tmp_path_factory.mktemp("whole") / "audit")
    assert [x.fact for x in result.exposures] == ["photo:1"]
    return result


def split(night, folder, *, overlap=0, at=None):
    """Two files with the border inside the photo; the first is a classic pcap, the second a pcapng."""
    every = packets(night)
    border = at or len(every) // 2
    first, second = folder / "night_00001_20140720.pcap", folder / "night_00002_20140720.pcapng"
    first.write_bytes(pcap(every[: border + overlap]))
    second.write_bytes(pcapng(night, every[border:]))
    return [first, second]


def test_a_photo_and_its_tls_connection_go_on_over_the_border_of_two_files(night, whole, tmp_path):
    files = split(night, tmp_path)
    result = run(night, files[::-1], tmp_path / "audit")
    assert what(result) == what(whole)
    (capture,) = result.captures
    assert [part.path for part in capture.parts] == [str(file) for file in files]
    assert capture.packets == whole.captures[0].packets
    assert "captures_joined" in {note.code for note in result.notes}
    assert result.anomalies == whole.anomalies


def test_the_finding_is_shown_again_from_both_files(night, tmp_path, capsys):
    result = run(night, split(night, tmp_path), tmp_path / "audit")
    (exposure,) = result.exposures
    stages = api.open_case(tmp_path / "audit").show(exposure.id)
    assert stages[-1].data == photo()
    assert main(["show", str(tmp_path / "audit"), exposure.id, "--json"]) == 0
    assert exposure.id in capsys.readouterr().out
    assert exposure.id in read_evidence(tmp_path / "audit")


@pytest.mark.parametrize("overlap", [1, 9])
def test_packets_that_stand_in_both_files_count_once_and_are_said(night, whole, tmp_path, overlap):
    result = run(night, split(night, tmp_path, overlap=overlap), tmp_path / "audit")
    assert what(result) == what(whole)
    (said,) = [one for one in result.anomalies if one.kind == "capture_overlap"]
    assert said.example.startswith(f"{overlap} packets")


def test_apart_the_files_show_less(night, tmp_path):
    """The case file parts them: the second half of the photo has no beginning and no keys' handshake."""
    files = split(night, tmp_path)
    (tmp_path / "case.toml").write_text(
        'format = "wirewitness-case/1"\n'
        f'[[capture]]\npath = "{files[0].name}"\n[[capture]]\npath = "{files[1].name}"\ncontinues = false\n'
    )
    result = run(night, [], tmp_path / "audit", case=tmp_path / "case.toml")
    assert len(result.captures) == 2
    assert "captures_joined" not in {note.code for note in result.notes}
    assert all(one.range[1] - one.range[0] < len(photo()) for one in result.exposures)


def test_other_names_are_no_rotation_but_the_case_file_may_say_so(night, whole, tmp_path):
    first, second = split(night, tmp_path)
    files = [first.rename(tmp_path / "evening.pcap"), second.rename(tmp_path / "morning.pcapng")]
    assert len(run(night, files, tmp_path / "apart").captures) == 2
    (tmp_path / "case.toml").write_text(
        'format = "wirewitness-case/1"\n'
        '[[capture]]\npath = "evening.pcap"\n[[capture]]\npath = "morning.pcapng"\ncontinues = true\n'
    )
    result = run(night, [], tmp_path / "one", case=tmp_path / "case.toml")
    assert what(result) == what(whole)


def test_what_is_said_to_go_on_from_nothing_is_refused_in_one_sentence(night, tmp_path):
    first, _ = split(night, tmp_path)
    (tmp_path / "case.toml").write_text(
        f'format = "wirewitness-case/1"\n[[capture]]\npath = "{first.name}"\ncontinues = true\n'
    )
    with pytest.raises(InputError, match="go on from an earlier capture"):
        run(night, [], tmp_path / "audit", case=tmp_path / "case.toml")


def test_two_vantages_with_numbered_names_are_not_joined(night, tmp_path):
    """Files that run side by side are no rotation, whatever their names."""
    files = [tmp_path / "tap1.pcap", tmp_path / "tap2.pcap"]
    for file, some in zip(files, (packets(night), packets(night)[:-3]), strict=True):
        file.write_bytes(pcap(some))
    result = run(night, files, tmp_path / "audit")
    assert [capture.parts for capture in result.captures] == [(), ()]


def test_a_sealed_case_of_rotated_files_is_verified(night, tmp_path):
    run(night, split(night, tmp_path), tmp_path / "audit")
    assert main(["seal", str(tmp_path / "audit"), "-o", str(tmp_path / "case.bundle"), "--quiet"]) == 0
    assert main(["verify", str(tmp_path / "case.bundle"), "--quiet"]) == 0


def test_a_pause_within_one_capture_is_said(night, tmp_path):
    """The case file says that two files are one capture, though half an hour lies between them."""
    every = packets(night)
    first, second = tmp_path / "night_1.pcapng", tmp_path / "night_2.pcapng"
    first.write_bytes(pcapng(night, every[:-20]))
    second.write_bytes(pcapng(night, [later(block, 1800) for block in every[-20:]]))
    assert len(run(night, [first, second], tmp_path / "apart").captures) == 2
    (tmp_path / "case.toml").write_text(
        'format = "wirewitness-case/1"\n'
        '[[capture]]\npath = "night_1.pcapng"\n[[capture]]\npath = "night_2.pcapng"\ncontinues = true\n'
    )
    result = run(night, [], tmp_path / "one", case=tmp_path / "case.toml")
    assert len(result.captures) == 1
    (pause,) = [note for note in result.notes if note.code == "capture_paused"]
    assert (pause.params["first"], pause.params["last"]) == ("night_1.pcapng", "night_2.pcapng")
    assert pause.params["seconds"] >= 1800


def later(block, seconds):
    """A packet block that many seconds later."""
    high, low = struct.unpack_from("<II", block, 12)
    when = (high << 32 | low) + seconds * 10**9
    return block[:12] + struct.pack("<II", when >> 32, when & 0xFFFFFFFF) + block[20:]
