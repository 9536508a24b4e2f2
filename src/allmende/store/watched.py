"""All datastreams with their things, properties and places, in one query."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from allmende.model.access import Access, strictest
from allmende.model.text import names_of
from allmende.model.watched import Watched
from allmende.store.thing_tables import (
    DATASTREAM,
    DATASTREAM_PROPERTY,
    LOCATION,
    OBSERVED_PROPERTY,
    THING,
    THING_LOCATION,
)


def read_watched(db: Connection) -> tuple[Watched, ...]:
    """Every datastream of one property, by number; those of several properties have no one value."""
    place = _places()
    query = (
        select(
            *(DATASTREAM.c[name] for name in ("id", "key", "name", "units", "properties", "access")),
            THING.c.id.label("thing"),
            THING.c.key.label("thing_key"),
            THING.c.name.label("thing_name"),
            THING.c.access.label("thing_access"),
            THING.c.properties.label("thing_properties"),
            OBSERVED_PROPERTY.c.key.label("property_key"),
            OBSERVED_PROPERTY.c.name.label("property_name"),
            OBSERVED_PROPERTY.c.properties.label("property_properties"),
            place.c.longitude,
            place.c.latitude,
        )
        .join(THING, THING.c.id == DATASTREAM.c.thing_id)
        .join(DATASTREAM_PROPERTY, DATASTREAM_PROPERTY.c.datastream_id == DATASTREAM.c.id)
        .join(OBSERVED_PROPERTY, OBSERVED_PROPERTY.c.id == DATASTREAM_PROPERTY.c.observed_property_id)
        .outerjoin(place, place.c.thing_id == DATASTREAM.c.thing_id)
        .where(DATASTREAM.c.multi.is_(False), DATASTREAM_PROPERTY.c.position == 0)
        .order_by(DATASTREAM.c.id)
    )
    return tuple(_watched(row) for row in db.execute(query))


def _places() -> Any:
    """The middle of each thing's present place; of several the mean of their boxes."""
    return (
        select(
            THING_LOCATION.c.thing_id,
            func.avg((LOCATION.c.west + LOCATION.c.east) / 2).label("longitude"),
            func.avg((LOCATION.c.south + LOCATION.c.north) / 2).label("latitude"),
        )
        .join(LOCATION, LOCATION.c.id == THING_LOCATION.c.location_id)
        .group_by(THING_LOCATION.c.thing_id)
        .subquery()
    )


def _watched(row: Any) -> Watched:
    unit = (row.units or [{}])[0]
    return Watched(
        datastream_id=row.id,
        datastream_key=row.key,
        name=row.name,
        thing_id=row.thing,
        thing_key=row.thing_key,
        thing_name=row.thing_name,
        property_key=row.property_key,
        property_name=row.property_name,
        unit=unit.get("ucum") or unit.get("symbol") or "",
        longitude=row.longitude,
        latitude=row.latitude,
        properties=row.properties or {},
        access=strictest([Access.parse(row.access), Access.parse(row.thing_access)]),
        sign=unit.get("symbol") or unit.get("ucum") or "",
        thing_title=names_of(row.thing_properties or {}, row.thing_name),
        property_title=names_of(row.property_properties or {}, row.property_name),
    )
