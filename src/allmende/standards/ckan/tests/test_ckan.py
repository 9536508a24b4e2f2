"""CKAN's API: a real client walks it, questions find what they should, and what is closed is nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS
from allmende.model.city import Theme
from allmende.model.text import Text
from allmende.share.web import create_app, reads_of
from allmende.standards.ckan.catalogue import Search, Shelf, entry_of, search
from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.index import Index, places_of
from allmende.standards.ckan.mapping import Words
from allmende.standards.ckan.query import parse_query
from allmende.testing.every_class import Tiny, fill, make_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A city with data of every class."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    datasets = dict(made.city.datasets)
    datasets["open-data"] = replace(datasets["open-data"], keywords=("Menschen", "Bezirk Mitte"))
    made = replace(
        made, city=replace(made.city, datasets=datasets, themes={"city": Theme("city", Text("Stadt"))})
    )
    fill(made)
    return made


@pytest.fixture(scope="module")
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A reader."""
    with TestClient(create_app(tiny)) as found:
        yield found


def _ask(client: TestClient[Litestar], action: str, **asked: Any) -> Any:
    answer = client.post(f"/api/3/action/{action}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_questions(client: TestClient[Litestar]) -> None:
    """Words, fields, facets, orders and pages over what is readable."""
    every = _ask(client, "package_search", rows=100)["count"]
    assert _ask(client, "package_search", q="tags:Menschen")["count"] == 1
    assert _ask(client, "package_search", q='tags:"Bezirk Mitte" OR name:by-year')["count"] == 2
    assert _ask(client, "package_search", fq="-name:open-data", rows=100)["count"] == every - 1
    assert _ask(client, "package_search", fq="name:*data NOT name:mixed-data")["count"] == 1
    assert (
        _ask(client, "package_search", fq="metadata_modified:[2020-01-01T00:00:00Z TO *]")["count"] == every
    )
    assert _ask(client, "package_search", fq="metadata_modified:[* TO 2020-01-01T00:00:00Z]")["count"] == 0
    found = _ask(
        client, "package_search", **{"facet.field": ["groups", "res_format"], "sort": "name desc", "rows": 2}
    )
    assert found["facets"]["groups"] == {"city": every}
    names = [one["name"] for one in found["results"]]
    assert names == sorted(names, reverse=True)
    second = _ask(client, "package_search", sort="name desc", rows=2, start=2)
    assert set(names).isdisjoint(one["name"] for one in second["results"])
    address = "/api/3/action/package_search?facet.field=[%22tags%22]&q=Menschen&rows=0"
    assert client.get(address).json()["result"]["facets"]["tags"]["Menschen"] >= 1


def test_rows_with_filters(client: TestClient[Litestar]) -> None:
    """The same rows as everywhere else, filtered, sorted, in three forms."""
    resource = next(
        r for r in _ask(client, "package_show", id="open-data")["resources"] if r["format"] == "CSV"
    )["id"]
    whole = client.get("/api/v1/datasets/open-data/rows").json()["rows"]
    found = _ask(client, "datastore_search", resource_id=resource)
    assert [{k: v for k, v in row.items() if k != "_id"} for row in found["records"]] == whole
    assert found["total"] == len(whole)
    year = whole[0]["year"]
    some = _ask(
        client, "datastore_search", resource_id=resource, filters={"year": year}, fields="people,year"
    )
    assert some["total"] == len([row for row in whole if row["year"] == year])
    assert [list(row) for row in some["records"]][:1] == [["_id", "people", "year"]]
    down = _ask(
        client, "datastore_search", resource_id=resource, sort="people desc", records_format="lists", limit=3
    )
    people = [row[3] for row in down["records"]]
    assert people == sorted((row["people"] for row in whole), reverse=True)[:3]
    text = _ask(client, "datastore_search", resource_id=resource, records_format="csv", limit=1)["records"]
    assert text.startswith("1,")


@pytest.mark.parametrize(
    "asked",
    [{"filters": {"nothing": 1}}, {"filters": [1]}, {"filters": {"year": {"a": 1}}}, {"limit": -1}, {"limit": "x"},
     {"sort": "a b c"}, {"sort": "nothing"}, {"fields": "note"}, {"filters": {"year": "x"}}, {"records_format": "xml"}],
)  # fmt: skip
def test_wrong_questions_are_told(client: TestClient[Litestar], asked: dict[str, Any]) -> None:
    """In CKAN's shape, with its status."""
    resource = next(
        r for r in _ask(client, "package_show", id="open-data")["resources"] if r["format"] == "CSV"
    )["id"]
    answer = client.post("/api/3/action/datastore_search", json={"resource_id": resource, **asked})
    assert answer.status_code == 409
    assert answer.json()["success"] is False
    assert answer.json()["error"]["__type"] == "Validation Error"


@pytest.mark.parametrize("body", [b"[", b"[]", b"[" * 5000, b'"x"', b"\xff"])
def test_bodies_that_are_none(client: TestClient[Litestar], body: bytes) -> None:
    """What is no JSON object is refused."""
    answer = client.post("/api/3/action/package_list", content=body)
    assert (answer.status_code, answer.json()["success"]) == (409, False)


def test_closed_data_are_nowhere(client: TestClient[Litestar]) -> None:
    """Not in lists, counts or facets, and asking by name or id is like asking for nothing."""
    texts = [
        client.get(f"/api/3/action/{action}").text
        for action in (
            "package_list",
            "current_package_list_with_resources",
            "package_search?rows=1000",
            "tag_list",
        )
    ]
    assert all(
        word not in text for text in texts for word in ("protected-data", "internal-data", "commercial-data")
    )
    answers = [
        client.get(f"/api/3/action/package_show?id={name}").json() for name in ("protected-data", "nothing")
    ]
    assert answers[0] == answers[1]


@given(st.text(max_size=60) | st.lists(st.sampled_from(
    ["a", "AND", "OR", "NOT", "(", ")", ":", "tags", "*", "-x", "+y", '"b c"', "[1 TO 2]", "[", "!", "name"]
)).map(" ".join))  # fmt: skip
def test_any_question_is_answered_or_refused(text: str) -> None:
    """The language of questions never fails in another way."""
    try:
        test = parse_query(text)
    except Invalid:
        return
    assert 0 <= test(Index([{"text": ("a",), "name": ("n",)}, {}])) <= 3


def test_facets_count_what_was_found(tiny: Tiny) -> None:
    """The sum over a facet with one value each is the count."""
    words = Words(tiny.city, "https://x.example")
    views = [view for view in reads_of(tiny).datasets(ANONYMOUS) if view.version]
    shelf = Shelf(tuple(entry_of(words.package(view)) for view in views))
    found = search(shelf, Search(facets=("organization",)))
    assert sum(found["facets"]["organization"].values()) == found["count"]


def test_orders_by_several_fields(client: TestClient[Litestar]) -> None:
    """As by each field alone where the others are equal."""
    by_name = _ask(client, "package_search", sort="name asc", rows=50)["results"]
    several = _ask(client, "package_search", sort="metadata_created asc, name asc", rows=50)["results"]
    expected = sorted(by_name, key=lambda one: (one["metadata_created"], one["name"]))
    assert [one["name"] for one in several] == [one["name"] for one in expected]


@given(st.sets(st.integers(0, 300)))
def test_bits_are_places(places: set[int]) -> None:
    """There and back."""
    documents = [{"name": ("x",) if n in places else ("y",)} for n in range(301)]
    assert places_of(Index(documents).equal("name", "x")) == sorted(places)
