"""CQL2: what filters find, that both forms mean the same, and that nothing else than a filter gets through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from allmende.model.access import ANONYMOUS
from allmende.model.dataset import Column
from allmende.model.selection import depth_of
from allmende.share.conditions import Conditions
from allmende.share.web import create_app, reads_of
from allmende.standards.ogc.collections import CRS84, Collection, collection_of
from allmende.standards.ogc.cql2 import condition_of
from allmende.standards.ogc.faults import BadParameter
from allmende.testing.every_class import Tiny, fill, make_tiny

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
COLUMNS = (
    Column("id", "integer"),
    Column("species", "text"),
    Column("height", "number"),
    Column("planted", "date"),
    Column("seen", "datetime"),
    Column("felled", "datetime"),
    Column("sound", "boolean"),
    Column("geometry", "geometry"),
    Column("Größe in m", "number"),
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = [
    (1, "Tilia cordata", 12.5, date(1990, 4, 1), NOON, datetime(2026, 3, 5, tzinfo=UTC), True, "POINT(11.58 50.92)", 1.0),
    (2, "Acer", 3.0, date(2020, 1, 1), datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC), False, "POINT(11.60 50.94)", 2.0),
    (3, "O'Hara's_oak", None, None, None, None, None, "LINESTRING(11.5 50.9, 11.7 50.9)", None),
    (4, "tilia x", -1.0, date(1990, 4, 2), NOON, NOON, True, None, 4.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A city with districts."""
    made = make_tiny(tmp_path_factory.mktemp("tiny"))
    fill(made)
    return made


@pytest.fixture(scope="module")
def trees(tiny: Tiny) -> Collection:
    """A collection with a column of every type."""
    one = collection_of(reads_of(tiny), ANONYMOUS, "districts")
    return Collection(replace(one.view, columns=COLUMNS), COLUMNS[7])


@pytest.fixture(scope="module")
def client(tiny: Tiny) -> Iterator[TestClient[Litestar]]:
    """A reader."""
    with TestClient(create_app(tiny)) as found:
        yield found


def _batch() -> pa.RecordBatch:
    types = [pa.int64(), pa.string(), pa.float64(), pa.date32(), pa.timestamp("us", "UTC"), pa.timestamp("us", "UTC"),
             pa.bool_(), pa.binary(), pa.float64()]  # fmt: skip
    cells = [list(cell) for cell in zip(*ROWS, strict=True)]
    cells[7] = [text and shapely.to_wkb(shapely.from_wkt(str(text))) for text in cells[7]]
    arrays = [pa.array(cell, type_) for cell, type_ in zip(cells, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, [column.name for column in COLUMNS])


def _found(trees: Collection, text: str, language: str = "cql2-text", crs: str = CRS84) -> list[int]:
    mask = Conditions({c.name: c for c in COLUMNS}).mask(_batch(), condition_of(trees, text, language, crs))
    return [row[0] for row, yes in zip(ROWS, mask.to_pylist(), strict=True) if yes]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("species = 'Acer'", [2]),
        ("'Acer' <> species", [1, 3, 4]),
        ("species='O''Hara''s_oak' OR species = 'O\\'Hara'", [3]),
        ("height > 3", [1]),
        ("3 < height", [1]),
        ("height >= -1e0 and height < 12.5", [2, 4]),
        ("NOT height > 3", [2, 4]),
        ("height IS NULL", [3]),
        ("height is not null AND NOT (id = 1 OR id = 2)", [4]),
        ("species LIKE 'Tilia%'", [1]),
        ("CASEI(species) LIKE casei('TILIA%')", [1, 4]),
        ("species LIKE '%\\_oak'", [3]),
        ("CASEI(species) = CASEI('ACER')", [2]),
        ("CASEI(species) <> 'ACER'", [1, 3, 4]),
        ("CASEI(species) IN (CASEI('acer'), casei('tilia X'))", [2, 4]),
        ("height NOT BETWEEN 0 AND 5", [1, 4]),
        ("id IN (1, 3, 99)", [1, 3]),
        ("id not in (1, 3)", [2, 4]),
        ("sound", [1, 4]),
        ("sound = FALSE", [2]),
        ("TRUE", [1, 2, 3, 4]),
        ("false or id=1", [1]),
        ('"Größe in m" > 1.5', [2, 4]),
        ("planted = DATE('1990-04-01')", [1]),
        ("planted < DATE('2000-01-01')", [1, 4]),
        ("seen >= TIMESTAMP('2026-03-01T13:00:00+01:00')", [1, 2, 4]),
        ("T_AFTER(seen, DATE('2026-03-01'))", [2]),
        ("T_BEFORE(TIMESTAMP('2026-03-01T13:00:00Z'), seen)", [2]),
        ("T_EQUALS(seen, DATE('2026-03-01'))", [1, 4]),
        ("T_INTERSECTS(seen, INTERVAL('..', '2026-03-01'))", [1, 4]),
        ("T_DISJOINT(planted, INTERVAL('1990-04-02','..'))", [1]),
        ("T_DURING(INTERVAL(seen, felled), INTERVAL('2026-03-01T00:00:00Z','2026-03-04T00:00:00Z'))", [2, 4]),
        ("T_CONTAINS(INTERVAL(seen, felled), INTERVAL('2026-03-03T00:00:00Z','2026-03-04T00:00:00Z'))", [1]),
        ("T_FINISHEDBY(INTERVAL(seen,felled), INTERVAL('2026-03-02T12:00:00Z','2026-03-03T00:00:00Z'))", [2]),
        ("T_MEETS(INTERVAL(seen, felled), INTERVAL('2026-03-03T00:00:00Z','..'))", [2]),
        ("S_INTERSECTS(geometry, POINT(11.58 50.92))", [1]),
        ("S_INTERSECTS(geometry, BBOX(11.55, 50.91, 11.65, 50.95))", [1, 2]),
        ("s_within(geometry, POLYGON((11.57 50.9, 11.59 50.9, 11.59 50.93, 11.57 50.93, 11.57 50.9)))", [1]),
        ("S_CONTAINS(POLYGON((11.57 50.9, 11.59 50.9, 11.59 50.93, 11.57 50.93, 11.57 50.9)), geometry)", [1]),
        ("S_CROSSES(geometry, LINESTRING(11.6 50.8, 11.6 50.95))", [3]),
        ("S_EQUALS(geometry, POINT Z (11.6 50.94 7))", [2]),
        ("S_DISJOINT(geometry, MULTIPOINT((11.6 50.94), (11.58 50.92)))", [3]),
        ("S_TOUCHES(geometry, LINESTRING(11.7 50.9, 12 50.9))", [3]),
        ("S_OVERLAPS(geometry, LINESTRING(11.6 50.9, 12 50.9))", [3]),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(11.6 50.94), POINT(0 0)))", [2]),
    ],
)  # fmt: skip
def test_what_filters_find(trees: Collection, text: str, ids: list[int]) -> None:
    """Each operation finds the rows that its definition says, and unknown is never found."""
    assert _found(trees, text) == ids


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"op": "=", "args": [{"property": "species"}, "Acer"]}, "species = 'Acer'"),
        ({"op": "and", "args": [{"op": ">", "args": [{"property": "height"}, 0]},
                                {"op": "not", "args": [{"op": "in", "args": [{"property": "id"}, [1, 3]]}]}]},
         "height > 0 AND NOT id IN (1, 3)"),
        ({"op": "isNull", "args": [{"property": "height"}]}, "height IS NULL"),
        ({"op": "between", "args": [{"property": "height"}, 0, 5]}, "height BETWEEN 0 AND 5"),
        ({"op": "like", "args": [{"op": "casei", "args": [{"property": "species"}]}, "TILIA%"]},
         "CASEI(species) LIKE 'TILIA%'"),
        ({"op": "t_after", "args": [{"property": "seen"}, {"date": "2026-03-01"}]},
         "T_AFTER(seen, DATE('2026-03-01'))"),
        ({"op": "t_intersects", "args": [{"property": "seen"}, {"interval": ["..", "2026-03-01"]}]},
         "T_INTERSECTS(seen, INTERVAL('..', '2026-03-01'))"),
        ({"op": "t_during", "args": [{"interval": [{"property": "seen"}, {"property": "felled"}]},
                                     {"interval": ["2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z"]}]},
         "T_DURING(INTERVAL(seen, felled), INTERVAL('2026-03-01T00:00:00Z','2026-03-04T00:00:00Z'))"),
        ({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [11.58, 50.92]}]},
         "S_INTERSECTS(geometry, POINT(11.58 50.92))"),
        ({"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [11.55, 50.91, 11.65, 50.95]}]},
         "S_INTERSECTS(geometry, BBOX(11.55, 50.91, 11.65, 50.95))"),
    ],
)  # fmt: skip
def test_both_forms_mean_the_same(trees: Collection, written: object, text: str) -> None:
    """CQL2 JSON and CQL2 Text make one condition."""
    assert condition_of(trees, json.dumps(written), "cql2-json") == condition_of(trees, text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "species =", "species = 'Acer", "= 'Acer'", "nothing = 1", "species = Acer", "species = 5", "height = 'x' and",
     "species = 'a'; DROP TABLE trees", "species = 'a' -- x", "1 = 1", "height + 1 > 2", "pg_sleep(5)", "pg_sleep(5) = 1",
     "species LIKE 5", "height LIKE CASEI", "ACCENTI(species) = 'x'", "A_CONTAINS(species, 'x')", "NOT", "()", "(id=1",
     "id=1)", "id IN ()", "id BETWEEN 1", "planted = DATE('2026-02-30')", "seen > TIMESTAMP('2026-01-01T00:00:00')",
     "seen > TIMESTAMP('0001-01-01T00:00:00+14:00')", "S_INTERSECTS(geometry, POINT(1))", "S_INTERSECTS(geometry, POINT(1 2)",
     "S_INTERSECTS(geometry, BBOX(1,2,3))", "S_INTERSECTS(geometry, geometry)", "T_AFTER(seen, felled)", "T_AFTER(seen, 5)",
     "T_AFTER(species, DATE('2026-01-01'))", "S_NEAR(geometry, POINT(1 2))", "id = 1e999", "id is", "casei(id) < 'x'",
     "POINT(1 2)", "'x'", "INTERVAL('..','..')", "(" * 31 + "id=1" + ")" * 31, "NOT " * 40 + "id=1",
     "id=1 OR " * 600 + "id=1", "CASEI(" * 500 + "species" + ")" * 500 + " = 'x'", "id=" + "1" * 20_001],
)  # fmt: skip
def test_what_is_no_filter_is_refused(trees: Collection, text: str) -> None:
    """With a message and the name of the parameter."""
    with pytest.raises(BadParameter) as refused:
        condition_of(trees, text)
    assert refused.value.where == "filter"


@pytest.mark.parametrize(
    "written",
    ['{', '[]', 'null', '{"op": "="}', '{"op": "=", "args": "x"}', '{"op": 5, "args": []}', '{"a": 1}', '"x"', "5", "NaN",
     '{"op":"=","args":[{"property":5},1]}', '{"op":"=","args":[{"property":"id"},null]}', '{"op":"in","args":[{"property":"id"},5]}',
     '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Nothing"}]}', '{"op":"not","args":[]}',
     '{"op":"t_after","args":[{"property":"seen"},{"interval":["x"]}]}', "[" * 5000, '{"op":"not","args":[' * 40 + "true" + "]}" * 40],
)  # fmt: skip
def test_json_that_is_no_filter_is_refused(trees: Collection, written: str) -> None:
    """The same for the other form."""
    with pytest.raises(BadParameter):
        condition_of(trees, written, "cql2-json")


def test_geometries_in_other_systems(trees: Collection) -> None:
    """EPSG:4326 has the latitude first; metres of UTM 32 are taken too."""
    assert _found(trees, "S_INTERSECTS(geometry, POINT(50.92 11.58))", crs=f"{EPSG}4326") == [1]
    box = "S_INTERSECTS(geometry, BBOX(679000, 5640000, 682500, 5646000))"
    assert _found(trees, box, crs=f"{EPSG}25832") == [1, 3]
    around = "POLYGON((679000 5640000, 682500 5640000, 682500 5646000, 679000 5646000, 679000 5640000))"
    assert _found(trees, f"S_INTERSECTS(geometry, {around})", crs=f"{EPSG}25832") == [1, 3]
    with pytest.raises(BadParameter):
        condition_of(trees, "S_INTERSECTS(geometry, POINT(1e300 1e300))", crs=f"{EPSG}25832")


WORDS = st.sampled_from([
    "id", "species", "geometry", "seen", "=", "<", ">=", "(", ")", ",", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS",
    "NULL", "1", "-2.5", "'x'", "CASEI", "DATE('2026-01-01')", "TIMESTAMP", "INTERVAL('..','2026-01-01')", "POINT(1 2)",
    "POLYGON", "BBOX(1,2,3,4)", "S_INTERSECTS", "T_DURING", "TRUE", "%", "'", '"', "\\",
])  # fmt: skip


@given(
    st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40),
    st.sampled_from(["cql2-text", "cql2-json"]),
)
def test_any_text_is_a_filter_or_refused(trees: Collection, text: str, language: str) -> None:
    """Nothing else is raised, whatever is asked."""
    with suppress(BadParameter):
        assert depth_of(condition_of(trees, text, language)) <= 40


def test_filters_over_http(client: TestClient[Litestar]) -> None:
    """A filter is a parameter of items, beside the others; closed columns are not there, next pages keep it."""
    address = "/ogc/collections/districts/items"
    found = client.get(address, params={"filter": "name LIKE 'S%'", "filter-lang": "cql2-text"}).json()
    assert [one["properties"]["code"] for one in found["features"]] == ["2"]
    asked = {"filter": "code IN ('1','2')", "limit": "1"}
    following = next(one for one in client.get(address, params=asked).json()["links"] if one["rel"] == "next")
    assert client.get(following["href"]).json()["features"][0]["properties"]["code"] == "2"
    for wrong in ({"filter": "code ="}, {"filter": "true", "filter-lang": "ecql"}, {"filter": "x=1"},
                  {"filter": "geometry = 'x'"}, {"filter": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))"},
                  {"filter": "true", "filter-crs": "EPSG:4326"}):  # fmt: skip
        answer = client.get(address, params=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["description"]
