"""The local page in a real browser: each flow, and who is not let in."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tiny_case import IMEI, owner_file, small_case, tiny_capture

from wirewitness.case import audit
from wirewitness.report.language import Language
from wirewitness.report.rendering import render_report

pytestmark = pytest.mark.web
expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect
pytest.importorskip("uvicorn")
pytest.importorskip("starlette")
BAD = "<img src=x onerror='window.ran=1'><script>window.ran=2</script>"


@contextmanager
def serving(*arguments: str):
    """The address of a server of our own, which ends with the block."""
    command = [sys.executable, "-m", "wirewitness.web", "--lang", "en", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Two audited folders; names in the second are hostile."""
    folder = tmp_path_factory.mktemp("serve")
    made = []
    for name in ("one", "two"):
        case = small_case(folder / name)
        if name == "two":
            case.write_text(case.read_text().replace("A small case", BAD).replace("VN-1", BAD))
            request = f"GET /x?q={BAD} HTTP/1.1\r\nHost: h.example\r\nUser-Agent: {BAD}\r\n\r\n".encode()
            tiny_capture(folder / name / "captures" / "tiny.pcap", request)
        audit(case=case, output=folder / name / "audit", finish=lambda at, _: render_report(at, Language.EN))
        made.append(folder / name / "audit")
    return made


@pytest.fixture(scope="module")
def address(cases, tmp_path_factory):
    with serving("--work", str(tmp_path_factory.mktemp("work")), *map(str, cases)) as found:
        yield found


@pytest.fixture
def page(browser):
    """A window; at its end nothing foreign ran, nothing was refused by the policy, nothing else was fetched."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    window = context.new_page()
    wrong, fetched = [], []
    window.on("pageerror", lambda error: wrong.append(str(error)))
    window.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    window.on("request", lambda request: fetched.append(urlsplit(request.url).hostname))
    yield window
    assert wrong == []
    assert set(fetched) <= {"127.0.0.1", None, ""}
    context.close()


def test_a_capture_is_dropped_audited_and_read(page, address, tmp_path) -> None:
    tiny_capture(tmp_path / "mine.pcap")
    owner_file(tmp_path / "owner.toml")
    page.goto(address)
    page.get_by_label("Captures", exact=True).set_input_files(tmp_path / "mine.pcap")
    page.get_by_label("Owner file").set_input_files(tmp_path / "owner.toml")
    before = page.locator("ul.cases li").count()
    page.get_by_role("button", name="Audit", exact=True).click()
    page.locator("ul.cases li").nth(before).wait_for(timeout=60_000)
    expect(page.locator("ul.cases li").last).to_contain_text("1 exposures")
    with page.context.expect_page() as opened:
        page.locator("ul.cases li").last.get_by_role("link", name="Report").click()
    report = opened.value
    expect(report.locator("h1")).to_have_text("What this phone sent")
    report.locator("#all-exposures summary").first.click()
    expect(report.locator("pre.hex").first).to_be_visible()
    assert IMEI not in report.content()


def test_what_is_no_capture_is_one_sentence_and_the_server_goes_on(page, address, tmp_path) -> None:
    (tmp_path / "no.pcap").write_bytes(b"this is no capture")
    page.goto(address)
    page.get_by_label("Captures", exact=True).set_input_files(tmp_path / "no.pcap")
    page.get_by_role("button", name="Audit", exact=True).click()
    page.locator("#said", has_text="no.pcap").wait_for(timeout=60_000)
    page.reload()
    expect(page.locator("h1")).to_be_visible()


def test_filters_answer_from_the_tables_and_captured_text_stays_text(page, address) -> None:
    page.goto(f"{address}cases/c2/explore")
    page.locator("#rows tbody tr").first.wait_for()
    expect(page.locator("#found")).to_contain_text("2 of 2 rows")
    page.get_by_label("Column").first.select_option("user_agent")
    page.get_by_label("Value").first.fill("ONERROR")
    page.get_by_role("button", name="Ask").click()
    page.locator("#found", has_text="1 of 1 rows").wait_for()
    expect(page.locator("#rows tbody")).to_contain_text(BAD)
    assert page.locator("#rows img, #rows script").count() == 0
    assert page.evaluate("typeof window.ran") == "undefined"
    page.get_by_label("Value").first.fill("' OR 1=1 --")
    page.get_by_role("button", name="Ask").click()
    page.locator("#found", has_text="0 of 0 rows").wait_for()


def test_times_are_shown_and_asked_for_as_times(page, address) -> None:
    page.goto(f"{address}cases/c1/explore")
    page.locator("#rows tbody tr").first.wait_for()
    expect(page.locator("#rows tbody")).to_contain_text("2014-07-21T00:00:02Z")
    page.get_by_label("Column").first.select_option("time_ns")
    page.get_by_label("Comparison").first.select_option("at least")
    page.get_by_label("Value").first.fill("2014-07-21T00:00:03Z")
    page.get_by_role("button", name="Ask").click()
    page.locator("#found", has_text="1 of 1 rows").wait_for()
    first = page.locator("#rows tbody tr").first
    expect(first.locator("td").first).to_have_text("2")
    assert first.bounding_box()["height"] < 60


def test_two_cases_stand_side_by_side(page, address) -> None:
    page.goto(address)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("h1")).to_have_text("Compare")
    row = page.locator("tr", has_text="The phone sends its IMEI.")
    expect(row).to_contain_text("differs")
    expect(row).to_contain_text("Recorded on this device")
    assert page.evaluate("typeof window.ran") == "undefined"


def test_a_case_file_is_written_by_form_and_events_are_marked(page, address) -> None:
    page.goto(address)
    page.get_by_label("Vendor", exact=True).fill('Ven"dor')
    page.get_by_label("Hosts of the recipient").fill("*.vendor.example")
    page.locator("#case-form .check input").first.check()
    page.get_by_role("button", name="Write the case file").click()
    page.locator("#case-text textarea").wait_for()
    text = page.locator("#case-text textarea").input_value()
    assert 'vendor = "Ven\\"dor"' in text
    assert "[[claim]]" in text
    page.get_by_role("button", name="automatic backup: on").click()
    page.locator("#events li", has_text="backup on").wait_for()
    page.get_by_label("What you do").fill("took a photo")
    page.get_by_role("button", name="Mark now").click()
    page.locator("#events li", has_text="took a photo").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "cases/c2/explore", "compare?a=c1&b=c2"])
def test_everyone_can_use_it(browser, address, scheme, path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(address + path)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def answer(
    address: str, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    at = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=20)
    connection.request(method, path, body, headers)
    said = connection.getresponse()
    found = said.status, said.read()
    connection.close()
    return found


def test_nobody_else_is_let_in(address) -> None:
    at = urlsplit(address)
    own = f"http://{at.netloc}"
    assert answer(address, "GET", at.path, {})[0] == 200
    assert answer(address, "GET", "/", {})[0] == 404
    assert answer(address, "GET", f"/{'x' * 32}/", {})[0] == 404
    assert answer(address, "GET", at.path, {"Host": "evil.example"})[0] == 421
    assert answer(address, "GET", at.path, {"Origin": "http://evil.example"})[0] == 403
    assert answer(address, "POST", f"{at.path}drafts", {})[0] == 403
    assert answer(address, "POST", f"{at.path}drafts", {"Origin": "null"})[0] == 403
    assert answer(address, "POST", f"{at.path}drafts", {"Origin": own})[0] == 200
    code, said = answer(address, "GET", f"{at.path}cases/c1/rows?table=flow;drop", {})
    assert code == 400
    assert b"there is no table" in said
    for path in ("cases/..%2f..%2fetc/report", "assets/..%2fapp.py", "drafts/..%2f/files"):
        assert answer(address, "GET", at.path + path, {})[0] in {400, 404, 405}


def test_uploads_are_bounded_and_names_stay_inside(tmp_path) -> None:
    with serving("--work", str(tmp_path / "work"), "--max-upload", "1000") as address:
        at = urlsplit(address)
        own = {"Origin": f"http://{at.netloc}"}
        draft = json.loads(answer(address, "POST", f"{at.path}drafts", own)[1])["draft"]
        files = f"{at.path}drafts/{draft}/files"
        assert answer(address, "POST", f"{files}?role=file&name=..%2F..%2Fout.txt", own, b"x")[0] == 200
        code, said = answer(address, "POST", f"{files}?role=capture&name=big.pcap", own, b"x" * 5000)
        assert code == 400
        assert b"larger than the bound" in said
        assert answer(address, "POST", f"{files}?role=passwd&name=x", own, b"x")[0] == 400
    written = sorted(path.relative_to(tmp_path).parts for path in tmp_path.rglob("*") if path.is_file())
    assert written == [("work", draft, "out.txt")]


def test_a_running_audit_is_cancelled_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    from wirewitness.web.jobs import Jobs, Order

    fifo = tmp_path / "never.pcap"
    fifo.write_bytes(tiny_capture(tmp_path / "a.pcap").read_bytes())
    jobs = Jobs()
    job = jobs.start("a" * 16, Order((str(fifo),), str(tmp_path / "out" / "audit")))
    jobs.cancel(job)
    assert job.state == "cancelled"
    assert job.process is not None
    job.process.wait(30)
    assert not (tmp_path / "out" / "audit").exists()
    assert not [*tmp_path.rglob("*.part")]
    crashed = jobs.start("b" * 16, Order((str(tmp_path / "nowhere.pcap"),), str(tmp_path / "x")))
    assert crashed.process is not None
    crashed.process.wait(30)
    until = time.monotonic() + 20
    while crashed.state == "running" and time.monotonic() < until:
        time.sleep(0.05)
    assert crashed.state == "failed"
    assert "nowhere.pcap" in crashed.error


def test_the_command_says_what_is_missing(tmp_path, capfd) -> None:
    from wirewitness.cli import main

    assert main(["serve", str(Path(tmp_path))]) == 2
    assert "holds no result.json" in capfd.readouterr().err
