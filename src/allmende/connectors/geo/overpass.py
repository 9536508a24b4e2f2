"""Overpass JSON, the raw form of OpenStreetMap: nodes, ways and relations to points, lines and areas.

What is an area follows the OpenStreetMap wiki (key:area, "Way", "Relation:multipolygon").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from allmende.connectors.geo.features import Features, columns_of
from allmende.structure.reading.values import Fault

Point = tuple[float, float]
_AREA_KEYS = frozenset(
    [
        "amenity",
        "area",
        "building",
        "boundary",
        "craft",
        "historic",
        "landuse",
        "leisure",
        "man_made",
        "natural",
        "office",
        "place",
        "power",
        "public_transport",
        "shop",
        "sport",
        "tourism",
        "water",
    ]
)
_LINE_KEYS = frozenset({"highway", "barrier", "railway", "waterway"})
_ABOUT = ("timestamp", "version")


def is_overpass(document: Any) -> bool:
    """True for an answer of the Overpass API."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("elements"), list)
        and "features" not in document
    )


def read_overpass(document: dict[str, Any]) -> Features:
    """Every element with tags, and every other that no way or relation is made of, is a row.

    Names of mappers (`user`, `uid`) are personal data and left out.
    """
    elements = document["elements"]
    parts = Parts(elements)
    rows = [e for e in elements if not (isinstance(e, dict) and parts.is_only_a_part(e))]
    shapes = np.empty(len(rows), dtype=object)
    faults: list[Fault] = []
    for index, element in enumerate(rows):
        if not _is_element(element):
            faults.append(Fault(index, "", "this is no node, way or relation"))
            continue
        try:
            shapes[index] = parts.shape(element)
        except (shapely.errors.ShapelyError, TypeError, ValueError, KeyError) as error:
            faults.append(Fault(index, "geometry", f"the geometry cannot be made: {error}"))
    return Features(
        columns=columns_of([_record(element) for element in rows]),
        shapes=shapes,
        crs="",
        raw_of=lambda index: json.dumps(rows[index], ensure_ascii=False),
        faults=faults,
        detected={"format": "Overpass JSON"},
    )


def _is_element(element: Any) -> bool:
    return (
        isinstance(element, dict) and element.get("type") in ("node", "way", "relation") and "id" in element
    )


def _record(element: Any) -> dict[str, Any]:
    if not _is_element(element):
        return {}
    about = {name: element[name] for name in _ABOUT if name in element}
    return {"@id": f"{element['type']}/{element['id']}", **about, **_tags(element)}


class Parts:
    """All elements by type and id, and which of them are only there for others."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self._by_id = {(e["type"], e["id"]): e for e in elements if _is_element(e) and _hashable(e["id"])}
        self._used = {("node", n) for e in self._by_id.values() for n in _list(e, "nodes") if _hashable(n)}
        for element in self._by_id.values():
            for member in _list(element, "members"):
                if isinstance(member, dict) and _hashable(member.get("ref")):
                    self._used.add((str(member.get("type")), member.get("ref")))

    def is_only_a_part(self, element: dict[str, Any]) -> bool:
        """True for an element without tags that another one is made of."""
        id_ = element.get("id")
        return not element.get("tags") and _hashable(id_) and (element.get("type"), id_) in self._used

    def shape(self, element: dict[str, Any]) -> BaseGeometry | None:
        """The element's geometry; None when parts of it are missing."""
        if element["type"] == "node":
            return _node(element)
        made = self._way(element) if element["type"] == "way" else self._relation(element)
        return _node(element["center"]) if made is None and isinstance(element.get("center"), dict) else made

    def _points(self, way: dict[str, Any]) -> list[Point] | None:
        drawn = _list(way, "geometry")
        nodes = drawn or [self._by_id.get(("node", n)) for n in _list(way, "nodes")]
        points = [_point(node) for node in nodes]
        return [p for p in points if p is not None] if points and None not in points else None

    def _way(self, way: dict[str, Any]) -> BaseGeometry | None:
        points = self._points(way)
        if points is None or len(points) < 2:
            return None
        return shapely.Polygon(points) if _is_area(way, points) else shapely.LineString(points)

    def _relation(self, relation: dict[str, Any]) -> BaseGeometry | None:
        """An area of outer and inner rings, or the lines of a route."""
        lines: dict[bool, list[shapely.LineString]] = {False: [], True: []}
        for member in _list(relation, "members"):
            if not isinstance(member, dict) or member.get("type") != "way":
                continue
            way = member if "geometry" in member else self._by_id.get(("way", member.get("ref")), {})
            points = self._points(way)
            if points is None or len(points) < 2:
                return None
            lines[member.get("role") == "inner"].append(shapely.LineString(points))
        if not lines[False]:
            return None
        if _tags(relation).get("type") in ("multipolygon", "boundary"):
            return _area(lines[False], lines[True])
        return shapely.MultiLineString(lines[False] + lines[True])


def _area(outer: Iterable[BaseGeometry], inner: Iterable[BaseGeometry]) -> BaseGeometry | None:
    """Rings closed from their pieces; None when the pieces do not close."""
    whole = _closed(outer)
    if whole is None:
        return None
    holes = _closed(inner)
    return whole if holes is None else shapely.difference(whole, holes)


def _closed(lines: Iterable[BaseGeometry]) -> BaseGeometry | None:
    rings, *loose = shapely.polygonize_full(list(lines))
    if shapely.is_empty(rings) or not all(map(shapely.is_empty, loose)):
        return None
    return shapely.union_all(shapely.get_parts(rings))


def _is_area(way: dict[str, Any], points: Sequence[Point]) -> bool:
    tags = _tags(way)
    if len(points) < 4 or points[0] != points[-1] or tags.get("area") == "no":
        return False
    return tags.get("area") == "yes" or (not tags.keys() & _LINE_KEYS and bool(tags.keys() & _AREA_KEYS))


def _node(node: dict[str, Any]) -> BaseGeometry | None:
    point = _point(node)
    return None if point is None else shapely.Point(point)


def _point(node: Any) -> Point | None:
    if not isinstance(node, dict):
        return None
    lon, lat = node.get("lon"), node.get("lat")
    return (float(lon), float(lat)) if isinstance(lon, int | float) and isinstance(lat, int | float) else None


def _tags(element: dict[str, Any]) -> dict[str, Any]:
    tags = element.get("tags")
    return tags if isinstance(tags, dict) else {}


def _list(element: dict[str, Any], name: str) -> list[Any]:
    value = element.get(name)
    return value if isinstance(value, list) else []


def _hashable(value: Any) -> bool:
    return isinstance(value, int | str)
