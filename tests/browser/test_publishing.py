"""What a clerk does on a phone, in a real browser without scripts: from an Excel file to the public and back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from allmende.testing.people import iban
from tests.browser.test_pages import AXE, RUN_AXE, WIDTHS
from tests.flow.desk_city import workbook

pytestmark = pytest.mark.browser
CITY = Path(__file__).parents[2] / "cities" / "musterstadt"
PASSWORD = "kaktus am blauen see"
HEADER = ["Bank Nr", "Jahr", "Höhe", "Konto"]
ROWS = [[number, 2020 + number % 5, 0.4 + number / 100] for number in range(1, 31)]


@pytest.fixture(scope="module")
def people(data: Path, address: str) -> dict[str, str]:
    """A steward and a releaser of the green spaces office, with the links to set their passwords."""
    links = {}
    for name, role in (
        ("anna", "steward:green-spaces"),
        ("ben", "releaser:green-spaces"),
        ("adam", "administrator:*"),
    ):
        command = [sys.executable, "-m", "allmende", "person", str(CITY), "add", name, "--data", str(data)]
        told = subprocess.run(
            [*command, "--title", name.title(), "--role", role], check=True, capture_output=True, text=True
        )
        links[name] = next(word for word in told.stdout.split() if word.startswith("/anmelden/"))
    return links


@pytest.fixture(scope="module")
def contexts(browser: Browser, address: str, people: dict[str, str]) -> Iterator[dict[str, BrowserContext]]:
    """The phones of all three, signed in, without scripts."""
    found = {}
    for name, link in people.items():
        found[name] = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        page = found[name].new_page()
        page.goto(address + link)
        page.get_by_label("Neues Passwort").fill(PASSWORD)
        page.get_by_label("Noch einmal zur Sicherheit").fill(PASSWORD)
        page.get_by_role("button", name="Passwort speichern").click()
        page.get_by_role("link", name="Anmelden").click()
        page.get_by_label("Name zum Anmelden").fill(name)
        page.get_by_label("Passwort").fill(PASSWORD)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("heading", name="Werkstatt")).to_be_visible()
        page.close()
    yield found
    for context in found.values():
        context.close()


def _until(page: Page, words: str) -> None:
    """The page refreshes itself while a process works; wait for what comes then."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=60_000)


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_from_an_excel_file_to_the_public_and_back(
    contexts: dict[str, BrowserContext], address: str, tmp_path: Path
) -> None:
    """Uploaded, an account stopped, left out, released by a second person; refreshed, held back for a changed
    column, described and released again; withdrawn, and gone everywhere. In less than ten minutes."""
    began = time.monotonic()
    anna, ben = contexts["anna"].new_page(), contexts["ben"].new_page()
    account = iban(random.Random(3))
    file = tmp_path / "Sitzbänke.xlsx"
    file.write_bytes(workbook(HEADER, *[[*row, account if row[0] == 7 else ""] for row in ROWS]))
    anna.goto(f"{address}/werkstatt")
    anna.get_by_role("link", name="Neue Daten bringen").click()
    anna.get_by_label("Datei", exact=True).set_input_files(file)
    anna.get_by_role("button", name="Weiter").click()
    _until(anna, "Als Nächstes: ansehen und beschreiben")
    anna.get_by_role("link", name="Beschreiben").click()
    anna.get_by_label("Was steht darin?", exact=True).fill("Alle Sitzbänke im Stadtpark mit Jahr und Höhe.")
    anna.get_by_role("button", name="Speichern und prüfen").click()
    _until(anna, "Kontonummern (IBAN)")
    assert account not in anna.locator("#befunde").inner_text()
    release = anna.url
    ben.goto(release)
    assert ben.get_by_role("button", name="Freigeben und veröffentlichen").count() == 0
    expect(ben.get_by_role("main")).to_contain_text("Erst muss über die Funde entschieden sein")
    assert _status(f"{address}/d/sitzbaenke") == 404
    anna.get_by_role("link", name="Beschreibung ändern").click()
    anna.get_by_role("group", name="Konto").get_by_label("Übernehmen").select_option("weglassen")
    anna.get_by_role("button", name="Speichern und prüfen").click()
    _until(anna, "Eine zweite Person muss freigeben")
    ben.goto(release)
    ben.get_by_role("button", name="Freigeben und veröffentlichen").click()
    _until(ben, "Fertig. Hier ist nichts mehr zu tun.")
    public = time.monotonic() - began
    assert _status(f"{address}/d/sitzbaenke") == 200
    assert public < 600

    changed = tmp_path / "neu.csv"
    changed.write_text("\n".join(["Bank Nr;Jahr;Sitzhöhe", *(f"{n};{y};{h:.2f}" for n, y, h in ROWS)]))
    anna.goto(f"{address}/werkstatt/d/sitzbaenke")
    anna.get_by_label("Datei", exact=True).set_input_files(changed)
    anna.get_by_role("button", name="Hochladen").click()
    _until(anna, "angehalten: ansehen und entscheiden")
    assert _status(f"{address}/d/sitzbaenke@2") == 404
    assert _status(f"{address}/d/sitzbaenke@1") == 200
    anna.get_by_role("link", name="angehalten: ansehen und entscheiden").click()
    expect(anna.get_by_text("Die Spalten haben sich geändert.")).to_be_visible()
    anna.get_by_role("link", name="Beschreibung ändern").click()
    anna.get_by_role("group", name="Sitzhöhe").get_by_label("Übernehmen").select_option("ja")
    anna.get_by_role("button", name="Speichern und prüfen").click()
    _until(anna, "Eine zweite Person muss freigeben")
    ben.goto(anna.url)
    ben.get_by_role("button", name="Freigeben und veröffentlichen").click()
    _until(ben, "Fertig. Hier ist nichts mehr zu tun.")
    assert _status(f"{address}/d/sitzbaenke@2") == 200

    places = ("/d/sitzbaenke", "/d/sitzbaenke@1", "/d/sitzbaenke@2.csv", "/api/v1/datasets/sitzbaenke")
    assert [_status(address + place) for place in places] == [200] * 4
    anna.goto(f"{address}/werkstatt/d/sitzbaenke")
    anna.get_by_text("Zurücknehmen", exact=True).click()
    anna.get_by_label("Begründung").fill("Die Höhen waren falsch gemessen.")
    anna.get_by_role("button", name="Sofort zurücknehmen").click()
    expect(anna.get_by_text("Niemand sieht ihn")).to_be_visible()
    assert [_status(address + place) for place in places] == [404] * 4
    for place in ("/daten", "/suche?q=Sitzb%C3%A4nke", "/sitemap.xml", "/api/v1/datasets", "/stand"):
        with urllib.request.urlopen(address + place) as answer:
            assert "sitzbaenke" not in answer.read().decode(), place
    assert "sitzbaenke" not in json.dumps(_catalogue(address))


def _catalogue(address: str) -> object:
    with urllib.request.urlopen(f"{address}/api/v1/datasets") as answer:
        return json.load(answer)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "path",
    [
        "/anmelden", "/werkstatt", "/en/werkstatt", "/werkstatt/neu", "{release}", "{release}/beschreiben",
        "/werkstatt/d/trees", "/werkstatt/personen", "/werkstatt/vertraege", "/werkstatt/vertraege/neu",
    ],
)  # fmt: skip
def test_no_barriers(
    path: str, width: int, contexts: dict[str, BrowserContext], browser: Browser, address: str
) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    owner = contexts["adam" if path.endswith("personen") else "anna"]
    place = address + (path.format(release=_release(owner, address)) if "{" in path else path)
    # axe is a script, so it looks with a browser that runs scripts and shows the same cookie.
    seeing = browser.new_context(
        viewport={"width": width, "height": 800}, storage_state=owner.storage_state()
    )
    page = seeing.new_page()
    page.goto(place)
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN_AXE)
    seeing.close()
    assert found == []
    assert wide <= 0


def _release(context: BrowserContext, address: str) -> str:
    """The page of a release that waits to be described."""
    page = context.new_page()
    page.goto(f"{address}/werkstatt/neu")
    page.get_by_label("Tabelle aus Excel kopieren").fill(
        "Nr;Name;Menge\n1;Park;2,5\n2;Platz;x\n3;Hof;4,5\n4;Tor;1,5\n"
    )
    page.get_by_role("button", name="Weiter").click()
    _until(page, "Als Nächstes: ansehen und beschreiben")
    found = page.url.removeprefix(address)
    page.close()
    return found
