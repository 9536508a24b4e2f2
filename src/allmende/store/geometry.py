"""Conditions on one geometry: distances in metres on the earth, relations as of OGC Simple Features."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import shapely
from pyproj import Geod
from shapely.ops import nearest_points

from allmende.errors import RecipeInvalid
from allmende.model.query import COMPARISONS, Call, Constant, Expression, Kind, Path

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
# Two shapes that are so related share a point, so their boxes do.
TOUCHING = tuple(name for name in _RELATIONS if name != "st_disjoint")
GEOMETRIC = (*_RELATIONS, "st_relate", "geo.distance", "geo.length")
_SIGNATURES: dict[tuple[str, tuple[Kind, ...]], Kind] = {
    **{(name, ("geometry", "geometry")): "boolean" for name in _RELATIONS},
    ("st_relate", ("geometry", "geometry", "text")): "boolean",
    ("st_relate", ("geometry", "geometry")): "text",
    ("geo.distance", ("geometry", "geometry")): "number",
    ("geo.length", ("geometry",)): "number",
    **{(name, (kind, kind)): "boolean" for name in COMPARISONS for kind in ("number", "text")},
    **{(name, ("boolean", "boolean")): "boolean" for name in ("eq", "ne")},
}  # fmt: skip
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


def check_geometric(part: Call) -> None:
    """Raises RecipeInvalid when a condition with one path in it compares what cannot be compared."""
    if _kind(part) != "boolean":
        raise RecipeInvalid("this is not a condition", where=f"character {part.position}")


def always(part: Call) -> bool:
    """Whether a condition without any path holds, as for the length of a given line."""
    return fulfils(part, shapely.Point(0, 0))


def _kind(part: Expression) -> Kind:
    if isinstance(part, Path):
        return "geometry"
    if isinstance(part, Constant):
        _check_constant(part)
        return part.kind
    if not isinstance(part, Call):
        raise RecipeInvalid("this cannot stand here")
    kinds = tuple(_kind(operand) for operand in part.operands)
    found = _SIGNATURES.get((part.name, kinds))
    if found is None:
        named = ", ".join(kinds)
        raise RecipeInvalid(f"{part.name} does not take {named}", where=f"character {part.position}")
    if part.name == "st_relate" and len(kinds) == 3:
        _check_pattern(part.operands[2])
    return found


def _check_constant(part: Constant) -> None:
    if part.kind == "geometry" and shapely.is_empty(shapely.from_wkt(str(part.value))):
        raise RecipeInvalid("an empty geometry is nowhere")


def _check_pattern(pattern: Expression) -> None:
    text = getattr(pattern, "value", None)
    if not isinstance(text, str) or not re.fullmatch(r"[TF*012]{9}", text):
        raise RecipeInvalid("the pattern of st_relate has nine characters of T, F, *, 0, 1, 2")


def fulfils(part: Call, shape: Any) -> bool:
    """Whether a shape fulfils a condition that was checked. What has no geometry fulfils none."""
    if shape is None or shapely.is_empty(shape):
        return False
    try:
        return bool(_value(part, shape))
    except (shapely.errors.ShapelyError, ValueError):  # a broken geometry, as somebody sent it
        return False


def _value(part: Expression, shape: Any) -> Any:
    if isinstance(part, Constant):
        return shapely.from_wkt(str(part.value)) if part.kind == "geometry" else part.value
    if not isinstance(part, Call):
        return shape
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
    return distance(*operands)


def distance(one: Any, other: Any) -> float:
    """The distance of two shapes on the earth, in metres."""
    (first, second) = nearest_points(one, other)
    return float(_EARTH.inv(first.x, first.y, second.x, second.y)[2])
