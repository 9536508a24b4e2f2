"""Where in a document the car parks are, and what their fields are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allmende.errors import Unreadable
from allmende.structure.reading.observed import place

FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "uid", "original_uid", "id2", "obs_parkid"),
    "name": ("name", "park_name", "title", "longname"),
    "free": ("free", "realtime_free_capacity", "obs_free", "free_spaces", "available"),
    "occupied": ("occupied", "realtime_occupied"),
    "capacity": ("total", "realtime_capacity", "capacity", "obs_max"),
    "state": ("state", "realtime_opening_status", "opening_status"),
    "time": ("realtime_data_updated_at", "last_updated", "timestamp", "published", "obs_ts", "updated_at"),
    "longitude": ("lon", "lng", "long", "longitude"),
    "latitude": ("lat", "latitude"),
}
_LISTS = ("lots", "items", "features", "results", "data", "records")
_INSIDE = ("coords", "geo_point_2d", "location", "coordinates")


def lots_of(document: Any) -> tuple[list[Any], Any]:
    """The car parks, and the time that counts for all of them (None: each has its own).

    Raises Unreadable when there are none in the document.
    """
    if isinstance(document, list):
        return document, None
    if isinstance(document, dict):
        for name in _LISTS:
            if isinstance(document.get(name), list):
                return [_flat(lot) for lot in document[name]], document.get("last_updated")
        if document and all(isinstance(lot, dict) for lot in document.values()):
            return [{"id": key, **lot} for key, lot in document.items()], None
    hint = "It should have a list `lots` (ParkAPI v1), `items` (v3) or `features` (GeoJSON)."
    raise Unreadable("there are no car parks in this document", hint=hint)


def _flat(lot: Any) -> Any:
    """A GeoJSON feature as one object; its id and geometry stay beside its properties."""
    if not isinstance(lot, dict) or not isinstance(lot.get("properties"), dict):
        return lot
    outer = {name: lot[name] for name in ("id", "geometry") if name in lot}
    return {**outer, **lot["properties"]}


def value_of(lot: Mapping[str, Any], name: str, named: Mapping[str, str]) -> Any:
    """The field as the options name it, or the first of its usual names that is there."""
    if name in named:
        return lot.get(named[name])
    return next((lot[word] for word in FIELDS[name] if lot.get(word) is not None), None)


def place_of(lot: Mapping[str, Any], named: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Degrees from the car park's fields, an object inside it, or a GeoJSON point; metres are no degrees."""
    geometry = lot.get("geometry")
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        return place(coordinates[0], coordinates[1])
    inner = next((lot[word] for word in _INSIDE if isinstance(lot.get(word), dict)), lot)
    return place(value_of(inner, "longitude", named), value_of(inner, "latitude", named))
