"""What can be asked of each kind: its fields as columns, and how it is related to other kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, select

from allmende.model.query import Kind
from allmende.store.thing_tables import (
    DATASTREAM,
    DATASTREAM_PROPERTY,
    FEATURE,
    HISTORICAL_LOCATION,
    HISTORICAL_PLACE,
    LATEST,
    LOCATION,
    OBSERVATION,
    OBSERVED_PROPERTY,
    SENSOR,
    THING,
    THING_LOCATION,
)

TABLES: dict[str, Table] = {
    "thing": THING,
    "location": LOCATION,
    "historical_location": HISTORICAL_LOCATION,
    "sensor": SENSOR,
    "observed_property": OBSERVED_PROPERTY,
    "datastream": DATASTREAM,
    "feature": FEATURE,
    "observation": OBSERVATION,
}
# Aliases for what is asked for and for what it belongs to; making one anew takes longer than a query.
ROOTS = {kind: table.alias(kind) for kind, table in TABLES.items()}
OWNERS = {kind: table.alias("owner") for kind, table in TABLES.items()}
_WORDS: dict[str, Kind] = {"id": "number", "key": "text", "name": "text", "description": "text"}
_JSON: dict[str, Kind] = {"properties": "any"}
FIELDS: dict[str, dict[str, Kind]] = {
    "thing": _WORDS | _JSON,
    "location": _WORDS | _JSON | {"encoding": "text", "geometry": "geometry"},
    "historical_location": {"id": "number", "time": "time", "thing_id": "number"},
    "sensor": _WORDS | _JSON | {"encoding": "text", "metadata": "any"},
    "observed_property": _WORDS | _JSON | {"definition": "text"},
    "datastream": _WORDS
    | _JSON
    | {
        "observation_type": "text",
        "units": "any",
        "types": "any",
        "multi": "boolean",
        "observed_area": "geometry",
        "phenomenon_time": "time",
        "result_time": "time",
        "thing_id": "number",
        "sensor_id": "number",
    },
    "feature": _WORDS | _JSON | {"encoding": "text", "geometry": "geometry"},
    "observation": {
        "id": "number",
        "datastream_id": "number",
        "feature_id": "number",
        "phenomenon_time": "time",
        "result_time": "time",
        "result": "any",
        "flags": "number",
        "extra": "any",
    },
}


@dataclass(frozen=True, slots=True)
class Relation:
    """One kind's way to another: by `mine` = `theirs`, or through a table of pairs.

    `only` narrows the other side: columns with the value they must have.
    """

    kind: str
    mine: str
    theirs: str
    pairs: Table | None = None
    pair_mine: str = ""
    pair_theirs: str = ""
    only: tuple[tuple[str, bool | None], ...] = ()

    def joins(self, mine: FromClause, theirs: FromClause) -> ColumnElement[bool]:
        """The condition that two rows are related. A table of pairs joins the statement; it has no twins."""
        narrowed = [
            theirs.c[name].is_(None) if value is None else theirs.c[name] == value
            for name, value in self.only
        ]
        if self.pairs is None:
            return and_(mine.c[self.mine] == theirs.c[self.theirs], *narrowed)
        pair = self.pairs.alias()
        found = (
            pair.c[self.pair_mine] == mine.c[self.mine],
            pair.c[self.pair_theirs] == theirs.c[self.theirs],
        )
        return and_(*found, *narrowed)


def _one(kind: str, mine: str, *only: tuple[str, bool | None]) -> Relation:
    return Relation(kind, mine, "id", only=only)


def _many(kind: str, theirs: str, *only: tuple[str, bool | None]) -> Relation:
    return Relation(kind, "id", theirs, only=only)


def _through(kind: str, pairs: Table, mine: str, theirs: str, *only: tuple[str, bool | None]) -> Relation:
    return Relation(kind, "id", "id", pairs, mine, theirs, only)


_CURRENT = ("superseded_at", None)
_OF_PROPERTY = ("datastream", DATASTREAM_PROPERTY, "observed_property_id", "datastream_id")
_SINGLE, _MULTI = ("multi", False), ("multi", True)
RELATIONS: dict[str, dict[str, Relation]] = {
    "thing": {
        "datastreams": _many("datastream", "thing_id"),
        "single_datastreams": _many("datastream", "thing_id", _SINGLE),
        "multi_datastreams": _many("datastream", "thing_id", _MULTI),
        "locations": _through("location", THING_LOCATION, "thing_id", "location_id"),
        "historical_locations": _many("historical_location", "thing_id"),
    },
    "location": {
        "things": _through("thing", THING_LOCATION, "location_id", "thing_id"),
        "historical_locations": _through(
            "historical_location", HISTORICAL_PLACE, "location_id", "historical_location_id"
        ),
    },
    "historical_location": {
        "thing": _one("thing", "thing_id"),
        "locations": _through("location", HISTORICAL_PLACE, "historical_location_id", "location_id"),
    },
    "sensor": {
        "datastreams": _many("datastream", "sensor_id"),
        "single_datastreams": _many("datastream", "sensor_id", _SINGLE),
        "multi_datastreams": _many("datastream", "sensor_id", _MULTI),
    },
    "observed_property": {
        "datastreams": _through(*_OF_PROPERTY),
        "single_datastreams": _through(*_OF_PROPERTY, _SINGLE),
        "multi_datastreams": _through(*_OF_PROPERTY, _MULTI),
    },
    "datastream": {
        "thing": _one("thing", "thing_id"),
        "sensor": _one("sensor", "sensor_id"),
        "observed_properties": _through(
            "observed_property", DATASTREAM_PROPERTY, "datastream_id", "observed_property_id"
        ),
        "observations": _many("observation", "datastream_id", _CURRENT),
    },
    "feature": {"observations": _many("observation", "feature_id", _CURRENT)},
    "observation": {
        "datastream": _one("datastream", "datastream_id"),
        "single_datastream": _one("datastream", "datastream_id", _SINGLE),
        "multi_datastream": _one("datastream", "datastream_id", _MULTI),
        "feature": _one("feature", "feature_id"),
    },
}


_RESULT = ("first_result_time", "last_result_time")


def span_of(kind: str, source: FromClause, field: str) -> tuple[Any, Any]:
    """Begin and end of a time field in microseconds; the end is None for what is an instant."""
    if kind == "datastream":
        names = ("first_time", "last_time") if field == "phenomenon_time" else _RESULT
        mine = LATEST.c.datastream_id == source.c.id
        first, last = (select(LATEST.c[name]).where(mine).scalar_subquery() for name in names)
        return first, last
    return source.c[field], source.c["phenomenon_end"] if field == "phenomenon_time" else None
