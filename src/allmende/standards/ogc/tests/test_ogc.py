"""OGC API Features: what the standard asks of lists, boxes, systems of coordinates and wrong parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS
from allmende.model.dataset import Column
from allmende.model.selection import Both, Compare
from allmende.share.web import create_app, reads_of
from allmende.standards.ogc.collections import CRS84, Collection, collection_of
from allmende.standards.ogc.faults import BadParameter
from allmende.standards.ogc.places import in_degrees
from allmende.standards.ogc.plan import plan_items
from allmende.standards.ogc.shape import _moved
from allmende.testing.every_class import Tiny, fill, make_tiny

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/ogc/collections/districts/items"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A city with districts."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    fill(made)
    return made


@pytest.fixture(scope="module")
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A reader."""
    with TestClient(create_app(tiny)) as found:
        yield found


def test_every_link_leads_somewhere(client: TestClient[Litestar]) -> None:
    """From the first page to each document, with the media type that the link says."""
    waiting, seen = ["/ogc"], set[str]()
    root = str(client.base_url).rstrip("/")
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        assert answer.status_code == 200, path
        seen.add(path)
        if "json" not in answer.headers["content-type"]:
            continue
        document = answer.json()
        links = [
            *document.get("links", []),
            *(one for c in document.get("collections", []) for one in c["links"]),
        ]
        own = [one["href"].removeprefix(root) for one in links if one["href"].startswith(root)]
        waiting += [one for one in own if one not in seen and one not in waiting]
    assert len(seen) > 8


def test_features_are_the_rows(client: TestClient[Litestar]) -> None:
    """As many as there are, with the cells and the geometry that `/api/v1` gives."""
    rows = client.get("/api/v1/datasets/districts/rows").json()["rows"]
    found = client.get(f"{ITEMS}?limit=1000").json()
    assert found["numberMatched"] == found["numberReturned"] == len(rows)
    for one, row in zip(found["features"], rows, strict=True):
        assert one["geometry"] == row.pop("geometry")
        assert one["properties"] == row
    single = client.get(f"{ITEMS}/{found['features'][0]['id']}").json()
    assert {**single, "links": []} == {**found["features"][0], "links": []}


def test_pages_hold_each_feature_once(client: TestClient[Litestar]) -> None:
    """Following `next` meets all of them; `prev` leads back."""
    seen, address = list[int](), f"{ITEMS}?limit=1"
    while address:
        page = client.get(address).json()
        seen += [one["id"] for one in page["features"]]
        links = {one["rel"]: one["href"] for one in page["links"]}
        address = links.get("next", "")
    assert len(seen) == len(set(seen)) == page["numberMatched"] > 1
    assert client.get(links["prev"]).json()["features"][0]["id"] == seen[-2]


def test_boxes_in_every_system(client: TestClient[Litestar]) -> None:
    """The same box, written in degrees both ways round and in metres, finds the same features."""
    shape = shapely.from_geojson(json.dumps(client.get(ITEMS).json()["features"][0]["geometry"]))
    x, y = shape.representative_point().coords[0]
    box = [x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4]
    plain = client.get(f"{ITEMS}?bbox={','.join(map(str, box))}").json()
    assert plain["numberMatched"] >= 1
    turned = [box[1], box[0], box[3], box[2]]
    again = client.get(f"{ITEMS}?bbox={','.join(map(str, turned))}&bbox-crs={EPSG}4326").json()
    assert [one["id"] for one in again["features"]] == [one["id"] for one in plain["features"]]
    assert client.get(f"{ITEMS}?bbox=-170,-10,-169,-9").json()["numberMatched"] == 0


def test_coordinates_in_the_order_of_their_system(client: TestClient[Litestar]) -> None:
    """EPSG:4326 has the latitude first, CRS84 the longitude; the header says which."""
    usual, turned = client.get(ITEMS), client.get(f"{ITEMS}?crs={EPSG}4326")
    assert usual.headers["content-crs"] == f"<{CRS84}>"
    assert turned.headers["content-crs"] == f"<{EPSG}4326>"
    first, second = (one.json()["features"][0]["geometry"] for one in (usual, turned))
    a, b = (shapely.get_coordinates(shapely.from_geojson(json.dumps(one)))[0] for one in (first, second))
    assert a == pytest.approx(b[::-1])
    metres = client.get(f"{ITEMS}?crs={EPSG}25832").json()["features"][0]["geometry"]
    assert shapely.get_coordinates(shapely.from_geojson(json.dumps(metres)))[0][0] > 1000


def test_a_box_in_metres() -> None:
    """Jena in UTM 32 is Jena in degrees."""
    west, south, east, north = in_degrees([680_000, 5_640_000, 682_000, 5_646_000], f"{EPSG}25832")
    assert 11.5 < west < east < 11.7
    assert 50.8 < south < north < 51.0


@pytest.mark.parametrize(
    "query",
    ["nothing=1", "limit=0", "limit=-1", "limit=x", "offset=-1", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=1,2,3,nan",
     "bbox=0,50,1,40", "bbox-crs=x", "crs=EPSG:4326", "f=xml", "limit=1&limit=2", "sortby=nothing",
     "properties=nothing", "geometry=1", "datetime=x", "datetime=2026-01-01T12:00:00", "datetime=2026-02-30",
     "datetime=2026-01-01xx", "data-version=0", "data-version=x", "datetime=../..", "datetime=/", "datetime="],
)  # fmt: skip
def test_wrong_parameters_are_refused(client: TestClient[Litestar], query: str) -> None:
    """400 with what is wrong, never an answer to another question."""
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["description"]


@pytest.mark.parametrize("path", ["/ogc/collections/nothing", "/ogc/collections/open-data", f"{ITEMS}/0", f"{ITEMS}/99999", f"{ITEMS}/x", f"{ITEMS}/0000000000001999999"])  # fmt: skip
def test_what_is_not_there(client: TestClient[Litestar], path: str) -> None:
    """404, also for a dataset without a place."""
    assert client.get(path).status_code == 404


def test_filters_orders_and_columns(client: TestClient[Litestar]) -> None:
    """By a property, sorted, with some of the columns."""
    every = client.get(f"{ITEMS}?limit=100").json()["features"]
    name = every[0]["properties"]["name"]
    one = client.get(ITEMS, params={"name": name}).json()
    assert [f["properties"]["name"] for f in one["features"]] == [name]
    down = client.get(f"{ITEMS}?sortby=-name&properties=name&limit=100").json()["features"]
    assert client.get(f"{ITEMS}?sortby=+name").status_code == 200  # a plus is a space in an address
    names = [f["properties"]["name"] for f in down]
    assert names == sorted(names, reverse=True)
    assert all(set(f["properties"]) == {"name"} for f in down)


def test_closed_data_are_nowhere(client: TestClient[Litestar], tiny: Tiny) -> None:
    """Only readable datasets are collections; a closed one answers like none."""
    found = {one["id"] for one in client.get("/ogc/collections").json()["collections"]}
    readable = reads_of(tiny).datasets(ANONYMOUS)
    assert found == {
        v.dataset.id for v in readable if v.version and any(c.type == "geometry" for c in v.columns)
    }
    closed, nothing = (client.get(f"/ogc/collections/{name}") for name in ("protected-data", "nothing-data"))
    assert closed.status_code == nothing.status_code == 404


@given(st.lists(st.tuples(
    st.sampled_from(["bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "sortby", "properties", "name", "x"]),
    st.text(max_size=30) | st.sampled_from(["1,2,3,4", "5", f"{EPSG}3857", "../..", "2026-01-01/.."]),
), max_size=4))  # fmt: skip
def test_any_parameters_make_a_plan_or_are_refused(one: Collection, asked: list[tuple[str, str]]) -> None:
    """Nothing else is raised, whatever is asked."""
    try:
        plan = plan_items(one, asked)
    except BadParameter:
        return
    assert 1 <= plan.selection.limit <= 10_000


@pytest.fixture(scope="module")
def one(tiny: Tiny) -> Collection:
    """The districts."""
    return collection_of(reads_of(tiny), ANONYMOUS, "districts")


@pytest.mark.parametrize(
    ("asked", "low", "high"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00", "2026-03-01T23:59:59.999999+00:00"),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01/..", "2026-03-01T00:00:00+00:00", None),
        ("../2026-03-01T12:00:00+01:00", None, "2026-03-01T12:00:00+01:00"),
    ],
)
def test_moments_days_and_spans(one: Collection, asked: str, low: str | None, high: str | None) -> None:
    """A day lasts from its beginning to its end, a span may be open on one side."""
    seen = Column("seen", "datetime")
    timed = replace(one.view.dataset, time_column="seen")
    view = replace(one.view, dataset=timed, columns=(*one.view.columns, seen))
    where = plan_items(replace(one, view=view), [("datetime", asked)]).selection.where
    assert isinstance(where, Both)
    found = {
        part.operator: part.value.isoformat()
        for part in where.conditions
        if isinstance(part, Compare) and isinstance(part.value, datetime)
    }
    assert (found.get(">="), found.get("<=")) == (low, high)


def test_a_copy_is_of_one_version(tmp_path: Path) -> None:
    """A version that is published between two pages is not mixed in: the link names the version it began with."""
    tiny = make_tiny(tmp_path)
    fill(tiny)
    with TestClient(create_app(tiny)) as client:
        first = client.get(f"{ITEMS}?limit=1").json()
        old = tiny.store.latest_versions()["districts"]
        table = tiny.lake.read("districts", old.lake_version).read_all().slice(1)
        written = tiny.lake.write("districts", table)
        tiny.store.add_version(replace(old, number=2, lake_version=written.lake_version, rows=table.num_rows))
        following = next(one["href"] for one in first["links"] if one["rel"] == "next")
        second, newest = client.get(following).json(), client.get(f"{ITEMS}?limit=1").json()
    assert second["features"][0]["properties"] == newest["features"][0]["properties"]
    assert (second["numberMatched"], newest["numberMatched"]) == (first["numberMatched"], table.num_rows)


def _link(page: dict[str, Any], rel: str) -> str:
    """The address of a link; empty without one."""
    return next((str(one["href"]) for one in page["links"] if one["rel"] == rel), "")


def test_the_page_before_shows_nothing_twice(client: TestClient[Litestar]) -> None:
    """Also where a page begins in the midst, and beyond the end; before the first there is none."""
    first = client.get(f"{ITEMS}?limit=10").json()["features"]
    amidst = client.get(f"{ITEMS}?limit=10&offset=1").json()
    before = client.get(_link(amidst, "prev")).json()["features"]
    assert before + amidst["features"] == first
    beyond = client.get(f"{ITEMS}?limit=1&offset=50").json()
    assert client.get(_link(beyond, "prev")).json()["features"] == first[-1:]
    assert not _link(client.get(ITEMS).json(), "prev")
    assert not _link(client.get(f"{ITEMS}?name=nobody&offset=3").json(), "prev")


@pytest.mark.parametrize("number", ["0", "01", "+1", "3", "1.0", "١", "0" * 5000 + "1"])
def test_a_feature_has_one_address(client: TestClient[Litestar], number: str) -> None:
    """Its number as it is written in lists; all other ways to write one are no address."""
    assert client.get(f"{ITEMS}/{number}").status_code == 404


def test_what_lies_outside_of_a_system_has_no_place_in_it() -> None:
    """The other side of the world has no place in a zone of UTM: null, and no number that is none."""
    shapes = np.array([shapely.Point(99.0, 0.0), shapely.Point(11.5, 50.9), None, shapely.Point()])
    moved = _moved(shapes, f"{EPSG}25832")
    assert [shape is None for shape in moved] == [True, False, True, False]


def test_maps_of_other_sites_may_read_the_system(client: TestClient[Litestar]) -> None:
    """A browser shows a page of another site only the headers that are named."""
    answer = client.get(ITEMS)
    assert "content-crs" in answer.headers["access-control-expose-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("order", ["--name", "-+name", "name,", "+"])
def test_an_order_has_one_sign(client: TestClient[Litestar], order: str) -> None:
    """Two signs are no order; an empty part is none."""
    status = client.get(ITEMS, params={"sortby": order}).status_code
    assert status == (200 if order == "name," else 400)
