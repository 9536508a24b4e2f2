"""Every kind of page in a real browser: barriers, small screens, no scripts, no faults, nothing jumps."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from allmende.app import open_workspace
from allmende.testing.musterstadt.filling import take
from allmende.testing.musterstadt.sensors import devices
from allmende.testing.musterstadt.truth import Truth

pytestmark = pytest.mark.browser
CITY = Path(__file__).parents[2] / "cities" / "musterstadt"
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 390, 1280)
PAGES = (
    "/",
    "/en",
    "/wissen",
    "/w/more-cycling",
    "/w/playgrounds-missing",
    "/en/w/services-on-the-phone",
    "/ziele",
    "/ziele/people",
    "/stadtteil",
    "/stadtteil/altstadt",
    "/daten",
    "/d/trees",
    "/karte",
    "/karte?ebene=jetzt:soil-moisture",
    "/t",
    "/t/70b3d5000000a009",
    "/t/70b3d5000000a009/70b3d5000000a009:soil-moisture",
    "/en/t/70b3d5000000a007/70b3d5000000a007:soil-temperature?zeit=jahr",
    "/t/70b3d5000000b001/70b3d5000000b001:air-temperature/wert/{value}",
    "/suche?q=Spielplatz",
    "/f/rows~trees@1",
    "/stand",
    "/impressum",
    "/vereinbarung",
    "/datenschutz",
    "/barrierefreiheit",
    "/gibt-es-nicht",
)
RUN_AXE = """async () => {
  const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']});
  return found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | '));
}"""
WATCH_SHIFTS = """() => { window.shifts = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: 'layout-shift', buffered: true}); }"""


SERIES = "/t/70b3d5000000b001/70b3d5000000b001:air-temperature"


def _value(address: str) -> str:
    """The number of a value that there is."""
    with urllib.request.urlopen(f"{address}/api/v1/things?property=air-temperature") as answer:
        found = json.load(answer)["features"]
    newest = next(one for one in found if one["properties"]["page"] == SERIES)
    return str(newest["properties"]["observation"]["id"])


def _open(browser: Browser, address: str, width: int, *, scripts: bool = True) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    return page, faults


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_no_barriers_no_faults_no_sideways_scrolling(
    browser: Browser, address: str, path: str, width: int
) -> None:
    """axe finds no violation of WCAG 2.2 AA, the console is empty, and the page is as wide as the screen."""
    path = path.replace("{value}", _value(address)) if "{value}" in path else path
    page, faults = _open(browser, address + path, width)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate(RUN_AXE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.context.close()
    assert violations == []
    assert [fault for fault in faults if "404" not in fault] == []
    assert wide <= width


@pytest.mark.parametrize("path", ["/", "/w/more-cycling", "/w/playgrounds-missing", "/d/trees", SERIES])
def test_nothing_jumps(browser: Browser, address: str, path: str) -> None:
    """The cumulative layout shift of a first view stays below 0.05 on a phone."""
    page, _ = _open(browser, address + path, 390)
    page.evaluate(WATCH_SHIFTS)
    page.wait_for_timeout(600)
    shifts = page.evaluate("window.shifts")
    page.context.close()
    assert shifts <= 0.05


def test_everything_works_without_scripts(browser: Browser, address: str) -> None:
    """With JavaScript off a reader searches, opens an answer, opens a number's passport and computes it again."""
    page, _ = _open(browser, address + "/", 390, scripts=False)
    page.fill("#q", "Spielplätze")
    page.click("text=Suchen")
    page.click("a:has-text('Wo fehlen Spielplätze?')")
    page.click(".answer a.zahl >> nth=1")
    assert "Zahlenpass" in page.inner_text("main")
    page.click("text=Jetzt nachrechnen")
    assert page.locator("text=✓ gleich").count() >= 3
    assert page.locator("text=nicht gleich").count() == 0
    page.context.close()


def test_a_barrier_can_be_reported_without_scripts(browser: Browser, address: str) -> None:
    """The form says what is missing, keeps what was written, and thanks for a report."""
    page, _ = _open(browser, address + "/barrierefreiheit", 390, scripts=False)
    page.fill("#message", "Die Karte hat keine Namen.")
    page.click("text=Absenden")
    assert "angekommen" in page.inner_text("main")
    page.context.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, address: str) -> None:
    """The first tab stop skips the navigation."""
    page, _ = _open(browser, address + "/wissen", 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.context.close()


def test_the_movable_map_loads_when_asked(browser: Browser, address: str) -> None:
    """MapLibre starts under the strict policy, from this server only, and only after a click."""
    page, faults = _open(browser, address + "/karte", 1280)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click(".live-map button")
    page.wait_for_selector(".movable canvas", timeout=15_000)
    page.wait_for_timeout(1_000)
    page.context.close()
    assert faults == []
    assert asked
    assert all(re.match(rf"{re.escape(address)}/|blob:", url) for url in asked)


def test_first_views_are_light(browser: Browser, address: str) -> None:
    """Home and an answer weigh at most 120 KiB over the wire, with letters and style."""
    for path in ("/", "/w/more-cycling"):
        page, _ = _open(browser, "about:blank", 390)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on(
            "Network.loadingFinished", lambda event, found=sizes: found.append(event["encodedDataLength"])
        )
        page.goto(address + path)
        page.wait_for_timeout(700)
        page.context.close()
        assert 10_000 < sum(sizes) <= 120 * 1024, (path, sum(sizes))


def test_new_values_appear_by_themselves(browser: Browser, address: str, data: Path) -> None:
    """On the map and on a thing's page a new value is there within seconds, without loading the page again."""
    workspace = open_workspace(CITY, data=data, offline=True)
    device = next(one for one in devices(Truth()) if one.kind == "car-park")
    pages = [
        _open(browser, address + path, 1280)[0]
        for path in ("/karte?ebene=jetzt:free-parking-spaces", f"/t/{device.eui}")
    ]
    rows = [page.locator("tr[data-series] a.zahl").first for page in pages]
    before = [row.get_attribute("href") for row in rows]
    pages[0].wait_for_timeout(1_500)
    take(workspace, [(datetime.now(UTC).replace(microsecond=0), device)])
    workspace.live.close()
    for page, row, old in zip(pages, rows, before, strict=True):
        expect(row).not_to_have_attribute("href", old or "", timeout=8_000)
        assert page.url == page.evaluate("performance.getEntriesByType('navigation')[0].name")
        page.context.close()


def test_a_value_is_found_without_scripts(browser: Browser, address: str) -> None:
    """With JavaScript off a reader goes from the map to a series, chooses a day, opens a value's passport."""
    page, _ = _open(browser, address + "/karte?ebene=jetzt:soil-moisture", 390, scripts=False)
    page.click("table a:has-text('Ahorn Altstadt')")
    page.click("nav.spans a:has-text('Tag')")
    page.click("details.as-table summary")
    page.click("details.as-table a.zahl >> nth=0")
    assert "Woher kommt dieser Wert?" in page.inner_text("main")
    assert "Empfangen am" in page.inner_text("main")
    page.context.close()
