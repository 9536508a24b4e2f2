"""Selected rows as GeoJSON (RFC 7946; with other systems of coordinates as OGC 18-058r1 says)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa

from allmende.model.dataset import ColumnType
from allmende.share.cells import as_json
from allmende.share.views import Selected
from allmende.standards.ogc.collections import CRS84, SYSTEMS, Collection

_ENCODER = msgspec.json.Encoder()


class _Feature(msgspec.Struct, tag="Feature", tag_field="type", gc=False):
    """One feature; its geometry is GeoJSON already."""

    id: int
    geometry: msgspec.Raw
    properties: dict[str, Any]


def features(one: Collection, found: Selected, crs: str, links: list[dict[str, str]], now: str) -> bytes:
    """A `FeatureCollection` with how many there are in all."""
    head = {
        "type": "FeatureCollection",
        "numberMatched": found.matched,
        "numberReturned": found.table.num_rows,
        "timeStamp": now,
        "links": links,
        "features": _features(one, found, crs),
    }
    return _ENCODER.encode(head)


def feature(one: Collection, found: Selected, crs: str, links: list[dict[str, str]]) -> bytes:
    """One `Feature`."""
    (made,) = _features(one, found, crs)
    return _ENCODER.encode(made)[:-1] + b',"links":' + _ENCODER.encode(links) + b"}"


def _features(one: Collection, found: Selected, crs: str) -> list[_Feature]:
    shapes = _shapes(found.table.column(one.geometry.name).combine_chunks(), crs)
    parts = zip(found.numbers, shapes, _properties(one, found), strict=True)
    return [_Feature(number, msgspec.Raw(shape), properties) for number, shape, properties in parts]


def _shapes(column: Any, crs: str) -> list[bytes]:
    """Geometries as GeoJSON, `null` where there is none."""
    import shapely  # 20 MB that a server of pages alone never needs

    from allmende.share.conditions import shapes_of

    shapes = shapes_of(column)
    if crs != CRS84:
        shapes = _moved(shapes, crs)
    decimals = 7 if crs == CRS84 or crs.endswith("/4326") else 3  # a centimetre, a millimetre
    precise = _changed(shapes, lambda points: points.round(decimals))
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(precise)]


def _moved(shapes: Any, crs: str) -> Any:
    """Shapes in another system, with its own order of axes."""
    import numpy as np  # as above
    import pyproj
    import shapely

    transformer = pyproj.Transformer.from_crs("OGC:CRS84", SYSTEMS[crs])

    def move(points: Any) -> Any:
        moved = transformer.transform(points[:, 0], points[:, 1])
        return np.column_stack(
            [*moved, *points[:, 2:].T]
        )  # heights stay: these systems have none of their own

    moved = _changed(shapes, move)
    # What lies outside of a system has no place in it.
    whole = np.isfinite(shapely.bounds(moved)).all(axis=1) | shapely.is_empty(moved)
    return np.where(whole, moved, None)


def _changed(shapes: Any, change: Callable[[Any], Any]) -> Any:
    """Shapes with other coordinates; those with heights apart, else all were given some or lost theirs."""
    import shapely  # as above

    high = shapely.has_z(shapes)
    if not high.any():
        return shapely.transform(shapes, change)
    made = shapes.copy()
    made[high] = shapely.transform(shapes[high], change, include_z=True)
    made[~high] = shapely.transform(shapes[~high], change)
    return made


def _properties(one: Collection, found: Selected) -> list[dict[str, Any]]:
    columns = [column for column in found.columns if column.name != one.geometry.name]
    dressed = [_cells(found.table.column(column.name), column.type) for column in columns]
    names = [column.name for column in columns]
    if not names:
        return [{} for _ in range(found.table.num_rows)]
    return [dict(zip(names, row, strict=False)) for row in zip(*dressed, strict=True)]


def _cells(column: pa.ChunkedArray[Any], kind: ColumnType) -> list[Any]:
    """Cells as JSON knows them. Most are so already, the others are dressed as everywhere."""
    cells = column.to_pylist()
    return (
        cells if kind in ("text", "integer", "number", "boolean") else [as_json(cell, kind) for cell in cells]
    )
