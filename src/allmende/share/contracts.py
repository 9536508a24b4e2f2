"""What a dataset promises of its rows, as others' tools read it: JSON Schema (draft 2020-12) and Table Schema.

Made from the columns that the reader sees, so a changed description changes these documents without code.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from allmende.model.dataset import Column
from allmende.share.views import DatasetView

Json = dict[str, Any]
_JSON: dict[str, Json] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "json": {},
    "geometry": {"type": "object", "required": ["type"], "x-format": "GeoJSON geometry, WGS 84"},
}
_TABLE: dict[str, str] = {
    "text": "string", "integer": "integer", "number": "number", "boolean": "boolean", "date": "date",
    "datetime": "datetime", "json": "string", "geometry": "string",
}  # fmt: skip


def fingerprint(view: DatasetView) -> str:
    """Equal as long as names, types, units, bounds and the key are: sixteen signs of a SHA-256."""
    told = [[c.name, c.type, c.unit, c.required, c.minimum, c.maximum, list(c.values)] for c in view.columns]
    return hashlib.sha256(msgspec.json.encode([told, _key(view)])).hexdigest()[:16]


def json_schema(view: DatasetView, address: str) -> Json:
    """One row as `/api/v1` gives it. What is not required may be null; words are those of the city's file."""
    required = [column.name for column in view.columns if column.required]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": view.dataset.title.of("en"),
        "description": view.dataset.description.of("en"),
        "type": "object",
        "properties": {column.name: _property(column) for column in view.columns},
        "required": required,
        "additionalProperties": False,
        "x-primary-key": _key(view),
        "x-version": view.version.number if view.version else None,
        "x-fingerprint": fingerprint(view),
    }


def _property(column: Column) -> Json:
    shape = {**_JSON[column.type], **_words(column)}
    if column.unit:
        shape["x-unit"] = column.unit
    if column.type in ("integer", "number"):
        shape |= _bounds(column)
    if column.values:
        shape["enum"] = [*column.values] if column.required else [*column.values, None]
    if not column.required and "type" in shape:
        shape["type"] = [shape["type"], "null"]
    return shape


def table_schema(view: DatasetView) -> Json:
    """The CSV download (specs.frictionlessdata.io, Table Schema): empty is unknown, a geometry is WKT."""
    return {
        "fields": [_field(column) for column in view.columns],
        "missingValues": [""],
        "primaryKey": _key(view),
        "version": view.version.number if view.version else None,
        "fingerprint": fingerprint(view),
    }


def _field(column: Column) -> Json:
    limits: Json = {"required": True} if column.required else {}
    if column.type in ("integer", "number"):
        limits |= _bounds(column)
    if column.values:
        limits["enum"] = list(column.values)
    found: Json = {"name": column.name, "type": _TABLE[column.type], **_words(column)}
    if column.unit:
        found["unit"] = column.unit
    return {**found, "constraints": limits} if limits else found


def _bounds(column: Column) -> Json:
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    return {name: value for name, value in bounds.items() if value is not None}


def _words(column: Column) -> Json:
    words = {"title": column.title.of("en"), "description": column.description.of("en")}
    return {name: text for name, text in words.items() if text}


def _key(view: DatasetView) -> list[str]:
    """The key, when the reader sees all of it."""
    seen = {column.name for column in view.columns}
    return list(view.dataset.key) if set(view.dataset.key) <= seen else []
