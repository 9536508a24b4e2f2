"""GeoJSON (RFC 7946, and the older `crs` member of 2008): features to columns and shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import shapely
from shapely.errors import ShapelyError

from allmende.connectors.geo.features import Features, Shapes, columns_of
from allmende.errors import Unreadable
from allmende.structure.reading.jsontext import JsonText, looks_like_lines
from allmende.structure.reading.shape import FoundColumn
from allmende.structure.reading.values import Fault

# Tuples, because what is compared with them may be anything, lists too.
_GEOMETRIES = (
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


def parse_document(text: str, reader: JsonText) -> Any:
    """The JSON of a file; a GeoJSON sequence (RFC 8142, or one feature per line) as one collection."""
    if looks_like_lines(text):
        lines = reader.parse_lines(text)
        if not lines.broken or all(isinstance(v, dict) and "geometry" in v for v in lines.values if v):
            return {"type": "FeatureCollection", "features": lines.values, "broken": lines.broken}
    return reader.parse_quickly(text.replace("\x1e", ""))


def is_geojson(document: Any) -> bool:
    """True for a collection, a feature or a geometry."""
    if not isinstance(document, dict):
        return False
    if document.get("type") in ("Feature", *_GEOMETRIES):
        return True
    features = document.get("features")
    return isinstance(features, list) and "geometryType" not in document and "fieldAliases" not in document


def read_geojson(document: dict[str, Any]) -> Features:
    """All features in order; what is no feature, or has no readable geometry, is a fault of its row."""
    features = _features(document)
    broken = dict(document.get("broken", ()))
    faults = [Fault(index, "", reason) for index, reason in broken.items()]
    faults += [
        Fault(index, "", "this is no GeoJSON feature")
        for index, feature in enumerate(features)
        if index not in broken and not _is_feature(feature)
    ]
    good = [feature if _is_feature(feature) else {} for feature in features]
    shapes, bad = read_shapes([feature.get("geometry") for feature in good])
    return Features(
        columns=[*_feature_ids(good), *columns_of([_properties(feature) for feature in good])],
        shapes=shapes,
        crs=crs_of(document),
        raw_of=lambda index: json.dumps(features[index], ensure_ascii=False, default=str),
        faults=[*faults, *bad],
        detected={"format": "GeoJSON"},
    )


def _features(document: dict[str, Any]) -> list[Any]:
    if document.get("type") == "Feature":
        return [document]
    if document.get("type") in _GEOMETRIES:
        return [{"type": "Feature", "geometry": document, "properties": {}}]
    return list(document["features"])


def _is_feature(feature: Any) -> bool:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties", {}), dict | None):
        return False
    return "geometry" in feature or "properties" in feature


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    return feature.get("properties") or {}


def _feature_ids(features: Sequence[dict[str, Any]]) -> list[FoundColumn]:
    """The features' own ids, unless a property `id` or `@id` says the same."""
    ids = [feature.get("id") for feature in features]
    if all(id_ is None for id_ in ids):
        return []
    for name in ("@id", "id"):
        if ids == [_properties(feature).get(name) for feature in features]:
            return []
    taken = any("id" in _properties(feature) or "@id" in _properties(feature) for feature in features)
    return [FoundColumn("feature_id" if taken else "id", ids)]


def read_shapes(geometries: Sequence[Any]) -> tuple[Shapes, list[Fault]]:
    """GeoJSON geometries as shapes; None stays None, what cannot be read is a fault that says why."""
    texts = [None if geometry is None else _written(geometry) for geometry in geometries]
    try:
        shapes = np.asarray(
            shapely.from_geojson(np.asarray(texts, dtype=np.object_), on_invalid="ignore"), dtype=object
        )
    except (ShapelyError, TypeError, ValueError) as error:
        raise Unreadable(f"the geometries cannot be read: {error}") from None
    bad = [i for i, text in enumerate(texts) if text is not None and shapes[i] is None]
    return shapes, [Fault(i, "geometry", _reason(texts[i] or "")) for i in bad]


def _written(geometry: Any) -> str:
    try:
        return msgspec.json.encode(geometry).decode()
    except (OverflowError, RecursionError):
        return json.dumps(geometry)


def _reason(text: str) -> str:
    try:
        shapely.from_geojson(text)
    except ShapelyError as error:
        words = str(error).partition(": ")[2] or str(error)
        return f"the geometry cannot be read: {words[:120]}"
    return "the geometry cannot be read"


def crs_of(document: dict[str, Any]) -> str:
    """What the old member `crs` names; empty when there is none: GeoJSON is WGS 84."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") or properties.get("code") if isinstance(properties, dict) else None
    if isinstance(name, int):
        return f"EPSG:{name}"
    return name if isinstance(name, str) else ""
