"""The same question gets the same answer by every interface: counts, values, unknowns, times, places.

Tables of all kinds of values are published and read again by each way that there is; the truth is the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from allmende.catalogue.arrow_types import ARROW
from allmende.model.access import Access
from allmende.model.dataset import Column, Dataset, DatasetVersion
from allmende.model.text import Text
from allmende.share.web import create_app
from allmende.testing.clock import START
from allmende.testing.every_class import Tiny, make_tiny, tiny_city
from tests.share.ways_to_ask import EXACT, FOR_PEOPLE, Client, Row, close, plain, without_empty

COLUMNS = (
    Column("name", "text"),
    Column("count", "integer"),
    Column("height", "number"),
    Column("alive", "boolean"),
    Column("day", "date"),
    Column("seen", "datetime"),
    Column("more", "json"),
    Column("geometry", "geometry"),
)
SCHEMA = pa.schema([pa.field(column.name, ARROW[column.type]) for column in COLUMNS])
ID = "nasty"
FOUND_AS_IS = (Phase.explicit, Phase.reuse, Phase.generate)
"""Making a failing table smaller asks thousands of times; it is small enough to read."""
UNKNOWN: Row = (None,) * len(COLUMNS)


@dataclass
class Publishing:
    """A served city in which one dataset gets a new version with each table."""

    tiny: Tiny
    client: Client
    version: int = 0

    def publish(self, rows: list[Row]) -> list[Row]:
        """Publish rows; gives them as every answer should."""
        self.put(rows)
        return [tuple(map(_truth, row, COLUMNS)) for row in rows]

    def put(self, rows: list[Row]) -> None:
        """Publish rows."""
        names = [column.name for column in COLUMNS]
        table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=SCHEMA)
        written = self.tiny.lake.write(ID, table)
        self.version += 1
        self.tiny.store.add_version(
            DatasetVersion(
                ID, self.version, written.lake_version, written.content_hash, "maker", len(rows), 0, COLUMNS, START,
                access=self.tiny.city.datasets[ID].access, licences=("dl-de/by-2-0",), attributions=("Stadt Test",),
            )
        )  # fmt: skip


def _truth(cell: Any, column: Column) -> Any:
    """What is no number, or endless, is unknown."""
    if isinstance(cell, float) and (cell != cell or abs(cell) == float("inf")):
        return None
    return plain(cell, column)


def serve(folder: Path, access: Access = Access.OPEN) -> Iterator[Publishing]:
    """The tiny city with the dataset of this access."""
    city = tiny_city()
    dataset = Dataset(ID, Text("Allerlei Werte"), source="open", columns=COLUMNS, access=access)
    tiny = make_tiny(folder, replace(city, datasets={**city.datasets, ID: dataset}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allmende.share.remembered.SECONDS", 0)  # else a version is not seen for 20 ms
        with TestClient(create_app(tiny), raise_server_exceptions=False) as client:
            yield Publishing(tiny, client)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publishing]:
    """With the dataset open to all."""
    yield from serve(tmp_path_factory.mktemp("same"))


# --- values that have gone wrong somewhere before ---

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _degrees(most: int) -> st.SearchStrategy[float]:
    """To a millionth, so that ways to round in the next place do not differ."""
    return st.integers(-most * 10**6, most * 10**6).map(lambda n: n / 10**6)


_coordinates = st.tuples(_degrees(180), _degrees(85))
_places = st.one_of(
    _coordinates.map(shapely.Point),
    st.tuples(_coordinates, _degrees(9000)).map(lambda p: shapely.Point(*p[0], p[1])),
    _coordinates.map(lambda p: shapely.box(p[0], p[1], p[0] + 0.001, p[1] + 0.001)),
    st.lists(_coordinates, min_size=2, max_size=4).map(shapely.MultiPoint),
    st.lists(_coordinates, min_size=2, max_size=3, unique=True).map(shapely.LineString),
).map(shapely.to_wkb)
_documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.none() | _words | st.sampled_from(["", " ", "–", "null", "NaN", "=1+1", '"', ",", "a\nb", "a\r\nb", "\\N"]),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(),
        st.none() | st.booleans(),
        st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.none() | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda at: at.replace(tzinfo=UTC)),
        st.none() | _documents.filter(lambda found: found is not None and not isinstance(found, str)).map(json.dumps),
        st.none() | _places,
    ),
    max_size=9,
)  # fmt: skip
SEEN_BEFORE: list[Row] = [
    UNKNOWN,
    ("", 2**63 - 1, float("nan"), True, date(1, 1, 1), datetime(1, 1, 2, tzinfo=UTC), "{}", shapely.Point(1, 2).wkb),
    ("\x00", -(2**63), float("inf"), False, date(1900, 2, 28), datetime(1970, 1, 1, 0, 0, 0, 1, UTC), "[[]]", None),
    ("ä\u2028\U0001f333", 2**53 + 1, -0.0, None, None, datetime(2026, 3, 29, 1, 30, 0, 120_000, UTC), "12.5", None),
    ("x", 0, 5e-324, None, date(9999, 12, 31), None, "0", shapely.Point(-0.0, 1e-9, 8848.86).wkb),
    ("y", 1, 1.7976931348623157e308, None, None, None, "false", shapely.Point(11.58333333333, 50.92777777777).wkb),
]  # fmt: skip


@settings(max_examples=12, phases=FOUND_AS_IS, suppress_health_check=[HealthCheck.too_slow])
@example(rows=SEEN_BEFORE)
@example(rows=[])
@given(rows=ROWS)
def test_every_way_gives_the_same_rows(city: Publishing, rows: list[Row]) -> None:
    """All cells of all rows, in order, with what is unknown told from what is empty."""
    truth = city.publish(rows)
    for way, ask in EXACT.items():
        assert ask(city.client, ID, COLUMNS) == truth, way


@settings(max_examples=6, phases=FOUND_AS_IS, suppress_health_check=[HealthCheck.too_slow])
@example(rows=SEEN_BEFORE)
@given(rows=ROWS)
def test_what_is_for_people_says_the_same(city: Publishing, rows: list[Row]) -> None:
    """Workbooks, CKAN's CSV and the page hold the same cells; empty and unknown look alike there."""
    told = [(_shown(row[0]), *row[1:]) for row in rows]
    truth = without_empty(city.publish(told))
    for way, ask in FOR_PEOPLE.items():
        found = ask(city.client, ID, COLUMNS)
        # Excel leaves out rows without any cell at the end.
        found += [UNKNOWN] * (len(truth) - len(found))
        for row, wanted in zip(found, truth, strict=True):
            assert [pair for pair in zip(row, wanted, strict=True) if not close(*pair)] == [], way


def _shown(text: Any) -> Any:
    """Texts that a page and a workbook show as they are: no signs that steer, no dash for unknown."""
    if text is None:
        return None
    return "".join(sign for sign in text if sign.isprintable()).replace("–", "-").strip()


# --- questions ---

TREES: list[Row] = [
    ("Linde", 3, 1.5, True, date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC), None, shapely.Point(11.58, 50.93).wkb),
    ("Eiche", 3, None, False, date(2026, 3, 1), None, "[1]", shapely.Point(11.6, 50.9, 155.5).wkb),
    ("Linde", 9007199254740993, 1.5, None, None, datetime(2026, 3, 1, 12, tzinfo=UTC), "{}", None),
    ("", 0, -2.25, True, date(2025, 12, 31), datetime(2025, 12, 31, 23, 59, 59, 999_999, UTC), "null", shapely.Point(-179.9, 10).wkb),
    (None, None, float("nan"), None, None, None, None, None),
]  # fmt: skip
QUESTIONS: list[tuple[str, Any]] = [
    ("name", "Linde"), ("name", ""), ("name", "linde"), ("name", "Linde' or '1'='1"), ("count", 3),
    ("count", 9007199254740993), ("count", 9007199254740992), ("height", 1.5), ("height", -2.25), ("height", 0),
    ("alive", True), ("alive", False), ("day", "2026-03-01"), ("day", "1999-01-01"), ("seen", "2026-03-01T12:00:00Z"),
    ("seen", "2025-12-31T23:59:59.999999Z"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), QUESTIONS)
def test_a_question_has_one_answer(city: Publishing, name: str, value: Any) -> None:
    """Rows with a value: as many, and the same, from OGC's service, from CKAN's, and by looking at the file."""
    truth = city.publish(TREES)
    at = [column.name for column in COLUMNS].index(name)
    asked = plain(str(value).lower() if name == "alive" else value, COLUMNS[at])
    wanted = [row[0] for row in truth if row[at] == asked]
    package = city.client.get(f"/api/3/action/package_show?id={ID}").json()["result"]
    source = next(one["id"] for one in package["resources"] if one["datastore_active"])
    filters = {"resource_id": source, "filters": json.dumps({name: value})}
    of_ckan = city.client.get("/api/3/action/datastore_search", params=filters).json()["result"]
    written = str(value).lower() if name == "alive" else value
    of_ogc = city.client.get(f"/ogc/collections/{ID}/items", params={name: written}).json()
    assert [row["name"] for row in of_ckan["records"]] == wanted
    assert [one["properties"]["name"] for one in of_ogc["features"]] == wanted
    assert of_ckan["total"] == of_ogc["numberMatched"] == len(wanted)
    of_cql = city.client.get(
        f"/ogc/collections/{ID}/items", params={"filter": f"{name} = {_cql(name, value)}"}
    )
    assert of_cql.json()["features"] == of_ogc["features"]
    assert len(EXACT["csv"](city.client, ID, COLUMNS)) == len(truth)


def _cql(name: str, value: Any) -> str:
    """A value as CQL2 writes it."""
    if isinstance(value, str):
        words = "'" + value.replace("'", "''") + "'"
        return {"day": f"DATE({words})", "seen": f"TIMESTAMP({words})"}.get(name, words)
    return str(value).lower()


@pytest.mark.parametrize("column", [column.name for column in COLUMNS])
def test_unknown_is_the_same_everywhere(city: Publishing, column: str) -> None:
    """Rows without a value, as the file has them; nothing is not the empty text."""
    truth = city.publish(TREES)
    at = [one.name for one in COLUMNS].index(column)
    wanted = [number for number, row in enumerate(truth, start=1) if row[at] is None]
    package = city.client.get(f"/api/3/action/package_show?id={ID}").json()["result"]
    source = next(one["id"] for one in package["resources"] if one["datastore_active"])
    filters = {"resource_id": source, "filters": json.dumps({column: None})}
    of_ckan = city.client.get("/api/3/action/datastore_search", params=filters).json()["result"]
    assert [row["_id"] for row in of_ckan["records"]] == wanted
    empty = {"filter": f"{column} IS NULL"}
    of_ogc = city.client.get(f"/ogc/collections/{ID}/items", params=empty).json()
    assert [one["id"] for one in of_ogc["features"]] == wanted


@pytest.mark.parametrize("column", ["name", "count", "height", "day", "seen"])
@pytest.mark.parametrize("down", [False, True])
def test_an_order_is_the_same_everywhere(city: Publishing, column: str, down: bool) -> None:
    """Unknown at the end either way; equal rows as published."""
    city.publish(TREES)
    package = city.client.get(f"/api/3/action/package_show?id={ID}").json()["result"]
    source = next(one["id"] for one in package["resources"] if one["datastore_active"])
    sort = {"resource_id": source, "sort": f"{column} {'desc' if down else 'asc'}"}
    of_ckan = city.client.get("/api/3/action/datastore_search", params=sort).json()["result"]["records"]
    minus = {"sortby": f"{'-' if down else ''}{column}"}
    of_ogc = city.client.get(f"/ogc/collections/{ID}/items", params=minus).json()["features"]
    assert [row["_id"] for row in of_ckan] == [one["id"] for one in of_ogc]
    assert of_ckan[-1][column] is None


def test_heights_stay_in_other_systems(city: Publishing) -> None:
    """A point moved to another system keeps its height; those without one get none."""
    city.publish(TREES)
    crs = {"crs": "http://www.opengis.net/def/crs/EPSG/0/25832"}
    found = city.client.get(f"/ogc/collections/{ID}/items", params=crs).json()["features"]
    assert [len(one["geometry"]["coordinates"]) for one in found if one["geometry"]] == [2, 3, 2]
    assert found[1]["geometry"]["coordinates"][2] == 155.5


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[1e999]",
        '"\\ud800"',
        "{",
        "[" * 200 + "]" * 200,
        "[" * 100_000,
    ],
)
def test_documents_that_are_none_stay_texts(city: Publishing, text: str) -> None:
    """They break no answer around them, and stand in each as they were published."""
    city.put([(*UNKNOWN[:6], text, None)])
    rows = city.client.get(f"/api/v1/datasets/{ID}/rows").json()["rows"]
    file = json.loads(city.client.get(f"/d/{ID}.json").content)["rows"]
    layer = city.client.get(f"/ogc/collections/{ID}/items").json()["features"]
    assert rows[0]["more"] == file[0]["more"] == layer[0]["properties"]["more"] == text


# --- what is not for everybody ---

ONE = ("/d/{}", "/en/d/{}", "/d/{}.csv", "/d/{}.json", "/d/{}.geojson", "/d/{}.parquet", "/d/{}.xlsx", "/d/{}@1.csv",
       "/api/v1/datasets/{}", "/api/v1/datasets/{}/rows", "/ogc/collections/{}", "/ogc/collections/{}/items",
       "/ogc/collections/{}/items/1", "/ogc/collections/{}/schema", "/ogc/collections/{}/queryables", "/catalogue/{}.ttl",
       "/catalogue/{}.jsonld", "/catalogue/{}.xml", "/api/3/action/package_show?id={}",
       "/f/rows~{}@1")  # fmt: skip
LISTS = ("/daten", "/sitemap.xml", "/api/v1/datasets", "/ogc/collections", "/ogc/api", "/catalogue.ttl", "/catalogue.jsonld",
         "/catalogue.xml", "/api/3/action/package_list", "/api/3/action/package_search?rows=100",
         "/api/3/action/current_package_list_with_resources")  # fmt: skip


def test_open_data_are_everywhere(city: Publishing) -> None:
    """So that not being there means something."""
    city.publish(TREES)
    assert {path: city.client.get(path.format(ID)).status_code for path in ONE} == dict.fromkeys(ONE, 200)
    assert [path for path in LISTS if ID not in city.client.get(path).text] == []


@pytest.mark.parametrize("access", [Access.COMMERCIAL, Access.PROTECTED, Access.INTERNAL])
def test_closed_data_are_nowhere(tmp_path: Path, access: Access) -> None:
    """Every address of them is answered as one of a dataset that never was, and no list names them."""
    for city in serve(tmp_path, access):
        city.publish(TREES)
        for path in ONE:
            closed, missing = (city.client.get(path.format(name)) for name in (ID, "never"))
            assert closed.status_code == missing.status_code == 404, path
            assert closed.text.replace(ID, "never") == missing.text, path
        assert [path for path in LISTS if ID in city.client.get(path).text] == []
