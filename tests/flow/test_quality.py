"""What the rules are told of the city and the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from allmende.catalogue.versions import Made, publish_table
from allmende.flow.datastreams import Datastreams
from allmende.flow.extent import city_box
from allmende.flow.quality import make_judge
from allmende.flow.workspace import Workspace
from allmende.model.limits import Correction, Limits
from allmende.model.message import Arrival
from allmende.model.observation import Observation, Quality, microseconds
from allmende.model.place import Districts
from allmende.model.text import Text
from allmende.model.thing import Box, Datastream, ObservedProperty, Sensor, Thing
from allmende.store.sql import SqlStore
from allmende.testing.clock import START
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """An empty store."""
    return SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")


def add(store: SqlStore, limits: Limits, correction: Correction | None = None) -> Datastream:
    thing = store.things.add(Thing(0, "Tree"))
    sensor = store.things.add(Sensor(0, "Probe"))
    moisture = store.things.add(ObservedProperty(0, "Soil moisture", "urn:x"))
    properties = {"limits": limits.as_json(), "correction": (correction or Correction()).as_json()}
    found: Datastream = store.things.add(
        Datastream(0, "m", thing.id, sensor.id, (moisture.id,), properties=properties)
    )
    return found


def write(store: SqlStore, datastream: Datastream, minutes: int, number: float) -> Observation:
    row = Observation(datastream.id, microseconds(START + timedelta(minutes=minutes)), 0, number=number)
    store.observations.append([Arrival([row])])
    return row


def test_limits_and_corrections_of_a_datastream_are_those_of_its_properties(store: SqlStore) -> None:
    """And when they are changed, the next value is judged by the new ones."""
    datastreams = Datastreams(store.things)
    store.observations.judge = make_judge(store, datastreams)
    moisture = add(store, Limits(maximum=50), Correction((1.0, 1.0)))
    row = write(store, moisture, 0, 55.0)
    assert (row.number, row.raw, row.flags) == (56.0, 55.0, Quality.RANGE | Quality.CORRECTED)
    store.things.update(replace(moisture, properties={"limits": {"maximum": 60}}))
    datastreams.forget([moisture.id])
    assert write(store, moisture, 10, 55.0).flags == 0


def test_a_stuck_sensor_is_still_stuck_after_a_restart(store: SqlStore) -> None:
    """The run of equal values begins in the store, not in the memory of the process."""
    moisture = add(store, Limits(stuck_after=3600))
    for start in (0, 50):
        store.observations.judge = make_judge(store, Datastreams(store.things))
        rows = [write(store, moisture, start + minutes, 13.0) for minutes in range(0, 50, 10)]
    assert [row.flags for row in rows] == [0, *[Quality.STUCK] * 4]


def test_the_citys_box_is_that_of_its_districts(tmp_path: Path) -> None:
    """By it a place outside of the city is known; without districts nothing is."""
    workspace: Workspace = small_workspace(small_city(), tmp_path / "data", b"")
    assert city_box(workspace.city, workspace.store, workspace.lake) is None
    rule = Districts("areas", "code", "name", "geometry", Text("Bezirk"))
    city = replace(workspace.city, districts=rule)
    assert city_box(city, workspace.store, workspace.lake) is None
    shapes = [shapely.to_wkb(shapely.box(x, 50, x + 1, 51)) for x in (11, 12)]
    table = pa.table({"code": ["1", "2"], "geometry": pa.array(shapes, pa.binary())})
    publish_table("areas", Made(table, (), "m"), workspace.store, workspace.lake, workspace.clock)
    assert city_box(city, workspace.store, workspace.lake) == Box(11.0, 50.0, 13.0, 51.0)
