"""Points in records: two columns of degrees, or one GeoJSON geometry, become `geometry`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from allmende.connectors.json.records import is_geometry
from allmende.errors import Unreadable
from allmende.structure.reading.names import column_name
from allmende.structure.reading.shape import FoundColumn
from allmende.structure.reading.values import Fault, to_number

_X = ("longitude", "lon", "lng", "long")
_Y = ("latitude", "lat", "lat", "lat")


@dataclass(frozen=True, slots=True)
class PointColumn:
    """The column made of points, the rows whose point cannot be meant, and the columns it was made of.

    It takes the place of a column with the same name.
    """

    column: FoundColumn
    faults: list[Fault]
    described: str


def point_column(found: Sequence[FoundColumn], option: dict[str, str] | bool) -> PointColumn | None:
    """The geometry that the option asks for or, without one, that names leave no doubt about."""
    if option is False:
        return None
    if isinstance(option, dict):
        return _from_names(found, option.get("x", ""), option.get("y", ""))
    for column in found:
        if any(isinstance(v, dict) for v in column.values) and all(
            v is None or (isinstance(v, dict) and is_geometry(v)) for v in column.values
        ):
            return _from_geometries(column)
    names = _guess(found)
    return _from_names(found, *names) if names else None


def _guess(found: Sequence[FoundColumn]) -> tuple[str, str] | None:
    """The first pair of columns whose last words are longitude and latitude, with the same words before."""
    by_name = {column_name(column.source_name): column for column in found}
    for name, column in by_name.items():
        parent, mark, last = name.rpartition("_")
        for x, y in zip(_X, _Y, strict=True):
            partner = by_name.get(f"{parent}{mark}{y}")
            if (
                last == x
                and partner
                and _are_degrees(column.values, 180)
                and _are_degrees(partner.values, 90)
            ):
                return column.source_name, partner.source_name
    return None


def _are_degrees(values: Sequence[Any], most: int) -> bool:
    numbers = [degrees for value in values if (degrees := _degrees(value)) is not None]
    return bool(numbers) and all(abs(n) <= most for n in numbers)


def _degrees(value: Any) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return to_number(value, comma=isinstance(value, str) and "," in value)
    except ValueError:
        return None


def _from_names(found: Sequence[FoundColumn], x: str, y: str) -> PointColumn:
    by_name = {column.source_name: column for column in found}
    missing = [name or "(none)" for name in (x, y) if name not in by_name]
    if missing:
        raise Unreadable(
            f"options.point names columns that are not there: {', '.join(missing)}",
            hint=f"There are: {', '.join(list(by_name)[:12])}.",
        )
    pairs = [
        (_degrees(lon), _degrees(lat)) for lon, lat in zip(by_name[x].values, by_name[y].values, strict=True)
    ]
    faults = [Fault(i, "geometry", reason) for i, pair in enumerate(pairs) if (reason := _fault(*pair))]
    return PointColumn(FoundColumn("geometry", _points(pairs), "geometry"), faults, f"{x}, {y}")


def _points(pairs: Sequence[tuple[float | None, float | None]]) -> list[bytes | None]:
    """Points as WKB; None where one of the degrees is unknown."""
    known = [pair for pair in pairs if None not in pair]
    made = iter(shapely.to_wkb(shapely.points(np.array(known, dtype=float).reshape(-1, 2))))
    return [None if None in pair else next(made) for pair in pairs]


def _fault(lon: float | None, lat: float | None) -> str:
    if lon is None or lat is None:
        return ""
    if abs(lon) <= 180 and abs(lat) <= 90:
        return ""
    return f"{lon:g}, {lat:g} are no degrees of longitude and latitude"


def _from_geometries(column: FoundColumn) -> PointColumn | None:
    """None when the coordinates are no degrees: which system they are in, this connector cannot know."""
    texts = [None if v is None else json.dumps(v) for v in column.values]
    shapes = shapely.force_2d(shapely.from_geojson(texts, on_invalid="ignore"))
    west, south, east, north = shapely.total_bounds(shapes)
    if west < -180 or east > 180 or south < -90 or north > 90:
        return None
    faults = [
        Fault(index, "geometry", "the geometry cannot be read")
        for index, (text, shape) in enumerate(zip(texts, shapes, strict=True))
        if text is not None and shape is None
    ]
    made = FoundColumn(column.source_name, list(shapely.to_wkb(shapes)), "geometry")
    return PointColumn(made, faults, column.source_name)
