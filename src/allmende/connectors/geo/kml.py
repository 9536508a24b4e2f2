"""What KML hides: attributes in the HTML of descriptions, and label points beside areas and lines."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from allmende.connectors.geo.features import Shapes, columns_of
from allmende.structure.reading.shape import FoundColumn

_JOIN: dict[str, Callable[[Any], BaseGeometry]] = {
    "Point": shapely.MultiPoint,
    "LineString": shapely.MultiLineString,
    "Polygon": shapely.MultiPolygon,
}
_PAIRS = (
    re.compile(
        r'"atr-name"\s*>([^<]*)</span>:?\s*</strong>\s*<span\s+class="atr-value"\s*>([^<]*)</span>', re.I
    ),
    re.compile(r"<tr[^>]*>\s*<t[dh][^>]*>([^<]{1,80})</t[dh]>\s*<td[^>]*>([^<]*)</td>\s*</tr>", re.I),
)
"""GeoServer's list of attributes, and the two-column table of most desktop programs."""


def attributes(description: str) -> dict[str, str]:
    """Names and values in the HTML of one description; empty when there are none."""
    for pattern in _PAIRS:
        pairs = {
            html.unescape(n).strip(" :\n"): html.unescape(v).strip() for n, v in pattern.findall(description)
        }
        pairs.pop("", None)
        if pairs:
            return pairs
    return {}


def with_attributes(columns: Sequence[FoundColumn]) -> list[FoundColumn]:
    """Columns of what the descriptions hide, beside the others; the description itself stays."""
    found = next((c for c in columns if c.source_name.lower() == "description"), None)
    if found is None:
        return list(columns)
    hidden = [attributes(value) if isinstance(value, str) else {} for value in found.values]
    known = {column.source_name for column in columns}
    return [*columns, *(column for column in columns_of(hidden) if column.source_name not in known)]


def without_labels(shapes: Shapes) -> Shapes:
    """A line or area that comes with the point of its label is only the line or area."""
    made = shapes.copy()
    for index in map(
        int, np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    ):
        parts = shapely.get_parts(shapes[index])
        dimensions = shapely.get_dimensions(parts)
        if len(parts):
            made[index] = joined(list(parts[dimensions == dimensions.max()]))
    return made


def joined(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Parts of one kind as one shape of that kind; of several kinds as a collection."""
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    make = (
        _JOIN.get(kinds.pop(), shapely.GeometryCollection) if len(kinds) == 1 else shapely.GeometryCollection
    )
    return make(list(parts))
