"""Which app sent it: recorded is a fact, a user agent is a hint, and a library's name is neither."""

from __future__ import annotations

import struct

import pytest
from told_files import CONN, HOST, PHONE, SERVER, START, har, har_entry, zeek_log

from wirewitness.case import audit
from wirewitness.find.lookups import app_hosts, app_of_host
from wirewitness.find.senders import hint_of


@pytest.mark.parametrize(
    ("agent", "hint"),
    [
        ("Shop/4.2 (com.shop.app; build:7; iOS 17.1) Alamofire/5.9", "com.shop.app"),
        ("Weather Pro/11 CFNetwork/1410 Darwin/22.6.0", "Weather Pro"),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", ""),
        ("okhttp/4.12.0", ""),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", ""),
        ("", ""),
        ("/" * 5000, ""),
    ],
)
def test_a_user_agent_hints_at_an_app_or_at_none(agent, hint):
    assert hint_of(agent) == hint


def test_a_hint_is_kept_apart_from_what_was_recorded(tmp_path):
    headers = [{"name": "User-Agent", "value": "Shop/4.2 (com.shop.app)"}]
    (tmp_path / "one.har").write_bytes(har(har_entry(request={"headers": headers})))
    (one,) = audit([tmp_path / "one.har"], tmp_path / "audit").destinations
    assert (one.apps, one.app_hints) == ((), ("com.shop.app",))


def test_the_phones_list_names_the_app_of_what_the_gateway_saw(tmp_path):
    header = "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen"
    row = f"6,10.215.173.1,4,{SERVER},443,10123,Shop,TLS,Closed,{HOST},1400,1400,10,10,{START}000,{START + 2}000"
    (tmp_path / "list.csv").write_text(f"{header}\n{row}\n")
    conn = zeek_log(
        "conn", CONN, [START, "C1", PHONE, 50000, SERVER, 443, "tcp", "ssl", "2", 1100, 1100, "SF"]
    )
    (tmp_path / "zeek").mkdir()
    (tmp_path / "zeek/conn.log").write_bytes(conn)
    fields = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "server_name"]
    ssl = zeek_log("ssl", fields, [START, "C1", PHONE, 50000, SERVER, 443, HOST])
    (tmp_path / "zeek/ssl.log").write_bytes(ssl)
    result = audit(
        [tmp_path / "list.csv", tmp_path / "zeek"], tmp_path / "audit", phone=[PHONE, "10.215.173.1"]
    )
    (one,) = result.destinations
    assert (one.apps, one.flows, one.up_bytes) == (("Shop",), 1, 1100)


def pcapdroid_frame(port, app):
    """A name asked for, as PCAPdroid writes it with its extensions: a header of zeros, the packet, the trailer."""
    question = struct.pack(">6H", port, 0x100, 1, 0, 0, 0) + b"\x03api\x07example\x00\x00\x01\x00\x01"
    udp = struct.pack(">4H", port, 53, 8 + len(question), 0) + question
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    packet = head + bytes([10, 215, 173, 1, 198, 51, 100, 7]) + udp
    return bytes(12) + b"\x08\x00" + packet + struct.pack(">Ii20sI", 0x01072021, 10_123, app, 0)


def test_pcapdroids_capture_names_the_app_of_each_connection(tmp_path):
    frames = [pcapdroid_frame(port, app) for port, app in [(4001, b"Weather"), (4002, b"Shop")]]
    records = [struct.pack("<4I", START, 0, len(frame), len(frame)) + frame for frame in frames]
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    (tmp_path / "one.pcap").write_bytes(header + b"".join(records))
    (one,) = audit([tmp_path / "one.pcap"], tmp_path / "audit").destinations
    assert (one.apps, one.app_hints) == (("Shop", "Weather"), ())


def test_a_server_name_hints_at_its_apps_own_client_and_never_more(tmp_path):
    fields = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "server_name"]
    rows = [
        [START, f"C{n}", PHONE, 50000 + n, SERVER, 443, name]
        for n, name in enumerate(["media-fra3-1.cdn.whatsapp.net", "notwhatsapp.net", "graph.facebook.com"])
    ]
    (tmp_path / "ssl.log").write_bytes(zeek_log("ssl", fields, *rows))
    found = audit([tmp_path / "ssl.log"], tmp_path / "audit", phone=[PHONE]).destinations
    assert {one.host: (one.apps, one.app_hints) for one in found} == {
        "media-fra3-1.cdn.whatsapp.net": ((), ("com.whatsapp",)),
        "notwhatsapp.net": ((), ()),
        "graph.facebook.com": ((), ()),
    }


def test_every_pattern_is_a_host_or_a_domain_in_small_letters():
    for pattern in app_hosts():
        assert pattern == pattern.lower().strip()
        assert "." in pattern.removeprefix(".")
        assert app_of_host(f"x{pattern}" if pattern.startswith(".") else pattern)


def app_list(path, *rows):
    """PCAPdroid's list: (app, the phone's port) of connections to one server."""
    header = "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen"
    lines = [
        f"6,{PHONE},{port},{SERVER},443,1,{app},TLS,Closed,{HOST},1400,1400,10,10,{START}000,{START + 2}000"
        for app, port in rows
    ]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def apps_of(tmp_path, shown, packages):
    files = [app_list(tmp_path / "a.csv", *shown), app_list(tmp_path / "b.csv", *packages)]
    return audit(files, tmp_path / "audit", phone=[PHONE]).destinations[0].apps


def test_a_name_on_the_screen_and_a_package_of_the_same_connection_are_one_app(tmp_path):
    shown = [("Shop", 4), ("Shop", 5), ("Weather", 6)]
    packages = [("org.example.shop", 4), ("org.example.shop", 7)]
    assert set(apps_of(tmp_path, shown, packages)) == {"Shop (org.example.shop)", "Weather"}


def test_two_packages_under_one_name_stay_apart(tmp_path):
    """The name is that of more than one app: which of them it was is not known where only the name stands."""
    shown = [("Browser", 4), ("Browser", 5)]
    packages = [("org.example.one", 4), ("org.example.two", 5)]
    apps = apps_of(tmp_path, shown, packages)
    assert set(apps) <= {"Browser", "org.example.one", "org.example.two"}
    assert apps
