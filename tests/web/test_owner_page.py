"""The owner's page of optin in a real browser: switches by keyboard and screen reader, all off, on a phone's screen."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime

import pytest
from optin_life import ADDRESS, WIFI, make_life

from optin.agent.agent import Agent
from optin.agent.page_server import PageServer
from optin.agent.phone import Phone
from optin.agent.switch import Switch
from optin.protocol.catalogue import Recommendation

pytestmark = pytest.mark.web
expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect
SWITCHES = len(Switch) + 1
"""And the choice that backups wait for the charger."""


@pytest.fixture
def life():
    return make_life()


@pytest.fixture
def server(life):
    erased = []

    def erase(agent):
        erased.append(True)
        agent.chest.forget_all()
        return [{"chunks": 0}]

    running = PageServer(lambda: life.agent, erase)
    running.erased = erased
    running.start()
    yield running
    running.stop()


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.goto(server.address)
    yield opened
    context.close()


def test_everything_is_off_until_the_owner_turns_it_on(page, life):
    switches = page.get_by_role("switch")
    expect(switches).to_have_count(SWITCHES)
    assert all(switches.nth(n).get_attribute("aria-checked") == "false" for n in range(SWITCHES))
    expect(page.get_by_text("Nothing was ever sent.")).to_be_visible()
    page.get_by_role("switch", name="Back up photos").click()
    expect(page.get_by_role("switch", name="Back up photos")).to_have_attribute("aria-checked", "true")
    assert life.agent.is_on(Switch.BACKUP_PHOTOS)
    assert not life.agent.is_on(Switch.BACKUP_MESSAGES)
    page.get_by_role("switch", name="Only while charging").click()
    expect(page.get_by_role("switch", name="Only while charging")).to_have_attribute("aria-checked", "true")
    assert life.agent.consents()[-1].when == {"network": "wifi", "charging": "on"}


def test_the_keyboard_alone_is_enough(page, life):
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator("[role=switch][aria-checked=true]").wait_for()
    assert life.agent.is_on(Switch.UPDATES)
    page.get_by_role("switch", name="Software updates").focus()
    page.keyboard.press("Enter")
    page.locator("[role=switch][aria-checked=true]").wait_for(state="detached")
    assert not life.agent.is_on(Switch.UPDATES)


def test_it_fits_a_phones_screen_and_names_every_control(page, life):
    life.agent.agree(Switch.PREFERENCES, life.now)
    life.pass_time(1)
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("img").get_attribute("aria-label").startswith("2 of 52 spent")
    told = (
        page.get_by_role("listitem")
        .filter(has_text="noised answers, 1 KiB, to api.vendor.example")
        .inner_text()
    )
    assert "Allowed by the switch “Preferences”, which you turned on on 2014-07-20." in told
    small = page.evaluate("[...document.querySelectorAll('button')].filter(b => b.offsetHeight < 44).length")
    assert small == 0, "each button is large enough for a finger"


def test_a_diagnostic_report_is_sent_by_the_owner_s_button_and_only_with_the_switch_on(page, life):
    assert page.get_by_role("button", name="Send a report now").count() == 0
    page.get_by_role("switch", name="Diagnostic reports").click()
    expect(page.get_by_role("button", name="Send a report now")).to_be_visible()
    assert life.agent.chest.report() is None, "the switch alone sends nothing"
    page.get_by_role("button", name="Send a report now").click()
    page.get_by_text("A report waits").wait_for()
    assert life.agent.chest.report() is not None
    page.get_by_role("switch", name="Diagnostic reports").click()
    page.locator("[role=switch][aria-checked=true]").wait_for(state="detached")
    assert life.agent.chest.report() is None, "and taking the switch back drops it"


def test_recommended_apps_stand_in_the_owner_s_order_with_the_reason(page, life):
    life.cloud.catalogue = (
        Recommendation("a.games", "Tiny Quest", "games", 0.5),
        Recommendation("a.sports", "<b>Run</b>", "sports", 0.4),
    )
    expect(page.get_by_text("There is no list yet.")).to_be_visible()
    life.now = datetime.now(UTC)
    life.agent.agree(Switch.UPDATES, life.now)
    life.pass_time(1)
    life.agent.chest.keep_use({"days": {"2026-01-01": {"sports": 7200}}, "languages": 1})
    page.reload()
    expect(page.locator("ol li")).to_have_count(2)
    items = page.locator("ol li").all_inner_texts()
    assert [" ".join(item.split()) for item in items] == [
        "<b>Run</b> (sports) Because you use apps for sports",
        "Tiny Quest (games) Popular",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-US", "fr-FR", "zh-CN"])
def test_axe_finds_nothing_to_mend(browser, server, life, scheme, language):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    life.now = datetime.now(UTC)
    life.agent.agree(Switch.UPDATES, life.now)
    life.agent.agree(Switch.PREFERENCES, life.now)
    life.agent.agree(Switch.DIAGNOSTICS, life.now)
    life.pass_time(2)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, locale=language
    )
    opened = context.new_page()
    opened.goto(server.address)
    assert opened.evaluate("document.documentElement.lang") == language[:2]
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(opened).response["violations"]
    assert [(each["id"], node["html"]) for each in found for node in each["nodes"]] == []
    context.close()


def test_the_export_holds_the_consents(page, life):
    life.agent.agree(Switch.PREFERENCES, life.now)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export all").click()
    exported = json.loads(download.value.path().read_text())
    assert [row["data"] for row in exported["consents.json"]] == [["preference"]]


def test_erasing_needs_a_word_of_the_owner(page, server):
    page.get_by_role("button", name="Erase everything").click()
    assert not server.erased
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.locator("body")).to_contain_text('"chunks": 0')
    assert server.erased


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 404),
        ("/guess/on/updates", {}, 403),
        (None, {"Origin": "https://elsewhere.example"}, 403),
        (None, {"Host": "elsewhere.example"}, 403),
    ],
)
def test_another_site_can_press_nothing(server, life, path, headers, status):
    base = server.address.removeprefix(server.origin)
    connection = http.client.HTTPConnection(server.origin.removeprefix("http://"))
    connection.request("GET" if path == "/" else "POST", path or f"{base}on/updates", headers=headers)
    assert connection.getresponse().status == status
    connection.close()
    assert not life.agent.is_on(Switch.UPDATES)


def test_a_switch_pressed_on_the_page_ends_what_the_running_agent_would_send(server, life):
    """Page and agent are two objects on one storage, as on a phone."""
    other = Agent(Phone("VN-2014", "KTU84P", "S"), ADDRESS, life.storage, bytes)
    other.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "a.jpg", b"one")
    assert list(life.agent.due(life.now, WIFI))
    other.revoke(Switch.BACKUP_PHOTOS, datetime.now(UTC))
    assert list(life.agent.due(life.now, WIFI)) == []
