"""What datasets from observations read of the store, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pytest

from allmende.model.access import Access
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, Quality
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing, Unit
from allmende.model.watched import Selection
from allmende.store.hours import HOUR, hot_hours
from allmende.store.observations import now
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

START = datetime(2026, 7, 1, tzinfo=UTC)
T0 = 1_782_864_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database()
    found = SqlStore.open(url)
    yield found
    found.close()


def test_a_datastream_is_known_with_its_thing_property_unit_place_and_access(store: SqlStore) -> None:
    """The stricter of two classes counts, and a thing without a place has none."""
    moisture = store.things.add(ObservedProperty(0, "Soil moisture", "http://x", key="soil-moisture"))
    sensor = store.things.add(Sensor(0, "Probe"))
    tree = store.things.add(Thing(0, "Tree 7", key="tree-7", access=Access.OPEN))
    place = store.things.add(Location(0, "Tree 7", geometry={"type": "Point", "coordinates": [11.5, 50.9]}))
    store.things.place(tree.id, [place.id], START)
    bare = store.things.add(Thing(0, "Tree 8", access=Access.OPEN))
    open_ = Datastream(
        0,
        "a",
        tree.id,
        sensor.id,
        (moisture.id,),
        units=(Unit(ucum="%"),),
        key="tree-7-m",
        access=Access.OPEN,
    )
    store.things.add(open_)
    store.things.add(Datastream(0, "b", bare.id, sensor.id, (moisture.id,), access=Access.PROTECTED))
    first, second = store.things.watched()
    assert (first.code, first.thing_key, first.property_key, first.unit) == (
        "tree-7-m",
        "tree-7",
        "soil-moisture",
        "%",
    )
    assert (first.longitude, first.latitude, first.access) == (11.5, 50.9, Access.OPEN)
    assert (second.code, second.longitude, second.access) == (
        str(second.datastream_id),
        None,
        Access.PROTECTED,
    )
    chosen = Selection(("soil-moisture",), ("tree-*",))
    assert [chosen.takes(first), chosen.takes(second)] == [True, False]
    assert not Selection(("air-temperature",)).takes(first)


def test_hours_count_doubted_values_and_average_the_others_as_known_on_a_moment(store: SqlStore) -> None:
    """Before the correction the hour's sum was another one, and can still be asked for."""
    rows = [
        Observation(1, T0 + minute * 60_000_000, 0, number=number, flags=flags)
        for minute, number, flags in [
            (0, 10.0, 0), (10, 20.0, Quality.GAP), (20, 99.0, Quality.RANGE), (30, None, Quality.NOT_A_NUMBER), (70, 7.0, 0),
        ]
    ]  # fmt: skip
    text = Observation(1, T0, 0, value='"dry"')
    accepted = store.observations.append([Arrival([*rows, text])])[0]
    before = now()
    while now() == before:  # moments of recording are kept to the millisecond, and a fast machine is faster
        sleep(0.001)
    store.observations.change(Change(accepted.observation_ids[0], lambda row: _with(row, 40.0)))

    def hours(known_on: int) -> list[tuple[object, ...]]:
        with store._engine.connect() as db:
            found = hot_hours(db, [1, 2], T0, T0 + 2 * HOUR, known_on)
        return list(zip(*found.to_pydict().values(), strict=True))

    assert hours(before) == [(1, T0, 2, 2, 10.0, 20.0, 30.0), (1, T0 + HOUR, 1, 0, 7.0, 7.0, 7.0)]
    assert hours(now())[0] == (1, T0, 2, 2, 20.0, 40.0, 60.0)
    assert hours(T0) == []


def _with(row: Observation, number: float) -> Observation:
    row.number = number
    return row


def test_hours_before_1970_begin_on_the_hour_too(store: SqlStore) -> None:
    """A series may begin in 1893."""
    store.observations.append([Arrival([Observation(1, -HOUR // 2, 0, number=1.0)])])
    with store._engine.connect() as db:
        assert hot_hours(db, [1], -5 * HOUR, 0, now()).column("start").to_pylist() == [-HOUR]
