"""Selected rows as GeoJSON (RFC 7946; with other systems of coordinates as OGC 18-058r1 says)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from allmende.share.cells import as_json
from allmende.share.views import Selected
from allmende.standards.ogc.collections import CRS84, SYSTEMS, Collection

_ENCODER = msgspec.json.Encoder()


def features(one: Collection, found: Selected, crs: str, links: list[dict[str, str]], now: str) -> bytes:
    """A `FeatureCollection` with how many there are in all."""
    head = {
        "numberMatched": found.matched,
        "numberReturned": found.table.num_rows,
        "timeStamp": now,
        "links": links,
    }
    body = b",".join(_features(one, found, crs))
    return b'{"type":"FeatureCollection",' + _ENCODER.encode(head)[1:-1] + b',"features":[' + body + b"]}"


def feature(one: Collection, found: Selected, crs: str, links: list[dict[str, str]]) -> bytes:
    """One `Feature`."""
    (text,) = _features(one, found, crs)
    return text[:-1] + b',"links":' + _ENCODER.encode(links) + b"}"


def _features(one: Collection, found: Selected, crs: str) -> list[bytes]:
    shapes = _shapes(found.table.column(one.geometry.name).combine_chunks(), crs)
    return [
        b'{"type":"Feature","id":%d,"geometry":%s,"properties":%s}'
        % (number, shape, _ENCODER.encode(properties))
        for number, shape, properties in zip(found.numbers, shapes, _properties(one, found), strict=True)
    ]


def _shapes(column: Any, crs: str) -> list[bytes]:
    """Geometries as GeoJSON, `null` where there is none."""
    import shapely  # 20 MB that a server of pages alone never needs

    from allmende.share.conditions import shapes_of

    shapes = shapes_of(column)
    if crs != CRS84:
        shapes = _moved(shapes, crs)
    precise = shapely.set_precision(
        shapes, 1e-7 if crs == CRS84 or crs.endswith("/4326") else 1e-3, mode="pointwise"
    )
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(precise)]


def _moved(shapes: Any, crs: str) -> Any:
    """Shapes in another system, with its own order of axes."""
    import pyproj  # as above
    import shapely

    transformer = pyproj.Transformer.from_crs("OGC:CRS84", SYSTEMS[crs])
    return shapely.transform(shapes, lambda xy: _columns(transformer.transform(xy[:, 0], xy[:, 1])))


def _columns(moved: Sequence[Any]) -> Any:
    import numpy as np  # as above

    return np.column_stack(moved)


def _properties(one: Collection, found: Selected) -> list[dict[str, Any]]:
    columns = [column for column in found.columns if column.name != one.geometry.name]
    lists = [found.table.column(column.name).to_pylist() for column in columns]
    # Most cells are what JSON knows already; the others are dressed as everywhere.
    dressed = [
        cells
        if column.type in ("text", "integer", "boolean")
        else [as_json(cell, column.type) for cell in cells]
        for column, cells in zip(columns, lists, strict=True)
    ]
    names = [column.name for column in columns]
    if not names:
        return [{} for _ in range(found.table.num_rows)]
    return [dict(zip(names, row, strict=True)) for row in zip(*dressed, strict=True)]
