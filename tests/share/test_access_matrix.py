"""Every route of the app x every class of data x every kind of reader.

A route that is not in the table fails the test: whoever adds one says here what it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pytest
from litestar import Litestar
from litestar.routes import ASGIRoute, HTTPRoute
from litestar.testing import TestClient

from allmende.model.access import Access
from allmende.model.observation import Observation
from allmende.testing.every_class import CLASSES, Tiny

Shows = Literal["one", "thing", "list", "nothing", "write"]
Ask = Callable[[str, str], tuple[int, str]]
READERS = ("anonymous", *CLASSES[1:], "only-protected-data")
SECRET = "Streng geheim"


@dataclass(frozen=True)
class Route:
    """What a route shows. `address` is an example; `{c}` stands for the class of the data asked for.

    `one`: refused (404) unless the reader may see that data. `list`: shows exactly what the reader may
    see. `thing`: as `one`, but nobody has a key for a single thing. `nothing`: shows no data at all, to anybody. `write`: is refused (401) without a key for it.
    """

    address: str
    shows: Shows = "nothing"


def _english(route: Route) -> Route:
    return Route(
        route.address.replace(" /", " /en/") if " " in route.address else "/en" + route.address, route.shows
    )


# route -> example; what is below / is also below /en
API: dict[str, Route] = {
    "/healthz": Route("/healthz"),
    "/readyz": Route("/readyz"),
    "/metrics": Route("/metrics"),
    "/api/v1/openapi.json": Route("/api/v1/openapi.json"),
    "/api/v1": Route("/api/v1"),
    "/-/openapi": Route("/-/openapi"),
    "/-/openapi/openapi.json": Route("/-/openapi/openapi.json"),
    "/-/openapi/{path:str}": Route("/-/openapi/nothing"),
    "/api/v1/datasets": Route("/api/v1/datasets", "list"),
    "/api/v1/datasets/{name:str}": Route("/api/v1/datasets/{c}-data", "one"),
    "/api/v1/datasets/{name:str}/rows": Route("/api/v1/datasets/{c}-data/rows", "one"),
    "/api/v1/datasets/{name:str}/use": Route("/api/v1/datasets/{c}-data/use", "one"),
    "/api/v1/datasets/{name:str}/history": Route("/api/v1/datasets/{c}-data/history", "one"),
    "/api/v1/datasets/{name:str}/quality": Route("/api/v1/datasets/{c}-data/quality", "one"),
    "/api/v1/contracts": Route("/api/v1/contracts", "list"),
    "/api/v1/contracts/{name:str}": Route("/api/v1/contracts/{c}-data", "one"),
    "/api/v1/closed": Route("/api/v1/closed"),
    "/api/v1/datasets/{name:str}/rejected": Route("/api/v1/datasets/{c}-data@1/rejected", "one"),
    "/api/v1/indicators": Route("/api/v1/indicators", "list"),
    "/api/v1/indicators/{name:str}": Route("/api/v1/indicators/{indicator}", "one"),
    "/api/v1/stories": Route("/api/v1/stories", "list"),
    "/api/v1/figures/{name:str}": Route("/api/v1/figures/rows~{c}-data@1", "one"),
    "/api/v1/things": Route("/api/v1/things", "list"),
    "/api/v1/search": Route("/api/v1/search?q=Daten", "list"),
    "/sta/v1.1": Route("/sta/v1.1"),
    "/sta/v1.1/{path:path}": Route("POST /sta/v1.1/Things", "write"),
    "/catalogue": Route("/catalogue", "list"),
    "/ogc": Route("/ogc"),
    "/ogc/conformance": Route("/ogc/conformance"),
    "/ogc/api": Route("/ogc/api", "list"),
    "/ogc/collections": Route("/ogc/collections", "list"),
    "/ogc/collections/{name:str}": Route("/ogc/collections/{c}-data"),
    "/ogc/collections/{name:str}/schema": Route("/ogc/collections/{c}-data/schema"),
    "/ogc/collections/{name:str}/queryables": Route("/ogc/collections/{c}-data/queryables"),
    "/ogc/collections/{name:str}/items": Route("/ogc/collections/{c}-data/items"),
    "/ogc/collections/{name:str}/items/{number:str}": Route("/ogc/collections/{c}-data/items/1"),
    "/api/3": Route("/api/3"),
    "/api/action/{action:str}": Route("/api/action/package_search?rows=1000", "list"),
    "/api/3/action/{action:str}": Route("/api/3/action/package_search?rows=1000", "list"),
    "/catalogue.ttl": Route("/catalogue.ttl", "list"),
    "/catalogue.jsonld": Route("/catalogue.jsonld", "list"),
    "/catalogue.xml": Route("/catalogue.xml", "list"),
    "/catalogue/{name:str}": Route("/catalogue/{c}-data.ttl", "one"),
    "/api/v1/observations": Route("POST /api/v1/observations", "write"),
    "/api/v1/ways/{way:str}": Route("POST /api/v1/ways/nothing"),
    "/api/v1/ways/{way:str}/{event:str}": Route("POST /api/v1/ways/nothing/up"),
    "/api/v1/subscriptions": Route("POST /api/v1/subscriptions", "write"),
    "/api/v1/subscriptions/{name:str}": Route("DELETE /api/v1/subscriptions/a", "write"),
    "/api/v1/subscriptions/{name:str}/given-up": Route("GET /api/v1/subscriptions/a/given-up", "write"),
    "/api/v1/subscriptions/{name:str}/retry": Route("POST /api/v1/subscriptions/a/retry", "write"),
    "/api/v1/agreement": Route("/api/v1/agreement"),
    "/api/v1/agreement/policy": Route("/api/v1/agreement/policy"),
    "/api/v1/wishes": Route("/api/v1/wishes"),
    "/api/v1/contributions/{name:str}": Route("POST /api/v1/contributions/open-data", "write"),
    "/api/v1/live": Route("/api/v1/live?datastream=999999"),
    "/-/download/{name:str}": Route("/d/{c}-data@1.csv", "one"),
    "/-/raw/{sha256:str}": Route("/raw/{raw}", "one"),
    "/-/series/{thing:str}/{name:str}": Route("/t/{c}-thing/{c}-thing-soil-moisture.csv", "thing"),
}
PORTAL: dict[str, Route] = {
    "/": Route("/"),
    "/wissen": Route("/wissen", "list"),
    "/w/{name:str}": Route("/w/{story}", "one"),
    "/ziele": Route("/ziele", "list"),
    "/ziele/{name:str}": Route("/ziele/{indicator}", "one"),
    "/stadtteil": Route("/stadtteil"),
    "/stadtteil/{slug:str}": Route("/stadtteil/noerdlich", "list"),
    "/daten": Route("/daten", "list"),
    "/d/{name:str}": Route("/d/{c}-data@1", "one"),
    "/karte": Route("/karte?kennzahl={indicator}", "list"),
    "/suche": Route("/suche?q=Daten", "list"),
    "/f/{name:str}": Route("/f/rows~{c}-data@1", "one"),
    "/f/{name:str}/nachrechnen": Route("POST /f/rows~{c}-data@1/nachrechnen", "nothing"),
    "/t": Route("/t", "list"),
    "/t/{name:str}": Route("/t/{c}-thing", "thing"),
    "/t/{thing:str}/{name:str}": Route("/t/{c}-thing/{c}-thing-soil-moisture", "thing"),
    "/t/{thing:str}/{name:str}/wert/{number:int}": Route(
        "/t/{c}-thing/{c}-thing-soil-moisture/wert/{value}", "thing"
    ),
    "/t/{thing:str}/{name:str}/mittel/{period:str}": Route(
        "/t/{c}-thing/{c}-thing-soil-moisture/mittel/86400-{day}", "thing"
    ),
    "/stand": Route("/stand", "list"),
    "/daten.atom": Route("/daten.atom", "list"),
    "/nicht-offen": Route("/nicht-offen"),
    "/kataloge": Route("/kataloge", "list"),
    "/wuensche": Route("/wuensche"),
    "/wuensche/w/{secret:str}": Route("/wuensche/w/nothing"),
    "/mitmachen": Route("/mitmachen"),
    "/mitmachen/{name:str}": Route("/mitmachen/{c}-data", "nothing"),
    "/mitmachen/b/{secret:str}": Route("/mitmachen/b/nothing"),
    "/werkstatt/wuensche": Route("/werkstatt/wuensche"),
    "/werkstatt/wuensche/{name:str}": Route("POST /werkstatt/wuensche/nothing"),
    "/werkstatt/beitraege": Route("/werkstatt/beitraege"),
    "/werkstatt/beitraege/{name:str}": Route("POST /werkstatt/beitraege/nothing"),
    "/impressum": Route("/impressum"),
    "/datenschutz": Route("/datenschutz"),
    "/barrierefreiheit": Route("/barrierefreiheit"),
    "/anmelden": Route("/anmelden"),
    "/abmelden": Route("POST /abmelden"),
    "/anmelden/dienst": Route("/anmelden/dienst"),
    "/anmelden/zurueck": Route("/anmelden/zurueck"),
    "/anmelden/{link:str}": Route("/anmelden/nothing"),
    "/werkstatt": Route("/werkstatt"),
    "/werkstatt/neu": Route("/werkstatt/neu"),
    "/werkstatt/r/{name:str}": Route("/werkstatt/r/nothing"),
    "/werkstatt/r/{name:str}/beschreiben": Route("/werkstatt/r/nothing/beschreiben"),
    "/werkstatt/r/{name:str}/{action:str}": Route("POST /werkstatt/r/nothing/freigeben"),
    "/werkstatt/d/{name:str}": Route("/werkstatt/d/{c}-data"),
    "/werkstatt/d/{name:str}/{action:str}": Route("POST /werkstatt/d/{c}-data/zuruecknehmen"),
    "/vereinbarung": Route("/vereinbarung"),
    "/werkstatt/vertraege": Route("/werkstatt/vertraege"),
    "/werkstatt/vertraege/neu": Route("/werkstatt/vertraege/neu"),
    "/werkstatt/vertraege/{name:str}": Route("/werkstatt/vertraege/nothing"),
    "/werkstatt/vertraege/{name:str}/{action:str}": Route("POST /werkstatt/vertraege/nothing/beenden"),
    "/werkstatt/uploads": Route("POST /werkstatt/uploads"),
    "/werkstatt/uploads/{name:str}": Route("/werkstatt/uploads/nothing"),
    "/werkstatt/personen": Route("/werkstatt/personen"),
    "/werkstatt/personen/{action:str}": Route("POST /werkstatt/personen/neu"),
    "/robots.txt": Route("/robots.txt"),
    "/sitemap.xml": Route("/sitemap.xml"),
}
UNDER_TEST = API | PORTAL | {("/en" + path).rstrip("/"): _english(route) for path, route in PORTAL.items()}
# what stands in lists for a class of data: any of these words gives it away
WORDS = {
    access: (
        f"Daten {access}",
        f"Data {access}",
        f"{access}-data",
        f"{access}-thing",
        f"Sonde {access}",
        f"Fremddaten {access}",
        f"Katalog {access}",
        f"Catalogue {access}",
        f"{access}-foreign",
    )
    for access in CLASSES
}
CLOSED_WORDS = (SECRET, "Frage secret", "closed-people", "Vermerk")


def _paths(app: Litestar) -> set[str]:
    return {route.path.rstrip("/") or "/" for route in app.routes if isinstance(route, HTTPRoute | ASGIRoute)}


def may_read(reader: str, access: str) -> bool:
    """What the law of the house says: open for all; a scope covers its class and milder ones."""
    if access == "open":
        return True
    if reader == "only-protected-data":
        return access == "protected"
    return reader != "anonymous" and Access.parse(access) <= Access.parse(reader)


@pytest.fixture
def ask(client: TestClient[Litestar], keys: dict[str, str]) -> Ask:
    """Ask as a reader; status and text."""

    def asked(address: str, reader: str) -> tuple[int, str]:
        headers = {"authorization": f"Bearer {keys[reader]}"} if reader in keys else {}
        method, _, path = address.rpartition(" ")
        answer = client.request(method or "GET", path, headers=headers, follow_redirects=False)
        return answer.status_code, answer.text

    return asked


def test_every_route_is_in_the_table(app: Litestar) -> None:
    """A new route has to say what it shows before it is served. Built files hold no data."""
    assert {path for path in _paths(app) if not path.endswith("/assets/{name:path}")} == set(UNDER_TEST)


def _address(route: Route, access: str, tiny: Tiny) -> str:
    """The example for a class; empty when the tiny city has nothing of that class to show there."""
    names = {
        "{raw}": tiny.store.receipts(access)[0].sha256,
        "{c}": access,
        "{value}": str(_newest(access, tiny).id),
        "{day}": str(_newest(access, tiny).phenomenon_time // 1_000_000 // 3600 * 3600),
        "{story}": {"open": "growth", "protected": "secret"}.get(access, ""),
        "{indicator}": {"open": "people", "protected": "closed-people"}.get(access, ""),
    }
    used = [name for name in names if name in route.address]
    address = route.address
    for name in used:
        address = address.replace(name, names[name])
    return address if all(names[name] for name in used) else ""


def _newest(access: str, tiny: Tiny) -> Observation:
    """The newest value of the thing of a class."""
    stream = tiny.store.things.find("datastream", f"{access}-thing-soil-moisture")
    assert stream is not None
    found = tiny.store.observations.latest([stream.id])[stream.id].observation
    assert found is not None
    return found


ONE = [path for path, route in UNDER_TEST.items() if route.shows == "one"]
THINGS = [path for path, route in UNDER_TEST.items() if route.shows == "thing"]
LISTS = [path for path, route in UNDER_TEST.items() if route.shows == "list"]
WRITES = [path for path, route in UNDER_TEST.items() if route.shows == "write"]
OTHERS = [path for path, route in UNDER_TEST.items() if route.shows == "nothing"]


@pytest.mark.parametrize("access", CLASSES)
@pytest.mark.parametrize("path", ONE)
def test_one(path: str, access: str, ask: Ask, tiny: Tiny) -> None:
    """What shows one thing shows it to those who may see it, and is 404 for all others."""
    address = _address(UNDER_TEST[path], access, tiny)
    if not address or (path.startswith("/en/w/")):  # the tiny city tells its stories in German
        return
    answers = {reader: ask(address, reader)[0] for reader in READERS}
    assert answers == {reader: 200 if may_read(reader, access) else 404 for reader in READERS}


@pytest.mark.parametrize("access", CLASSES)
@pytest.mark.parametrize("path", THINGS)
def test_thing(path: str, access: str, ask: Ask, tiny: Tiny) -> None:
    """A thing, its series, values and files are there for those who may read their class, 404 for all others."""
    address = _address(UNDER_TEST[path], access, tiny)
    answers = {reader: ask(address, reader)[0] for reader in READERS}
    wanted = {reader: may_read(reader, access) for reader in READERS}
    wanted["only-protected-data"] = access == "open"
    assert answers == {reader: 200 if may else 404 for reader, may in wanted.items()}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", LISTS)
def test_list(path: str, reader: str, ask: Ask, tiny: Tiny) -> None:
    """What shows a list leaves out everything the reader may not see."""
    for shown in CLASSES:
        address = _address(UNDER_TEST[path], shown, tiny) or UNDER_TEST[path].address.partition("?")[0]
        status, text = ask(address, reader)
        assert status in (200, 404)
        for access in CLASSES:
            if not may_read(reader, access):
                assert not [word for word in WORDS[access] if word in text], (address, access)
        if not may_read(reader, "protected"):
            asked = address.partition("?")[2]
            assert not [word for word in CLOSED_WORDS if word in text and word not in asked], address


@pytest.mark.parametrize("path", ["/t", "/en/t", "/api/v1/things"])
@pytest.mark.parametrize("reader", READERS)
def test_lists_of_things_are_complete(path: str, reader: str, ask: Ask) -> None:
    """Every thing that the reader may see is in the list."""
    text = ask(path, reader)[1]
    for access in CLASSES:
        expected = access == "open" if reader == "only-protected-data" else may_read(reader, access)
        assert (f"Sonde {access}" in text) == expected, access


@pytest.mark.parametrize("path", ["/kataloge", "/en/kataloge", "/suche?q=fremddaten", "/stand"])
@pytest.mark.parametrize("reader", READERS)
def test_lists_of_foreign_datasets_are_complete(path: str, reader: str, ask: Ask) -> None:
    """Every catalogue that the reader may see is in the list; a key for one dataset opens none."""
    text = ask(path, reader)[1]
    for access in CLASSES:
        expected = access == "open" if reader == "only-protected-data" else may_read(reader, access)
        assert (f"Fremddaten {access}" in text) == expected, access


@pytest.mark.parametrize("path", ["/api/v1/datasets", "/daten", "/en/daten", "/api/v1/search"])
@pytest.mark.parametrize("reader", READERS)
def test_lists_are_complete(path: str, reader: str, ask: Ask) -> None:
    """What the reader may see is in the list: leaving out everything would be safe and useless."""
    status, text = ask(UNDER_TEST[path].address, reader)
    assert status == 200
    for access in CLASSES:
        assert (f"{access}-data" in text) == may_read(reader, access), access


@pytest.mark.parametrize("path", OTHERS)
def test_nothing(path: str, ask: Ask, tiny: Tiny) -> None:
    """What shows no data shows none to readers without a key."""
    status, text = ask(_address(UNDER_TEST[path], "protected", tiny), "anonymous")
    assert status in (200, 303, 404, 503)  # 303: to the form to sign in
    closed = [word for access in CLASSES[1:] for word in WORDS[access] if word in text]
    assert not [
        word for word in (*closed, *CLOSED_WORDS) if word in text and not word.endswith(("-data", "-thing"))
    ]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("reader", READERS)
def test_nobody_writes_with_a_key_for_reading(path: str, reader: str, ask: Ask, tiny: Tiny) -> None:
    """Writing needs a scope of its own; nothing is kept of what was refused."""
    before = tiny.store.observations.messages()
    assert ask(UNDER_TEST[path].address, reader)[0] == 401
    assert tiny.store.observations.messages() == before


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx", "parquet", "csv-metadata.json"])
@pytest.mark.parametrize("access", CLASSES)
def test_every_format(ending: str, access: str, ask: Ask) -> None:
    """Files obey in every format."""
    answers = {reader: ask(f"/d/{access}-data.{ending}", reader)[0] for reader in READERS}
    assert answers == {reader: 200 if may_read(reader, access) else 404 for reader in READERS}


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_closed_columns_are_not_in_files(ending: str, ask: Ask) -> None:
    """A file has the columns its reader may see and no others."""
    assert SECRET not in ask(f"/d/mixed-data.{ending}", "anonymous")[1]
    assert SECRET in ask(f"/d/mixed-data.{ending}", "protected")[1]


def test_pages_of_one_reader_are_not_shown_to_another(ask: Ask) -> None:
    """What was shown to a key is not kept for anybody else, and the other way round."""
    assert "protected-data" in ask("/api/v1/datasets", "protected")[1]
    assert "protected-data" not in ask("/api/v1/datasets", "anonymous")[1]
    assert "protected-data" in ask("/api/v1/datasets", "protected")[1]


def test_bad_keys_are_refused(client: TestClient[Litestar]) -> None:
    """A key that is wrong is not the same as no key."""
    for value in ("Bearer wrong", "Basic YTpi", "Bearer", "x"):
        assert client.get("/api/v1/datasets", headers={"authorization": value}).status_code == 401
