"""The workshop's pages: only for those who signed in, only by their own forms, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from allmende.collect.uploads import PartUploads
from allmende.model.finding import Finding, Quantity
from allmende.model.release import SYSTEM, Release, ReleaseStep
from allmende.model.text import Text
from allmende.share.people.signing_in import SigningIn
from allmende.share.web import create_app
from allmende.testing.clock import START
from tests.flow.desk_city import ADAM, ANNA, BEN, CLARA, EMIL, DeskCity, open_desk

PASSWORD = "kaktus am blauen see"
BENCHES = "Bank Nr;Jahr;Höhe\n1;2020;0,5\n2;2020;0,4\n3;2021;0,6\n"
HOSTILE = '<script>alert(1)</script>"><svg onload=alert(2)>'


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """The city, with a password for everybody."""
    made = open_desk(tmp_path / "data")
    door = SigningIn(made.workspace.store, made.workspace.clock)
    for one in (ANNA, BEN, CLARA, EMIL, ADAM):
        door.set_password(door.make_link(one, "test"), PASSWORD)
    return made


@pytest.fixture
def app(city: DeskCity) -> Litestar:
    """The app of the city."""
    uploads = PartUploads(city.workspace.data / "uploads", city.workspace.clock, 1_000_000)
    return create_app(city.workspace, desk=city.desk, uploads=uploads)


class Browser:
    """Somebody's browser: it follows redirects and sends the forms that it was shown."""

    def __init__(self, app: Litestar, name: str = "") -> None:
        self.client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=True)
        self.page, self.path = "", ""
        self.status = 0
        if name:
            self.get("/anmelden")
            self.post("/anmelden", {"name": name, "password": PASSWORD})
            assert "Werkstatt" in self.page

    def get(self, path: str) -> str:
        """Open a page."""
        return self._seen(self.client.get(path))

    def post(self, path: str, fields: Mapping[str, Any], **files: Any) -> str:
        """Send a form, with the signs that stood on the page."""
        sent = {**self._signs(), **fields}
        return self._seen(self.client.post(path, data=sent, files=files or None))

    def text(self) -> str:
        """The words of the page."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page))

    def _signs(self) -> dict[str, str]:
        found = re.findall(r'name="(csrf|revision)" value="([^"]*)"', self.page)
        return dict(found)

    def _seen(self, answer: Any) -> str:
        self.page, self.status = str(answer.text), int(answer.status_code)
        self.path = str(answer.url.path)
        return self.page


def brought(browser: Browser, content: str = BENCHES, name: str = "Sitzbänke.csv") -> str:
    """The page of a new release."""
    browser.get("/werkstatt/neu")
    browser.post("/werkstatt/neu", {"department": "green"}, file=(name, content.encode()))
    return browser.path


def filled(columns: int, **changes: str) -> dict[str, str]:
    """A form as it is likely filled."""
    fields = {
        "id": "sitzbaenke", "title": "Sitzbänke", "description": "Alle Bänke im Park mit ihrer Höhe.",
        "theme": "green", "access": "open", "licence": "dl-de/by-2-0", "attribution": "Kleinstadt",
    }  # fmt: skip
    return fields | {f"take-{n}": "public" for n in range(columns)} | changes


def test_the_whole_way_over_pages(app: Litestar) -> None:
    """One brings and describes, another releases; then everybody reads it."""
    anna, ben, reader = Browser(app, "anna"), Browser(app, "ben"), Browser(app)
    path = brought(anna)
    assert "Als Nächstes: ansehen und beschreiben" in anna.text()
    assert "3 Zeilen und 3 Spalten" in anna.text()
    anna.get(f"{path}/beschreiben")
    assert 'value="Sitzbänke"' in anna.page
    anna.post(f"{path}/beschreiben", filled(3))
    assert "Eine zweite Person muss freigeben" in anna.text()
    ben.get("/werkstatt")
    assert "Bitte ansehen und freigeben oder ablehnen" in ben.text()
    reader.get("/d/sitzbaenke")
    assert reader.status == 404
    ben.get(path)
    ben.post(f"{path}/freigeben", {})
    assert "veröffentlicht" in ben.text()
    reader.get("/d/sitzbaenke")
    assert reader.status == 200
    assert "Alle Bänke im Park" in reader.text()


def test_every_page_of_the_workshop_asks_to_sign_in(app: Litestar) -> None:
    """Whatever the address and the method: no page, nothing done, and the way back is kept."""
    client = TestClient(app, base_url="http://127.0.0.1")
    paths = sorted(
        (route.path, method)
        for route in app.routes
        if isinstance(route, HTTPRoute) and "/werkstatt" in route.path
        for method in route.methods - {"OPTIONS", "HEAD"}
    )
    assert len(paths) >= 22
    for path, method in paths:
        address = re.sub(r"\{\w+:\w+\}", "x", path)
        answer = client.request(method, address, follow_redirects=False)
        assert answer.status_code == 303, (method, path)
        assert "/anmelden?weiter=" in answer.headers["location"]


def test_every_form_needs_the_own_sign(app: Litestar) -> None:
    """Without the sign, with somebody else's, or from another site, nothing is done."""
    anna, ben = Browser(app, "anna"), Browser(app, "ben")
    anna.get("/werkstatt")
    ben.get("/werkstatt")
    theirs = re.findall(r'name="csrf" value="([^"]*)"', ben.page)[0]
    posts = sorted(
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and "POST" in route.methods
        and ("/werkstatt" in route.path or route.path.endswith("/abmelden"))
    )
    assert len(posts) >= 12
    for path in posts:
        address = re.sub(r"\{\w+:\w+\}", "x", path)
        for sent in ({}, {"csrf": ""}, {"csrf": theirs}):
            assert anna.client.post(address, data=sent).status_code == 403, path
    own = re.findall(r'name="csrf" value="([^"]*)"', anna.page)[0]
    foreign = anna.client.post("/abmelden", data={"csrf": own}, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    anna.get("/werkstatt")
    assert "Angemeldet: Anna" in anna.text()


def test_signing_in_leads_only_to_our_own_pages(app: Litestar) -> None:
    """An address of another host in the form is not followed."""
    for wanted in (
        "https://evil.example/",
        "//evil.example/werkstatt",
        "/werkstatt//evil",
        "/werkstatt\\evil",
    ):
        client = TestClient(app, base_url="http://127.0.0.1")
        sent = {"name": "anna", "password": PASSWORD, "weiter": wanted}
        answer = client.post("/anmelden", data=sent, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/werkstatt")


def test_nobody_signs_in_over_a_line_that_is_listened_to(app: Litestar) -> None:
    """Without TLS only this machine is safe; with TLS the cookie is one that only TLS carries."""
    client = TestClient(app, base_url="http://city.example")
    sent = {"name": "anna", "password": PASSWORD}
    assert "https://" in client.get("/anmelden").text
    assert client.post("/anmelden", data=sent).status_code == 403
    safe = TestClient(app, base_url="https://city.example")
    cookie = safe.post("/anmelden", data=sent, follow_redirects=False).headers["set-cookie"]
    assert cookie.startswith("__Host-allmende=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def test_pages_for_one_are_kept_by_nobody(app: Litestar) -> None:
    """No page that a person was shown is given to others, and reading sets no cookie."""
    anna, reader = Browser(app, "anna"), Browser(app)
    for path in ("/werkstatt", "/", "/daten"):
        answer = anna.client.get(path)
        assert "no-store" in answer.headers["cache-control"]
        assert "Anna" not in reader.client.get(path).text
        assert "set-cookie" not in reader.client.get(path).headers


def test_a_fault_loses_nothing_that_was_typed(app: Litestar) -> None:
    """The form comes back with every field, and says what to do beside it."""
    anna = Browser(app, "anna")
    path = brought(anna)
    anna.get(f"{path}/beschreiben")
    anna.post(f"{path}/beschreiben", filled(3, attribution="", title="Bänke & Tische", keywords="Bank, Park"))
    assert anna.status == 422
    assert "verlangt, dass eine Quelle genannt wird" in anna.text()
    assert 'value="Bänke &amp; Tische"' in anna.page
    assert 'value="Bank, Park"' in anna.page
    assert 'aria-invalid="true"' in anna.page


def test_of_two_who_write_at_once_both_texts_are_kept(app: Litestar, city: DeskCity) -> None:
    """The second sees what the first wrote, above what they typed themselves."""
    anna = Browser(app, "anna")
    path = brought(anna)
    anna.get(f"{path}/beschreiben")
    other = Browser(app, "anna")
    other.get(f"{path}/beschreiben")
    other.post(f"{path}/beschreiben", filled(3, title="Von der anderen"))
    anna.post(f"{path}/beschreiben", filled(3, title="Von mir"))
    assert anna.status == 409
    assert "Von der anderen" in anna.text()
    assert 'value="Von mir"' in anna.page
    anna.post(f"{path}/beschreiben", filled(3, title="Von mir"))
    assert "Von mir" in anna.text()


def test_what_people_and_files_say_is_only_text(app: Litestar) -> None:
    """Markup in names, cells, columns, reasons and descriptions is shown, never run."""
    anna, ben = Browser(app, "anna"), Browser(app, "ben")
    path = brought(
        anna,
        f'Nr;"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n1;"{HOSTILE.replace(chr(34), "")}"\n2;=1+1\n',
        f"{HOSTILE}.csv",
    )
    for page in (path, f"{path}/beschreiben"):
        anna.get(page)
        assert "<script>alert" not in anna.page
        assert "<svg onload" not in anna.page
    anna.post(
        f"{path}/beschreiben", filled(2, title=HOSTILE[:100], description=HOSTILE, **{"title-1": HOSTILE})
    )
    assert "<script>alert" not in anna.page
    ben.get(path)
    ben.post(f"{path}/freigeben", {"reason": HOSTILE})
    for page in (path, "/werkstatt", "/d/sitzbaenke", "/daten", "/suche?q=script", "/stand"):
        ben.get(page)
        assert "<script>alert" not in ben.page, page
        assert "<svg onload" not in ben.page, page


def test_a_pasted_table_is_as_good_as_a_file(app: Litestar) -> None:
    """Copied from a spreadsheet, with tabs."""
    anna = Browser(app, "anna")
    anna.get("/werkstatt/neu")
    anna.post("/werkstatt/neu", {"department": "green", "pasted": "Nr\tJahr\r\n1\t2020\r\n2\t2021\r\n"})
    assert "2 Zeilen und 2 Spalten" in anna.text()
    anna.get("/werkstatt/neu")
    anna.post("/werkstatt/neu", {"department": "green"})
    assert anna.status == 422
    assert "wählen Sie eine Datei aus" in anna.text()


def test_withdrawing_over_pages(app: Litestar) -> None:
    """Gone with the next request; the incident says what to do; another person shows it again."""
    anna, ben, reader = Browser(app, "anna"), Browser(app, "ben"), Browser(app)
    path = brought(anna)
    anna.get(f"{path}/beschreiben")
    anna.post(f"{path}/beschreiben", filled(3))
    ben.get(path)
    ben.post(f"{path}/freigeben", {})
    anna.get("/werkstatt/d/sitzbaenke")
    anna.post("/werkstatt/d/sitzbaenke/zuruecknehmen", {"reason": ""})
    assert "in einem Satz, warum" in anna.text()
    anna.post("/werkstatt/d/sitzbaenke/zuruecknehmen", {"reason": "falsche Höhen"})
    assert "Niemand sieht ihn" in anna.text()
    assert "binnen 72 Stunden" in anna.text()
    for browser in (reader, anna, ben):
        browser.get("/d/sitzbaenke")
        assert browser.status == 404
    ben.get("/werkstatt/d/sitzbaenke")
    ben.post("/werkstatt/d/sitzbaenke/zeigen", {"reason": "sie stimmten"})
    reader.get("/d/sitzbaenke")
    assert reader.status == 200


def test_others_do_not_see_what_they_have_no_role_for(app: Litestar) -> None:
    """Another department and the administrator get the page of what is not there."""
    anna = Browser(app, "anna")
    path = brought(anna)
    missing = {}
    for name in ("emil", "adam"):
        stranger = Browser(app, name)
        for address in (path, f"{path}/beschreiben", "/werkstatt/r/nothing"):
            missing[address] = stranger.get(address).replace(address.rpartition("/")[2], "")
            assert stranger.status == 404
        assert "Sitzbänke" not in stranger.get("/werkstatt")
    assert Browser(app, "emil").get("/werkstatt/personen").count("Personen") == 0


def test_the_administrator_gives_and_takes_roles(app: Litestar, city: DeskCity) -> None:
    """A new person gets a link, sets a password, gets a role, and loses it with the next request."""
    adam, new = Browser(app, "adam"), Browser(app)
    adam.get("/werkstatt/personen")
    adam.post("/werkstatt/personen/neu", {"name": "Dora", "title": "Dora Neu"})
    link = re.findall(r"/anmelden/[\w-]+", adam.page)[0]
    new.get(link)
    new.post(link, {"password": "short", "again": "short"})
    assert new.status == 422
    new.post(link, {"password": "lange wanderung im nebel", "again": "lange wanderung im nebel"})
    assert "gespeichert" in new.text()
    new.post("/anmelden", {"name": "dora", "password": "lange wanderung im nebel"})
    new.get("/werkstatt/neu")
    assert "für keine Stelle das Recht" in new.text()
    person = city.workspace.store.people.called("dora").id
    grant = {"person": person, "role": "contributor", "department": "green"}
    adam.post("/werkstatt/personen/geben", grant)
    new.get("/werkstatt/neu")
    assert "Eine Datei hochladen" in new.text()
    adam.post("/werkstatt/personen/nehmen", grant)
    new.get("/werkstatt/neu")
    assert "für keine Stelle das Recht" in new.text()
    adam.post("/werkstatt/personen/schliessen", {"person": person})
    new.get("/werkstatt")
    assert new.path == "/anmelden"


def test_both_languages_have_every_page(app: Litestar) -> None:
    """The workshop in English, from signing in to the release."""
    anna = Browser(app, "anna")
    path = brought(anna)
    for page, words in (
        ("/en/werkstatt", "Workshop"),
        ("/en/werkstatt/neu", "Upload a file"),
        (f"/en{path}", "Next: look at it and describe it."),
        (f"/en{path}/beschreiben", "Who may see it?"),
        ("/en/anmelden", "Sign in"),
    ):
        anna.get(page)
        assert words in anna.text(), page
        assert '<html lang="en">' in anna.page


def test_a_conclusion_is_read_before_it_is_confirmed(app: Litestar, city: DeskCity) -> None:
    """Who releases reads the sentence with its numbers in the page's language; an instrument's words stay text."""
    number = Quantity("gain", Text("Gewinn", "Gain"), 12.34, "%", 1)
    said = Finding("f", "better", Text("Um {gain} besser. <b>", "Better by {gain}. <b>"), (number,))
    held = Release(
        "c0ffee", "benches-ahead", "green", "held", 1, START, START, SYSTEM, held_for=("finding",), conclusions=(said,)
    )  # fmt: skip
    city.workspace.store.releases.add(held, ReleaseStep("c0ffee", 1, START, SYSTEM, "hold", "held", ""))
    ben = Browser(app, "ben")
    ben.get("/werkstatt/r/c0ffee")
    assert "Um <b>12,3\u00a0%</b> besser. &lt;b&gt;" in ben.page
    ben.get("/en/werkstatt/r/c0ffee")
    assert "Better by <b>12.3\u00a0%</b>" in ben.page
