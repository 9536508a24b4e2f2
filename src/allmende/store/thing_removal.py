"""Deletions and what goes with them (OGC 18-088, requirement on integrity constraints).

A thing takes its datastreams and historical locations along, a sensor or observed property its
datastreams, a datastream its observations and what was still to be told of them, a location its
historical locations, a feature its observations. Rows that are already in the history are left out by readers at once (their datastream
is gone, or they are in `ended`) and leave the files with the mover's next rewrite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, Table, delete, select

from allmende.model.thing import ThingKind
from allmende.store.subscription_tables import OUTBOX, STANDING
from allmende.store.thing_rows import KINDS
from allmende.store.thing_tables import (
    DATASTREAM,
    DATASTREAM_PROPERTY,
    ENDED,
    FEATURE,
    HISTORICAL_LOCATION,
    HISTORICAL_PLACE,
    LATEST,
    OBSERVATION,
    THING_LOCATION,
)

Ids = Sequence[int]


def remove(db: Connection, kind: ThingKind, ids: Ids) -> int:
    """Delete these, after all that depends on them; how many there were."""
    if not ids:
        return 0
    _BEFORE[kind](db, ids)
    table = KINDS[kind].table
    return db.execute(delete(table).where(table.c.id.in_(ids))).rowcount


def _drop(db: Connection, table: Table, column: str, ids: Ids) -> None:
    db.execute(delete(table).where(table.c[column].in_(ids)))


def _found(db: Connection, wanted: Column[int], by: Column[int], ids: Ids) -> list[int]:
    return list(db.scalars(select(wanted).where(by.in_(ids)).distinct()))


def _before_thing(db: Connection, ids: Ids) -> None:
    remove(db, "datastream", _found(db, DATASTREAM.c.id, DATASTREAM.c.thing_id, ids))
    old = _found(db, HISTORICAL_LOCATION.c.id, HISTORICAL_LOCATION.c.thing_id, ids)
    remove(db, "historical_location", old)
    _drop(db, THING_LOCATION, "thing_id", ids)


def _before_location(db: Connection, ids: Ids) -> None:
    place = HISTORICAL_PLACE.c
    remove(db, "historical_location", _found(db, place.historical_location_id, place.location_id, ids))
    _drop(db, THING_LOCATION, "location_id", ids)
    db.execute(FEATURE.update().where(FEATURE.c.location_id.in_(ids)).values(location_id=None))


def _before_historical_location(db: Connection, ids: Ids) -> None:
    _drop(db, HISTORICAL_PLACE, "historical_location_id", ids)


def _before_sensor(db: Connection, ids: Ids) -> None:
    remove(db, "datastream", _found(db, DATASTREAM.c.id, DATASTREAM.c.sensor_id, ids))


def _before_observed_property(db: Connection, ids: Ids) -> None:
    link = DATASTREAM_PROPERTY.c
    remove(db, "datastream", _found(db, link.datastream_id, link.observed_property_id, ids))


def _before_datastream(db: Connection, ids: Ids) -> None:
    for table in (OBSERVATION, ENDED, LATEST, DATASTREAM_PROPERTY, OUTBOX, STANDING):
        _drop(db, table, "datastream_id", ids)


def _before_feature(db: Connection, ids: Ids) -> None:
    """Observations about a feature go with it one by one (see the write gate), so that counters hold."""


_BEFORE: dict[ThingKind, Callable[[Connection, Ids], None]] = {
    "thing": _before_thing,
    "location": _before_location,
    "historical_location": _before_historical_location,
    "sensor": _before_sensor,
    "observed_property": _before_observed_property,
    "datastream": _before_datastream,
    "feature": _before_feature,
}
