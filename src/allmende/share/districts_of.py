"""In which district a point lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from allmende.model.geometry import box_of
from allmende.model.place import Place

Ring = Sequence[Sequence[float]]


def district_of(places: Sequence[Place], position: tuple[float, float] | None) -> Place | None:
    """The district around a point (longitude, latitude); None when there is none or nobody knows the point."""
    if position is None:
        return None
    return next((place for place in places if _inside(place.geometry, *position)), None)


def _inside(geometry: dict[str, Any], x: float, y: float) -> bool:
    box = box_of(geometry)
    if box is None or not (box.west <= x <= box.east and box.south <= y <= box.north):
        return False
    return any(_in_polygon(polygon, x, y) for polygon in _polygons(geometry))


def _polygons(geometry: dict[str, Any]) -> Iterator[Sequence[Ring]]:
    kind = geometry.get("type")
    if kind == "Polygon":
        yield geometry["coordinates"]
    elif kind == "MultiPolygon":
        yield from geometry["coordinates"]
    elif kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _polygons(part)


def _in_polygon(rings: Sequence[Ring], x: float, y: float) -> bool:
    """Inside an odd number of rings: within the outline and in none of its holes."""
    return sum(_in_ring(ring, x, y) for ring in rings) % 2 == 1


def _in_ring(ring: Ring, x: float, y: float) -> bool:
    """A ray to the east crosses the ring an odd number of times (the even-odd rule)."""
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
