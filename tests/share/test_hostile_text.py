"""Markup in anything that people or sources write is text: on every page, in every answer, in every download."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.text import Text
from allmende.share.web import create_app
from allmende.testing import every_class
from allmende.testing.every_class import Tiny, fill, make_tiny, tiny_city
from tests.share.test_access_matrix import UNDER_TEST, Route, _address

EVIL = "\"'><svg onload=alert(1)><script>alert(2)</script>{{7*7}}</script>"
TEXT = Text(EVIL, EVIL)
PLAIN = (
    "application/json", "application/ld+json", "application/schema+json", "application/vnd.oai.openapi+json", "text/csv", "text/turtle",
    "application/geo+json", "text/event-stream",
)  # fmt: skip
"""Kinds of content that no browser takes for a page."""
SIGNS = ("<svg onload", "<script>alert", "49</script>", "onload=alert(1)>")


def _hostile(city: City) -> City:
    """The tiny city, in which every title and description is an attack."""
    datasets: dict[str, Dataset] = {
        name: replace(
            one, title=TEXT, description=TEXT, limits=TEXT, keywords=(EVIL,), publisher=EVIL, steward=EVIL,
            columns=tuple(replace(column, title=TEXT, description=TEXT) for column in one.columns),
        )
        for name, one in city.datasets.items()
    }  # fmt: skip
    sources = {
        name: replace(one, title=TEXT, attribution=EVIL, owner=EVIL) for name, one in city.sources.items()
    }
    indicators = {name: replace(one, title=TEXT) for name, one in city.indicators.items()}
    return replace(city, datasets=datasets, sources=sources, indicators=indicators)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tiny, TestClient[Litestar]]]:
    """A client of it. The cells of the tables are attacks, too."""
    tiny = make_tiny(tmp_path_factory.mktemp("hostile"), _hostile(tiny_city()))
    with pytest.MonkeyPatch.context() as patched:
        rows = {**every_class._rows(), "district": [EVIL] * 6, "note": [EVIL] * 6}
        shapes = every_class._districts()
        names = pa.array([EVIL] * shapes.num_rows, pa.string())
        patched.setattr(every_class, "_rows", lambda: rows)
        patched.setattr(every_class, "_districts", lambda: shapes.set_column(1, "name", names))
        fill(tiny)
    with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
        yield tiny, client


@pytest.mark.parametrize("path", sorted(UNDER_TEST))
def test_no_answer_holds_markup_of_others(path: str, hostile: tuple[Tiny, TestClient[Litestar]]) -> None:
    """Pages escape it; what is no page is never shown as one."""
    tiny, client = hostile
    route: Route = UNDER_TEST[path]
    address = _address(route, "open", tiny)
    if not address or " " in address:
        return
    answer = client.get(address, follow_redirects=False)
    assert answer.status_code < 500
    kind = answer.headers.get("content-type", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    if kind.startswith(("text/html", "image/svg", "application/xml", "text/xml", "application/atom")):
        assert not [sign for sign in SIGNS if sign in answer.text]
    elif answer.status_code == 200 and EVIL.encode() in answer.content:
        assert kind.startswith(PLAIN)


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx", "parquet", "csv-metadata.json"])
def test_downloads_are_files_and_never_pages(ending: str, hostile: tuple[Tiny, TestClient[Litestar]]) -> None:
    """A browser saves them; what is in them is as it was."""
    answer = hostile[1].get(f"/d/open-data.{ending}")
    assert answer.status_code == 200
    assert "html" not in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if ending != "csv-metadata.json":
        assert answer.headers["content-disposition"].startswith("attachment")
    if ending == "json":
        assert answer.json()["rows"][0]["district"] == EVIL


def test_search_and_errors_repeat_nothing(hostile: tuple[Tiny, TestClient[Litestar]]) -> None:
    """What a reader types comes back as text, on pages that find nothing, too."""
    client = hostile[1]
    for address in ("/suche", "/daten", "/en/suche", "/karte", "/ziele"):
        answer = client.get(address, params={"q": EVIL, "thema": EVIL})
        assert not [sign for sign in SIGNS if sign in answer.text], address
    for address in (f"/d/{EVIL}", f"/w/{EVIL}", f"/stadtteil/{EVIL}", f"/{EVIL}"):
        assert not [sign for sign in SIGNS if sign in client.get(address).text], address


def test_the_attacks_are_really_there(hostile: tuple[Tiny, TestClient[Litestar]]) -> None:
    """Escaped, and readable: title, description, headings and cells."""
    page = hostile[1].get("/d/open-data").text
    assert page.count("&lt;svg onload=alert(1)&gt;") > 8
    assert "&lt;svg onload" in hostile[1].get("/daten").text
