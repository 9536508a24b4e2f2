"""Things and all that describes them, as rows and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from allmende.model.access import Access
from allmende.model.geometry import box_of
from allmende.model.observation import microseconds, moment
from allmende.model.thing import (
    AnyDescribed,
    Datastream,
    Feature,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
    ThingKind,
    Unit,
)
from allmende.store.thing_tables import (
    DATASTREAM,
    FEATURE,
    HISTORICAL_LOCATION,
    LOCATION,
    OBSERVED_PROPERTY,
    SENSOR,
    THING,
)

Described = AnyDescribed
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is kept: its table, and the two ways between value and row."""

    name: ThingKind
    type: type[Any]
    table: Table
    row_of: Callable[[Any], Row]
    value_of: Callable[[Mapping[str, Any]], Any]


def _plain(*names: str) -> Callable[[Any], Row]:
    return lambda value: (
        {name: getattr(value, name) for name in ("id", *names)} | {"access": value.access.label}
    )


def _placed(*names: str) -> Callable[[Any], Row]:
    plain = _plain(*names)

    def row_of(value: Any) -> Row:
        box = box_of(value.geometry)
        sides = {side: getattr(box, side, None) for side in ("west", "south", "east", "north")}
        return plain(value) | sides

    return row_of


def _datastream_row(datastream: Datastream) -> Row:
    names = ("key", "name", "description", "thing_id", "sensor_id", "multi", "observation_type")
    return _plain(*names, "observed_area", "properties")(datastream) | {
        "units": [unit_to_json(unit) for unit in datastream.units],
        "types": list(datastream.types),
    }


def _datastream(row: Mapping[str, Any]) -> Datastream:
    """`observed_property_ids` is not a column: it comes with the row under that name."""
    return Datastream(
        **_picked(row, Datastream)
        | {
            "units": tuple(Unit(**unit) for unit in row["units"]),
            "types": tuple(row["types"]),
            "observed_property_ids": tuple(row.get("observed_property_ids", ())),
        }
    )


def unit_to_json(unit: Unit) -> dict[str, str | None]:
    """A unit as it is kept in `datastream.units`."""
    return {
        "name": unit.name,
        "symbol": unit.symbol,
        "definition": unit.definition,
        "ucum": unit.ucum,
    }


def _historical_row(value: HistoricalLocation) -> Row:
    return {"id": value.id, "thing_id": value.thing_id, "time": microseconds(value.time)}


def _historical(row: Mapping[str, Any]) -> HistoricalLocation:
    """`location_ids` comes with the row under that name."""
    places = tuple(row.get("location_ids", ()))
    return HistoricalLocation(row["id"], row["thing_id"], moment(row["time"]), places)


def _picked(row: Mapping[str, Any], type_: type[Any]) -> Row:
    found = {name: row[name] for name in type_.__slots__ if name in row}
    return found | ({"access": Access.parse(row["access"])} if "access" in row else {})


def _picking(type_: type[Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: type_(**_picked(row, type_))


_WORDS = ("key", "name", "description", "properties")
KINDS: dict[ThingKind, Kind] = {
    kind.name: kind
    for kind in (
        Kind("thing", Thing, THING, _plain(*_WORDS), _picking(Thing)),
        Kind("location", Location, LOCATION, _placed(*_WORDS, "encoding", "geometry"), _picking(Location)),
        Kind(
            "historical_location",
            HistoricalLocation,
            HISTORICAL_LOCATION,
            _historical_row,
            _historical,
        ),
        Kind("sensor", Sensor, SENSOR, _plain(*_WORDS, "encoding", "metadata"), _picking(Sensor)),
        Kind(
            "observed_property",
            ObservedProperty,
            OBSERVED_PROPERTY,
            _plain(*_WORDS, "definition"),
            _picking(ObservedProperty),
        ),
        Kind("datastream", Datastream, DATASTREAM, _datastream_row, _datastream),
        Kind("feature", Feature, FEATURE, _placed(*_WORDS, "encoding", "geometry"), _picking(Feature)),
    )
}


def kind_of(value: Described) -> Kind:
    """How a value is kept."""
    return next(kind for kind in KINDS.values() if kind.type is type(value))
