"""What the public asks for and gives: read by somebody before anybody else sees it, answered with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import NotAllowed
from allmende.model.access import Access
from allmende.model.contribution import CONTRIBUTED, Collection
from allmende.model.dataset import Column, Dataset
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.share.people.signing_in import SigningIn
from allmende.share.principals import make_key
from allmende.share.web import create_app
from allmende.testing.clock import START, FixedClock
from tests.flow.desk_city import ADAM, ANNA, BEN, CLARA, EMIL, DeskCity, open_desk
from tests.share.portal.test_workshop import PASSWORD, Browser

SOURCE = Source("hot-places", Text("Hitzeorte"), "table", CONTRIBUTED, licence="cc0-1.0",
                options={"point": {"x": "longitude", "y": "latitude"}})  # fmt: skip
DATASET = Dataset(
    "hot-places", Text("Hitzeorte", "Hot places"), Text("Gemeldete Orte."), "green", source="hot-places",
    contract="declared", access=Access.OPEN, department="green", contributions=Collection(Text("Wo ist es heiß?")),
    columns=(
        Column("place", "text", Text("Wo?"), required=True),
        Column("missing", "text", Text("Was fehlt?"), values=("Schatten", "Wasser")),
        Column("degrees", "number", Text("Grad"), minimum=0, maximum=60),
        Column("received", "date", Text("Eingegangen")),
        Column("geometry", "geometry"),
    ),
)  # fmt: skip
GOOD = {"place": "Haltestelle Markt", "missing": "Schatten", "degrees": "38,5", "latitude": "50.93", "longitude": "11.58"}  # fmt: skip


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """The city with a collection, and a password for everybody."""
    made = open_desk(tmp_path / "data", source=SOURCE, dataset=DATASET)
    door = SigningIn(made.workspace.store, made.workspace.clock)
    for one in (ANNA, BEN, CLARA, EMIL, ADAM):
        door.set_password(door.make_link(one, "test"), PASSWORD)
    return made


@pytest.fixture
def app(city: DeskCity) -> Litestar:
    """The app of the city."""
    return create_app(city.workspace, desk=city.desk)


def wished(browser: Browser, title: str = "Parkplätze je Straße", **more: str) -> str:
    """The path of the page that only who asked knows."""
    browser.get("/wuensche")
    browser.post("/wuensche", {"title": title, "text": "Für die Schule.", **more})
    return browser.path


def test_a_wish_is_read_answered_and_published(app: Litestar, city: DeskCity) -> None:
    """From the form to the answer: who asked sees each step, everybody sees it once somebody has read it."""
    reader, anna = Browser(app), Browser(app, "anna")
    own = wished(reader)
    assert "ist angekommen" in reader.text()
    assert "Parkplätze" not in reader.get("/wuensche")
    assert client_json(app, "/api/v1/wishes") == {"wishes": []}
    anna.get("/werkstatt/wuensche")
    found = re.search(r'action="(/werkstatt/wuensche/[^"]+)"', anna.page)
    assert found
    words = {"title": "Parkplätze je Straße", "text": "Für den Unterricht."}
    anna.post(found[1], words | {"state": "open"})
    assert "Für den Unterricht." in reader.get("/wuensche")
    anna.post(found[1], words | {"state": "refused"})
    assert anna.status == 422
    assert "Antwort mit Begründung" in anna.text()
    anna.post(found[1], words | {"state": "accepted", "answer": "Kommt im Herbst."})
    anna.post(found[1], words | {"state": "published", "answer": "Hier sind sie.", "dataset": "hot-places"})
    assert anna.status == 200
    assert 'href="/d/hot-places"' in reader.get("/wuensche")
    assert "Die Daten sind veröffentlicht" in Browser.get(reader, own)
    assert client_json(app, "/api/v1/wishes")["wishes"][0]["dataset"] == "hot-places"
    told = [one for one in city.workspace.store.people.audit() if one.action == "answer"]
    assert [one.actor for one in told] == ["p1"] * 3


def client_json(app: Litestar, path: str) -> dict[str, Any]:
    """What a program reads."""
    found: dict[str, Any] = TestClient(app).get(path).json()
    return found


def test_a_late_answer_shows(app: Litestar, city: DeskCity) -> None:
    """After thirty days the wish says so, and so does the state of the data."""
    reader = Browser(app)
    wished(reader)
    clock = city.workspace.clock
    assert isinstance(clock, FixedClock)
    assert "warten länger auf Antwort" not in reader.get("/stand")
    clock.advance(timedelta(days=32))
    assert "1 Wünsche nach Daten warten länger auf Antwort" in reader.text() or "warten länger" in reader.get(
        "/stand"
    )
    assert "überfällig" in Browser(app, "ben").get("/werkstatt/wuensche")


def test_programs_and_other_sites_are_not_heard(app: Litestar, city: DeskCity) -> None:
    """The trap, a foreign origin, too many from one line, too much text: nothing is kept."""
    browser = Browser(app)
    wished(browser, website="https://buy.example")
    foreign = TestClient(app).post(
        "/wuensche", data={"title": "x"}, headers={"origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    wished(browser, title="x" * 200)
    assert browser.status == 422
    assert 'value="x' in browser.page
    assert city.workspace.store.wishes.in_states(("received",)) == ()
    for number in range(12):
        wished(browser, title=f"Wunsch {number}")
    assert browser.status == 429
    assert len(city.workspace.store.wishes.in_states(("received",))) < 12


def test_who_may_answer(app: Litestar, city: DeskCity) -> None:
    """Stewards and releasers; an administrator only looks after people."""
    wished(Browser(app))
    assert "Parkplätze" in Browser(app, "ben").get("/werkstatt/wuensche")
    adam = Browser(app, "adam")
    assert "Parkplätze" not in adam.get("/werkstatt/wuensche")
    (wish,) = city.workspace.store.wishes.in_states(("received",))
    adam.post(f"/werkstatt/wuensche/{wish.id}", {"title": "x", "state": "open", "revision": "0"})
    assert adam.status == 403
    assert city.workspace.store.wishes.get(wish.id) == wish


def test_hostile_wishes_are_text(app: Litestar) -> None:
    """Nothing in a wish is markup, neither for who reads it nor for everybody."""
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    reader, anna = Browser(app), Browser(app, "anna")
    wished(reader, title=hostile)
    pages = [reader.page, anna.get("/werkstatt/wuensche")]
    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages)


# --- contributions ---


def contributed(browser: Browser, **changes: str) -> str:
    """The path of the page that only who gave it knows."""
    browser.get("/mitmachen/hot-places")
    browser.post("/mitmachen/hot-places", GOOD | changes)
    return browser.path


def test_a_contribution_becomes_data_when_it_is_accepted(app: Litestar, city: DeskCity) -> None:
    """It waits apart; accepted ones become a version with everything typed, and the day on which they came."""
    reader, anna = Browser(app), Browser(app, "anna")
    own = contributed(reader)
    assert "wartet darauf, gelesen zu werden" in reader.text()
    assert city.numbers("hot-places") == []
    anna.get("/werkstatt/beitraege")
    (given,) = city.workspace.store.contributions.of_dataset("hot-places", "waiting")
    anna.post("/werkstatt/beitraege/hot-places", {"id": given.id, "action": "accept"})
    assert city.numbers("hot-places") == [1]
    rows = client_json(app, "/api/v1/datasets/hot-places/rows")["rows"]
    assert [(row["place"], row["degrees"], row["received"]) for row in rows] == [
        ("Haltestelle Markt", 38.5, START.date().isoformat())
    ]
    assert rows[0]["geometry"] == {"type": "Point", "coordinates": [11.58, 50.93]}
    assert "angenommen" in reader.get(own)


def test_rejected_contributions_say_why(app: Litestar, city: DeskCity) -> None:
    """Only with a reason; nothing is published."""
    reader, anna = Browser(app), Browser(app, "anna")
    own = contributed(reader)
    (given,) = city.workspace.store.contributions.of_dataset("hot-places", "waiting")
    anna.get("/werkstatt/beitraege")
    anna.post("/werkstatt/beitraege/hot-places", {"id": given.id, "action": "reject"})
    assert anna.status == 422
    anna.post("/werkstatt/beitraege/hot-places", {"id": given.id, "action": "reject", "reason": "Außerhalb."})
    assert "Außerhalb." in reader.get(own)
    assert city.numbers("hot-places") == []


def test_other_offices_do_not_see_what_waits(app: Litestar, city: DeskCity) -> None:
    """Nor can they accept it."""
    contributed(Browser(app))
    emil = Browser(app, "emil")
    assert "Haltestelle" not in emil.get("/werkstatt/beitraege")
    (given,) = city.workspace.store.contributions.of_dataset("hot-places", "waiting")
    emil.post("/werkstatt/beitraege/hot-places", {"id": given.id, "action": "accept"})
    assert emil.status == 404
    assert city.workspace.store.contributions.waiting() == {"hot-places": 1}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("place", "", "fehlt eine Angabe"),
        ("place", "x" * 1001, "zu lang"),
        ("missing", "Geld", "genannten Werte"),
        ("degrees", "heiß", "eine Zahl wie 12,5"),
        ("degrees", "61", "zu klein oder zu groß"),
        ("latitude", "91", "zu klein oder zu groß"),
        ("secret", "x", "gibt es hier nicht"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(app: Litestar, field: str, typed: str, said: str) -> None:
    """With the field marked and everything typed still there."""
    browser = Browser(app)
    contributed(browser, **{field: typed})
    assert browser.status == 422
    assert said in browser.text()
    assert 'value="50.93"' in browser.page or field == "latitude"
    assert ('aria-invalid="true"' in browser.page) == (field != "secret")


def test_clubs_send_rows_with_a_key(app: Litestar, city: DeskCity) -> None:
    """All rows or none; only to the collection of the key; each row's state can be asked for."""
    made = make_key("Verein", ["write:contributions:hot-places"], START)
    city.workspace.store.add_key(made.key)
    client = TestClient(app)
    client.headers["authorization"] = f"Bearer {made.secret}"
    rows = [{"place": "Park", "degrees": 31, "missing": None}, {"place": "Platz"}]
    answer = client.post("/api/v1/contributions/hot-places", json={"rows": rows})
    assert answer.status_code == 202
    wrong = client.post(
        "/api/v1/contributions/hot-places", json={"rows": [*rows, {"place": 1, "degrees": "x"}]}
    )
    assert (wrong.status_code, "degrees" in wrong.text) == (422, True)
    for body in (b"", b"[]", b'{"rows": {}}', b'{"rows": [1]}', b"[" * 5000):
        assert client.post("/api/v1/contributions/hot-places", content=body).status_code == 422
    assert client.post("/api/v1/contributions/other", json={"rows": rows}).status_code in (401, 403)
    states = client.get("/api/v1/contributions/hot-places").json()["contributions"]
    assert [one["state"] for one in states] == ["waiting", "waiting"]
    assert TestClient(app).get("/api/v1/contributions/hot-places").json() == {"contributions": []}


def test_a_file_does_not_replace_what_people_gave(city: DeskCity) -> None:
    """Two ways into one dataset would overwrite each other."""
    raw = city.desk.keep([b"place\nMarkt\n"])
    with pytest.raises(NotAllowed, match="one by one"):
        city.desk.refresh(ANNA, "hot-places", raw, "x.csv")


def test_personal_data_in_a_contribution_are_held(app: Litestar, city: DeskCity) -> None:
    """Accepting them is not enough: the guard reads the table before it is public."""
    for number in range(4):
        contributed(Browser(app), place=f"Konto DE89370400440532013000 Nummer {number}")
    anna = Browser(app, "anna")
    anna.get("/werkstatt/beitraege")
    ids = [one.id for one in city.workspace.store.contributions.of_dataset("hot-places", "waiting")]
    anna.post("/werkstatt/beitraege/hot-places", {"id": ids, "action": "accept"})
    assert city.numbers("hot-places") == []
    assert [one.state for one in city.workspace.store.releases.of_dataset("hot-places")] == ["held"]


def test_nothing_of_who_gave_it_is_kept(app: Litestar, city: DeskCity) -> None:
    """Neither address nor browser stand in any file of the city's data."""
    client = TestClient(app, base_url="http://127.0.0.1")
    client.headers.update({"user-agent": "Sehr-eigener-Browser/77", "x-forwarded-for": "203.0.113.77"})
    client.post("/mitmachen/hot-places", data=GOOD)
    client.post("/wuensche", data={"title": "Etwas", "text": ""})
    assert city.workspace.store.contributions.waiting() == {"hot-places": 1}
    for path in city.workspace.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Sehr-eigener-Browser" not in content, path
            assert b"203.0.113" not in content, path
