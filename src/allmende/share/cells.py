"""One cell, dressed for text (CSV, pages) or for JSON.

Numbers keep their own digits; times are ISO 8601 in UTC; geometries are WKT or GeoJSON in WGS 84
with seven decimals (1 cm). Unknown is None, and the empty text in CSV.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from allmende.model.dataset import ColumnType

PRECISION = 1e-7
DEEPEST = 100
"""How deep a document in a cell may be to be written as one."""


def as_text(value: object, type_: ColumnType) -> str:
    """The cell as text; the empty text when it is unknown."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _wkt(value) if type_ == "geometry" else value.hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return _iso(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def as_json(value: object, type_: ColumnType) -> Any:
    """The cell as what JSON knows; a geometry is a GeoJSON geometry, a JSON column is parsed."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, bytes):
        return geojson(value) if type_ == "geometry" else value.hex()
    if isinstance(value, datetime | date):
        return _iso(value)
    if type_ == "json" and isinstance(value, str):
        return _parsed(value)
    return value


def geojson(wkb: bytes) -> Any:
    """The GeoJSON geometry of WKB bytes, None when they are not WKB."""
    import shapely  # 20 MB that a server of pages alone never needs

    shape = shapely.from_wkb(wkb, on_invalid="ignore")
    if shape is None:
        return None
    return json.loads(shapely.to_geojson(shapely.set_precision(shape, PRECISION, mode="pointwise")))


def _wkt(wkb: bytes) -> str:
    import shapely  # as above

    shape = shapely.from_wkb(wkb, on_invalid="ignore")
    return "" if shape is None else str(shapely.to_wkt(shape, rounding_precision=7, trim=True))


def _iso(value: datetime | date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    return value.isoformat()


def _parsed(text: str) -> Any:
    """The document; the text itself when it is none, or cannot be written again as it is.

    Python's own reader takes NaN, half signs and endless depth, which break the answer around it.
    """
    try:
        found = msgspec.json.decode(text)
        msgspec.json.encode(found)
    except (ValueError, OverflowError, RecursionError):
        return text
    return found if _depth(text) <= DEEPEST else text


def _depth(text: str) -> int:
    """How deep brackets lie in each other, at most; those in words count, too."""
    deep = most = 0
    for sign in text:
        deep += (sign in "[{") - (sign in "]}")
        most = max(most, deep)
    return most
