"""Conditions on one geometry: distances in metres on the earth, relations as of OGC Simple Features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shapely
from pyproj import Geod
from shapely.ops import nearest_points

from allmende.errors import RecipeInvalid
from allmende.model.query import COMPARISONS, Call, Constant, Expression, Path

_EARTH = Geod(ellps="WGS84")
_RELATIONS: dict[str, Any] = {
    "geo.intersects": shapely.intersects,
    "st_intersects": shapely.intersects,
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_contains": shapely.contains,
}
GEOMETRIC = (*_RELATIONS, "st_relate", "geo.distance", "geo.length")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


def fulfils(part: Call, shape: Any) -> bool:
    """Whether a shape fulfils a condition with one path in it. Raises RecipeInvalid when it is none."""
    if shape is None or shapely.is_empty(shape):
        return False
    found = _value(part, shape)
    if not isinstance(found, bool):
        raise RecipeInvalid("this is not a condition", where=f"character {part.position}")
    return found


def _value(part: Expression, shape: Any) -> Any:
    if isinstance(part, Path):
        return shape
    if isinstance(part, Constant):
        return shapely.from_wkt(str(part.value)) if part.kind == "geometry" else part.value
    if not isinstance(part, Call):
        raise RecipeInvalid("this cannot stand here")
    operands = [_value(operand, shape) for operand in part.operands]
    if part.name in COMPARISONS:
        return bool(_COMPARE[part.name](*operands))
    return _call(part, operands)


def _call(part: Call, operands: list[Any]) -> Any:
    if part.name in _RELATIONS:
        return bool(_RELATIONS[part.name](*operands))
    if part.name == "st_relate":
        if len(operands) < 3:
            return str(shapely.relate(*operands))
        return bool(shapely.relate_pattern(*operands))
    if part.name == "geo.length":
        return float(_EARTH.geometry_length(operands[0]))
    if part.name == "geo.distance":
        return distance(*operands)
    raise RecipeInvalid(f"{part.name} cannot be used with a place", where=f"character {part.position}")


def distance(one: Any, other: Any) -> float:
    """The distance of two shapes on the earth, in metres."""
    (first, second) = nearest_points(one, other)
    return float(_EARTH.inv(first.x, first.y, second.x, second.y)[2])
