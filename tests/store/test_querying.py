"""Conditions, orders and pages give the same answer on both databases, and the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from allmende.engine.series import SeriesReader
from allmende.errors import RecipeInvalid
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.access import Access
from allmende.model.observation import moment
from allmende.model.query import Query, both
from allmende.model.series import Wanted
from allmende.standards.sensorthings.expressions import parse_filter, parse_order
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import SETS, our_expression, our_orders
from allmende.standards.sensorthings.tokens import Tokens
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.trees import MINUTE, NOON, plant
from tests.postgres import Postgres

EVERYTHING = ("open", "commercial", "protected", "internal")
Ask = Callable[[str, str], list[Any]]


@dataclass(frozen=True)
class World:
    """A store, and everything that reads observations."""

    store: SqlStore
    series: SeriesReader


@contextmanager
def world(address: str) -> Iterator[SqlStore]:
    """The trees in a store at an address."""
    opened = SqlStore.open(address)
    plant(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[SqlStore]:
    """The trees, on each database."""
    folder = tmp_path_factory.mktemp("store")
    address = f"sqlite:///{folder / 'store.sqlite'}" if request.param == "sqlite" else postgres.database()
    with world(address) as opened:
        yield opened


@pytest.fixture(scope="module", params=["all", "half"])
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The trees with all their values in the history, or with the older half of them."""
    folder = tmp_path_factory.mktemp("moved")
    with world(f"sqlite:///{folder / 'store.sqlite'}") as opened:
        history = History(folder / "history")
        until = moment(NOON + (3 * MINUTE if request.param == "half" else 60 * MINUTE))
        Mover(Moves(opened.engine), history, FixedClock(until), timedelta(0)).run()
        series = SeriesReader(opened, history)
        yield World(opened, series)
        series.close()


def query_of(name: str, text: str, order: str = "") -> Query:
    """The query behind a filter of the standard."""
    of = SETS[name]
    where = our_expression(parse_filter(Tokens(text)), of) if text else None
    orders = our_orders(parse_order(Tokens(order)), of) if order else ()
    return Query(of.kind, both(of.narrowing, where), orders)


def ask(
    store: SqlStore, name: str, text: str, order: str = "", series: SeriesReader | None = None
) -> list[int]:
    """The ids of what fulfils a filter."""
    query = query_of(name, text, order)
    if name != "Observations":
        return [value.id for value in store.querying.read(query, EVERYTHING)]
    where = store.querying.localise(query.where, EVERYTHING)
    rows = (series or SeriesReader(store)).read(Wanted(frozenset({1, 2, 3}), where, query.order))
    return [row[2] for row in rows]


THINGS = {
    # comparison and logic
    "name eq 'Linde'": [1],
    "name ne 'Linde'": [2, 3],
    "name eq 'O''Hara''s Ahorn ß'": [3],
    "id ge 2 and not (id eq 3)": [2],
    "id lt 2 or id gt 2": [1, 3],
    "id le 1": [1],
    "name gt 'F'": [1, 3],
    "true": [1, 2, 3],
    "id eq 1 or id eq 2 and name eq 'nobody'": [1],
    # JSON
    "properties/height gt 11": [2, 3],
    "properties/height add 1 eq 12.5": [2],
    "properties/park/name eq 'Park 2'": [3],
    "properties/wet eq true": [2],
    "properties/wet": [2],
    "properties/height eq 'Park'": [],
    "properties/park/name gt 5": [],
    "properties/nothing eq null": [1, 2, 3],
    "properties/height ne null": [1, 2, 3],
    "properties/nothing eq 5": [],
    # text
    "substringof('ich', name)": [2],
    "startswith(name, 'Li')": [1],
    "endswith(name, 'e')": [1, 2],
    "endswith(name, 'a much longer text than the name is')": [],
    "substring(name, 1) eq 'inde'": [1],
    "substring(name, 1, 3) eq 'ind'": [1],
    "indexof(name, 'nde') eq 2": [1],
    "indexof(name, '%') eq -1": [1, 2, 3],
    "length(name) eq 5": [1, 2],
    "tolower(name) eq 'eiche'": [2],
    "toupper(name) eq 'EICHE'": [2],
    "trim('  Linde ') eq name": [1],
    "concat(concat(name, ', '), description) eq 'Eiche, tree 1'": [2],
    "substringof('%', name)": [],
    "startswith(name, '_')": [],
    "length(properties/park/name) eq 6": [1, 2, 3],
    # numbers
    "id add 1 eq 3": [2],
    "id sub 1 eq 0": [1],
    "id mul 2 eq 4": [2],
    "id div 2 eq 0.5": [1],
    "id div 0 eq 1": [],
    "id mod 2 eq 1": [1, 3],
    "-5 mod 3 eq -2": [1, 2, 3],
    "round(properties/height) eq 11": [1],
    "round(-2.5) eq -3": [1, 2, 3],
    "floor(properties/height) eq 10": [1],
    "ceiling(properties/height) eq 11": [1],
    # relations
    "Datastreams/name eq 'Series of Linde'": [1],
    "Datastreams/ObservedProperty/name eq 'Soil moisture'": [1, 2],
    "MultiDatastreams/ObservedProperties/name eq 'Air temperature'": [3],
    "not (Locations/name eq 'At Linde')": [2, 3],
    "Locations/name eq 'At Linde' or Locations/name eq 'At Eiche'": [1, 2],
    "HistoricalLocations/time ge 2026-01-02T00:00:00Z": [2, 3],
    "Datastreams/Sensor/metadata eq 'https://example.org/probe'": [1, 2],
    "Datastreams/unitOfMeasurement/symbol eq '%'": [1, 2],
    "Datastreams/properties/list/1 eq 'two'": [1, 2],
    "Datastreams/phenomenonTime ge 2026-06-01T12:00:00Z": [1, 2],
    # places
    "st_within(Locations/location, geography'POLYGON ((11 50, 12 50, 12 51, 11 51, 11 50))')": [1, 2],
    "not st_within(Locations/location, geography'POLYGON ((11 50, 12 50, 12 51, 11 51, 11 50))')": [3],
    "geo.distance(Locations/location, geography'POINT (11.5 50.9)') lt 8000": [1, 2],
    "geo.distance(Locations/location, geography'POINT (11.5 50.9)') lt 1": [1],
}
LOCATIONS = {
    "geo.intersects(location, geography'POINT (11.5 50.9)')": [1],
    "st_equals(location, geography'POINT (11.5 50.9)')": [1],
    "st_disjoint(location, geography'POINT (11.5 50.9)')": [2, 3],
    "st_touches(location, geography'LINESTRING (11.5 50.9, 12 51)')": [1],
    "st_within(location, geography'LINESTRING (11 50.9, 11.6 50.9, 14 50.9)')": [1, 2, 3],
    "st_intersects(location, geography'LINESTRING (11.5 50.9, 12 51)')": [1],
    "st_contains(location, geography'POINT (11.5 50.9)')": [1],
    "st_overlaps(location, geography'POLYGON ((11 50, 12 50, 12 51, 11 50))')": [],
    "st_crosses(location, geography'LINESTRING (11 50.9, 12 50.9)')": [],
    "st_relate(location, geography'POINT (11.5 50.9)', '0FFFFFFF2')": [1],
    "geo.length(location) eq 0": [1, 2, 3],
    "Things/name eq 'Eiche' and st_within(location, geography'POLYGON ((11 50, 12 50, 12 51, 11 51, 11 50))')": [
        2
    ],
    "location/type eq 'Point'": [1, 2, 3],
    "geo.length(geography'LINESTRING (11 50, 11 51)') gt 111000": [1, 2, 3],
    "geo.length(geography'LINESTRING (11 50, 11 51)') gt 112000": [],
    "location/coordinates/0 gt 12": [3],
}
DATASTREAMS = {
    "unitOfMeasurement/name eq 'percent'": [1, 2],
    "Thing/Locations/name eq 'At Eiche'": [2],
    "Thing/Datastreams/Thing/name eq 'Eiche'": [2],
    "st_overlaps(observedArea, geography'POLYGON ((11.5 50.5, 13 50.5, 13 52, 11.5 50.5))')": [1],
    "phenomenonTime ge 2026-06-01T12:00:00Z and phenomenonTime lt 2026-06-01T13:00:00Z": [1, 2],
    "Observations/result gt 3": [1],
    "Observations/resultTime ne null": [1],
}
OBSERVATIONS = {
    "result gt 2.5": [8, 7],
    "not (result le 2.5)": [8, 7, 11, 10, 12],
    "result ne 'wet' and id ge 9": [11, 12, 9],
    "parameters/n ne 3 and id ge 8": [8, 11, 10, 12],
    "result gt 2.5 and result lt 3.5": [7],
    "result eq 'wet'": [10],
    "result eq true": [11],
    "result eq -7.5": [9],
    "result/0 eq 5": [12],
    "result/1/deep eq 'x'": [12],
    "result[2] eq 2.5": [12],
    "result mul 2 eq 5": [6],
    "result mod 2 eq 1.5": [8, 4],
    "round(result) eq 2": [5, 4],
    "floor(result) eq -8": [9],
    "resultTime eq null": [11, 10, 12, 9],
    "phenomenonTime lt 2026-06-01T12:01:00Z and Datastream/id eq 1": [1],
    "phenomenonTime eq 2026-06-01T12:03:00Z": [4],
    "phenomenonTime eq 2026-06-01T14:03:00+02:00": [4],
    "phenomenonTime gt 2026-06-01T12:00:00Z/2026-06-01T12:05:00Z": [8, 7],
    "phenomenonTime lt 2026-06-01T12:00:02Z and phenomenonTime gt 2026-06-01T12:00:00Z": [],
    "phenomenonTime eq 2026-06-01T12:00:00.5Z/2026-06-01T13:00:00Z": [10],
    "year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 6 and day(phenomenonTime) eq 1 and id eq 1": [
        1
    ],
    "hour(phenomenonTime) eq 12 and minute(phenomenonTime) eq 7 and second(phenomenonTime) eq 0": [8],
    "fractionalseconds(phenomenonTime) eq 0.5": [10],
    "date(phenomenonTime) eq 2026-06-01 and id eq 1": [1],
    "time(phenomenonTime) eq 12:03:00": [4],
    "totaloffsetminutes(phenomenonTime) eq 0 and id eq 1": [1],
    "phenomenonTime gt now()": [],
    "phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime() and id eq 2": [2],
    "phenomenonTime add duration'PT1M' eq 2026-06-01T12:04:00Z": [4],
    "phenomenonTime sub duration'PT1M' eq 2026-06-01T12:04:00Z": [6],
    "phenomenonTime ge now() sub duration'P36500D' and id eq 3": [3],
    "phenomenonTime sub 2026-06-01T12:00:00Z eq duration'PT3M'": [4],
    "Datastream/Thing/name eq 'Eiche'": [11, 10, 9],
    "Datastream/Thing/name eq 'Linde' and result gt 3": [8],
    "MultiDatastream/Thing/name ne 'Linde' and result/0 eq 5": [12],
    "FeatureOfInterest/name eq 'Square'": [9],
    "FeatureOfInterest/id eq 1 or id eq 1": [9, 1],
    "st_within(FeatureOfInterest/feature, geography'POLYGON ((10 40, 20 40, 20 60, 10 60, 10 40))')": [9],
    "parameters/by eq 'hand'": [9],
    "parameters/n gt 2": [9],
    "validTime ge 2026-06-01T10:00:00Z": [9],
    "validTime eq 2026-06-01T10:00:00Z/2026-06-01T11:00:00Z": [9],
    "validTime lt 2026-06-01T10:30:00Z": [],
    "id eq 4 or id eq 2": [4, 2],
}
CASES = [
    (name, text, wanted)
    for name, cases in (
        ("Things", THINGS),
        ("Locations", LOCATIONS),
        ("Datastreams", DATASTREAMS),
        ("Observations", OBSERVATIONS),
    )
    for text, wanted in cases.items()
]


@pytest.mark.parametrize(("name", "text", "wanted"), CASES, ids=[text for _, text, _ in CASES])
def test_filters(store: SqlStore, name: str, text: str, wanted: list[int]) -> None:
    """Every operator and function of the standard, with the answer worked out by hand."""
    assert ask(store, name, text) == wanted


@pytest.mark.parametrize(("text", "wanted"), OBSERVATIONS.items())
def test_filters_of_the_history(moved: World, text: str, wanted: list[int]) -> None:
    """Values that were moved fulfil the same conditions in the same order."""
    assert ask(moved.store, "Observations", text, series=moved.series) == wanted


ORDERS = [
    ("Things", "name", [2, 1, 3]),
    ("Things", "properties/height desc", [3, 2, 1]),
    ("Things", "Locations/name desc", [3, 1, 2]),
    ("Datastreams", "Thing/name desc", [1, 2]),
    ("Observations", "result desc", [8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11, 12]),
    ("Observations", "phenomenonTime,id desc", [12, 9, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8]),
    ("Observations", "result mul -1,id", [8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11, 12]),
    ("Observations", "minute(phenomenonTime) desc,id", [8, 7, 6, 5, 4, 3, 2, 11, 1, 9, 10, 12]),
]


@pytest.mark.parametrize(("name", "order", "wanted"), ORDERS)
def test_orders(store: SqlStore, name: str, order: str, wanted: list[int]) -> None:
    """By fields, by parts of JSON, by what is related; the unknown comes last."""
    assert ask(store, name, "", order) == wanted


@pytest.mark.parametrize(
    ("order", "wanted"), [(order, wanted) for name, order, wanted in ORDERS if name == "Observations"]
)
def test_orders_of_the_history(moved: World, order: str, wanted: list[int]) -> None:
    """Hot and moved values are sorted together."""
    assert ask(moved.store, "Observations", "", order, series=moved.series) == wanted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Things", "name"),
        ("Things", "name eq 5"),
        ("Things", "name add 1 eq 5"),
        ("Things", "length(5) eq 1"),
        ("Things", "year(name) eq 5"),
        ("Things", "id add 'a' eq 5"),
        ("Things", "id eq true"),
        ("Things", "not id"),
        ("Things", "id and true"),
        ("Things", "st_within(name, geography'POINT (1 2)')"),
        ("Locations", "st_within(location, 'POINT (1 2)')"),
        ("Locations", "st_relate(location, geography'POINT (1 2)', 'nonsense')"),
        ("Locations", "geo.distance(location, 5) lt 5"),
        ("Locations", "geo.distance(location, geography'POINT EMPTY') lt 5"),
        ("Locations", "location eq 5"),
        ("Locations", "geo.distance(location, geography'POINT (1 2)')"),
        ("Locations", "geo.distance(location, geography'POINT (1 2)') eq 'a'"),
        ("Things", "HistoricalLocations/time eq 'yesterday'"),
        ("Things", "HistoricalLocations/time eq 5"),
        ("Things", "properties/'a' eq 5"),
        ("Things", "interval eq 5"),
        ("Observations", "phenomenonTime eq true"),
        ("Observations", "phenomenonTime mul 2 eq 5"),
        ("Observations", "phenomenonTime add 5 eq 2026-06-01T12:00:00Z"),
        ("Observations", "phenomenonTime add phenomenonTime eq 2026-06-01T12:00:00Z"),
        ("Observations", "duration'P1D' eq 5"),
        ("Observations", "round('a') eq 5"),
        ("Observations", "round(phenomenonTime) eq 5"),
        ("Observations", "2026-06-01T12:00:00Z/2026-06-01T13:00:00Z add 1 eq 5"),
        ("Observations", "result eq geography'POINT (1 2)'"),
        ("Observations", "Datastream/id eq id"),
        ("Observations", "substring(result, 'a') eq 'b'"),
    ],
)
def test_nonsense(store: SqlStore, name: str, text: str) -> None:
    """What means nothing is refused by us, never by the database."""
    with pytest.raises((RecipeInvalid, BadRequest)):
        ask(store, name, text)


def test_classes(store: SqlStore) -> None:
    """Only what has one of the classes is read or counted."""
    assert store.querying.count(Query("thing"), [Access.INTERNAL.label]) == 3
    assert store.querying.count(Query("thing"), [Access.OPEN.label]) == 0
    assert store.querying.read(Query("historical_location"), [Access.OPEN.label]) == ()


def test_related(store: SqlStore) -> None:
    """What is related to several at once: pages and counts, through tables of pairs too."""
    of_thing = store.querying.related("thing", "locations", [1, 3, 99], Query("location"), EVERYTHING)
    assert {id_: [place.name for place in places] for id_, places in of_thing.items()} == {
        1: ["At Linde"],
        3: ["At O'Hara's Ahorn ß"],
        99: [],
    }
    newest = query_of("ObservedProperties", "", "name desc")
    of_stream = store.querying.related("datastream", "observed_properties", [1, 3], newest, EVERYTHING)
    assert [found.name for found in of_stream[3]] == ["Soil moisture", "Air temperature"]
    counts = store.querying.related_counts("sensor", "datastreams", [1], Query("datastream"), EVERYTHING)
    assert counts == {1: 3}
    second = Query("datastream", top=1, skip=1)
    assert [s.id for s in store.querying.related("sensor", "datastreams", [1], second, EVERYTHING)[1]] == [2]
    assert [t.id for t in store.querying.read(Query("thing", of=("location.things", 2)), EVERYTHING)] == [2]


def test_conditions_do_not_tell_of_what_is_closed(store: SqlStore) -> None:
    """A filter or an order through a relation sees only what the reader may see."""
    stream = store.things.get("datastream", 1)
    thing = store.things.get("thing", 1)
    store.things.update(replace(thing, access=Access.OPEN))
    try:
        named = query_of("Things", "Datastreams/name eq 'Series of Linde'")
        assert store.querying.read(named, ["open"]) == ()
        placed = query_of("Things", "geo.distance(Locations/location, geography'POINT (11.5 50.9)') lt 1")
        assert store.querying.read(placed, ["open"]) == ()
        assert [found.id for found in store.querying.read(named, EVERYTHING)] == [1]
        store.things.update(replace(stream, access=Access.OPEN))
        assert [found.id for found in store.querying.read(named, ["open"])] == [1]
    finally:
        store.things.update(thing)
        store.things.update(stream)
