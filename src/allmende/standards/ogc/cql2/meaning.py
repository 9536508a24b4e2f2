"""From the parts of a filter to conditions over the columns of a collection."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from allmende.model.dataset import Column
from allmende.model.selection import (
    Between,
    Both,
    Compare,
    Condition,
    Either,
    InBox,
    IsNull,
    Like,
    Not,
    OneOf,
    Operator,
    Relation,
    Spatial,
)
from allmende.standards.ogc.collections import CRS84, SYSTEMS, Collection
from allmende.standards.ogc.cql2.nodes import Box, Call, Literal, Named, Node, Shape, Span, fault
from allmende.standards.ogc.cql2.times import RELATIONS, Times, related
from allmende.standards.ogc.places import in_degrees

_SIGNS: dict[str, tuple[Operator, Operator]] = {
    "=": ("=", "="),
    "<>": ("<>", "<>"),
    "<": ("<", ">"),
    "<=": ("<=", ">="),
    ">": (">", "<"),
    ">=": (">=", "<="),
}
_SPATIAL: dict[str, tuple[Relation, Relation]] = {
    "s_intersects": ("intersects", "intersects"),
    "s_within": ("within", "contains"),
    "s_contains": ("contains", "within"),
    "s_disjoint": ("disjoint", "disjoint"),
    "s_touches": ("touches", "touches"),
    "s_crosses": ("crosses", "crosses"),
    "s_overlaps": ("overlaps", "overlaps"),
    "s_equals": ("equals", "equals"),
}


@dataclass(frozen=True)
class Meaning:
    """What filters mean in one collection; geometries in them are in the system `crs`."""

    collection: Collection
    crs: str

    def condition(self, node: Node) -> Condition:
        """What this part asks. Raises BadParameter."""
        if isinstance(node, bool):
            return Both(()) if node else Either(())
        if isinstance(node, Named):
            return Compare(self._column(node).name, "=", True)
        if not isinstance(node, Call):
            raise fault(f"{str(node)[:40]!r} is neither true nor false")
        if node.name in ("and", "or"):
            parts = tuple(self.condition(one) for one in node.given)
            return Both(parts) if node.name == "and" else Either(parts)
        if node.name == "not" and len(node.given) == 1:
            return Not(self.condition(node.given[0]))
        return self._predicate(node)

    def _predicate(self, call: Call) -> Condition:
        match call.name, call.given:
            case name, (left, right) if name in _SIGNS:
                return self._compare(name, left, right)
            case name, (left, right) if name in _SPATIAL:
                return self._spatial(name, left, right)
            case name, (left, right) if name in RELATIONS:
                return related(name, self._times(left), self._times(right))
            case "isNull", (Named() as left,):
                return IsNull(self._column(left).name)
            case "like", (left, right):
                return self._like(left, right)
            case "between", (Named() as left, low, high):
                column = self._column(left)
                return Between(column.name, _value(low, column), _value(high, column))
            case "in", (left, *values):
                return self._one_of(left, values)
        raise fault(
            f"{call.name[:40]!r} is not known here, or has other parts",
            "The requirements classes kept are at /ogc/conformance.",
        )

    # --- comparing ---

    def _compare(self, sign: str, left: Node, right: Node) -> Condition:
        if isinstance(left, Call) or isinstance(right, Call):
            return self._without_case(sign, left, right)
        if isinstance(left, Named):
            column = self._column(left)
            return Compare(column.name, _SIGNS[sign][0], _value(right, column))
        if isinstance(right, Named):
            column = self._column(right)
            return Compare(column.name, _SIGNS[sign][1], _value(left, column))
        raise fault("a comparison has a property on one side")

    def _without_case(self, sign: str, left: Node, right: Node) -> Condition:
        """`CASEI(property) = CASEI('text')`: a pattern without places to fill."""
        column, text = self._column(_inside(left)), _inside(right)
        if sign not in ("=", "<>") or not isinstance(text, str):
            raise fault("with CASEI only texts are compared, for being equal or not")
        found = Like(column.name, re.sub(r"([\\%_])", r"\\\1", text), ignore_case=True)
        return found if sign == "=" else Not(found)

    def _like(self, left: Node, right: Node) -> Condition:
        column, pattern = self._column(_inside(left)), _inside(right)
        if not isinstance(pattern, str):
            raise fault("LIKE takes a pattern in single quotes")
        return Like(column.name, pattern, ignore_case=isinstance(left, Call))

    def _one_of(self, left: Node, values: Sequence[Node]) -> Condition:
        if isinstance(left, Call):
            return Either(tuple(self._without_case("=", left, one) for one in values))
        column = self._column(left)
        return OneOf(column.name, tuple(_value(one, column) for one in values))

    # --- places and times ---

    def _spatial(self, name: str, left: Node, right: Node) -> Condition:
        if isinstance(left, Named):
            return self._place(self._column(left), _SPATIAL[name][0], right)
        return self._place(self._column(right), _SPATIAL[name][1], left)

    def _place(self, column: Column, relation: Relation, other: Node) -> Condition:
        if isinstance(other, Box):
            west, south, east, north = in_degrees(list(other.sides), self.crs)
            if relation == "intersects":
                return InBox(column.name, west, south, east, north)
            return Spatial(column.name, relation, shapely.to_wkb(shapely.box(west, south, east, north)))
        if isinstance(other, Shape):
            return Spatial(column.name, relation, shapely.to_wkb(_in_degrees(_shape(other), self.crs)))
        raise fault(f"{relation} compares a property with a geometry")

    def _times(self, node: Node) -> Times:
        if isinstance(node, Span):
            return Times(self._end(node.begin), self._end(node.end))
        if isinstance(node, Named | date):
            end = self._end(node)
            return Times(end, end)
        raise fault("temporal functions take properties, DATE, TIMESTAMP and INTERVAL")

    def _end(self, end: Named | date | None) -> Column | date | None:
        if not isinstance(end, Named):
            return end
        column = self._column(end)
        if column.type not in ("date", "datetime"):
            raise fault(f"{column.name!r} is no time")
        return column

    def _column(self, node: Node) -> Column:
        if not isinstance(node, Named):
            raise fault("one side of a predicate is a property")
        for column in self.collection.view.columns:
            if column.name == node.name:
                return column
        raise fault(f"there is no property {node.name[:60]!r}")


def _inside(node: Node) -> Node:
    """What is in CASEI( ); anything else as it is. Raises BadParameter for other functions."""
    if not isinstance(node, Call):
        return node
    if node.name != "casei" or len(node.given) != 1:
        raise fault(f"the function {node.name[:40]!r} is not known here")
    return _inside(node.given[0])


def _value(node: Node, column: Column) -> Literal:
    if isinstance(node, Call | Named | Shape | Box | Span):
        raise fault(f"{column.name!r} can be compared with values only")
    if column.type == "text" and not isinstance(node, str):
        raise fault(f"{column.name!r} is text; {str(node)[:40]} is none", "Put it in single quotes.")
    if isinstance(node, float) and not math.isfinite(node):
        raise fault("there is a number that is too large")
    return node


def _shape(written: Shape) -> Any:
    try:
        return shapely.from_geojson(written.text) if written.json else shapely.from_wkt(written.text)
    except shapely.errors.GEOSException as error:
        raise fault(f"the geometry {written.text[:40]!r} cannot be read") from error


def _in_degrees(shape: Any, crs: str) -> Any:
    """The geometry in WGS 84, longitude first, whatever order of axes it was written in. Heights are left out."""
    flat = shapely.force_2d(shape)
    if crs == CRS84:
        return flat
    import pyproj  # 15 MB that most requests never need

    transformer = pyproj.Transformer.from_crs(SYSTEMS[crs], "OGC:CRS84")
    moved = shapely.transform(flat, lambda places: np.column_stack(transformer.transform(*places.T)))
    if not math.isfinite(float(shapely.get_coordinates(moved).sum())):
        raise fault("the geometry does not lie in its system of coordinates")
    return moved
