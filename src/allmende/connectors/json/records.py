"""Where in a JSON document the records are, and what each of them says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from allmende.errors import Unreadable
from allmende.structure.reading.jsontext import JsonText, looks_like_lines

DEEPEST = 6
"""Levels of objects that become column names; what lies deeper stays JSON in one cell."""
USUAL = frozenset({"features", "records", "results", "result", "elements", "items", "data", "rows", "body"})
"""Names under which services keep their records; they go before a longer list elsewhere."""


@dataclass(frozen=True, slots=True)
class Records:
    """Records in order (anything that is no object is a fault of that row) and the path to them.

    `broken` are rows whose text is no JSON at all: index and reason.
    """

    values: Sequence[Any]
    path: str
    broken: tuple[tuple[int, str], ...] = ()
    texts: Sequence[str] = ()


def read_records(text: str, path: str, reader: JsonText) -> Records:
    """The records of a document, or of lines of JSON when it is more than one value."""
    if not text.strip():
        raise Unreadable("the file holds nothing but white space")
    if looks_like_lines(text):
        _, end = reader.parse_first(text.strip())
        if text.strip()[end:].strip():
            lines = reader.parse_lines(text)
            return Records(lines.values, "lines", lines.broken, lines.texts)
    return find_records(reader.parse(text), path)


def find_records(value: Any, path: str) -> Records:
    """The list at `path`, or without one the longest list of objects; else the one object itself.

    An object with an id is a record, unless it has a list under one of the usual names.
    An object of objects (`{"PH01": {...}, "PH02": {...}}`) is a list with its keys as `key`.
    """
    if path:
        return _as_records(_follow(value, path), path)
    if isinstance(value, list):
        return Records(value, "$")
    if not isinstance(value, dict):
        raise Unreadable("the JSON is a single value, no records", hint="Is this the right address?")
    candidates = [] if is_map(value) else list(_lists(value))
    if not candidates:
        return _as_records(value, "$")
    usual, _, found, where = max(
        ((w.rpartition(".")[2] in USUAL, len(f), f, w) for f, w in candidates), key=lambda one: one[:2]
    )
    if not usual and any(isinstance(value.get(key), str | int) for key in ("id", "@id", "uid")):
        return Records([value], "$")
    return Records(found, where)


def _as_records(value: Any, path: str) -> Records:
    if isinstance(value, list):
        return Records(value, path)
    if not isinstance(value, dict):
        raise Unreadable(f"at {path} there is a single value, no records", hint="Mend options.rows.")
    if is_map(value):
        name = "key" if not any("key" in v for v in value.values()) else "record_key"
        return Records([{name: key, **record} for key, record in value.items()], f"{path}.*")
    if len(value) > 1 and all(isinstance(v, list) and not _objects(v) for v in value.values()):
        return Records([{"key": key, "values": cells} for key, cells in value.items()], f"{path}.*")
    return Records([value], path)


def is_map(value: dict[str, Any]) -> bool:
    """True for an object whose keys are names of like things: several objects that share a key."""
    inner = list(value.values())
    if len(inner) < 2 or not all(isinstance(v, dict) for v in inner):
        return False
    return bool(set.intersection(*(set(v) for v in inner)))


def _lists(value: dict[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[list[Any], str]]:
    """Lists of objects inside objects (never inside lists: those belong to a record)."""
    for key, inner in value.items():
        where = f"{path}.{key}" if path else key
        if isinstance(inner, list) and _objects(inner):
            yield inner, where
        elif isinstance(inner, dict) and depth < 3:
            yield from _lists(inner, where, depth + 1)


def _objects(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(v, dict) for v in value)


def _follow(value: Any, path: str) -> Any:
    for step in path.removeprefix("$.").split("."):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            near = get_close_matches(step, list(value), n=1) if isinstance(value, dict) else []
            known = f"Did you mean {near[0]!r}?" if near else _known(value)
            raise Unreadable(f"options.rows is {path!r}, but there is no {step!r}", hint=known)
    return value


def _known(value: Any) -> str:
    return f"There are: {', '.join(map(repr, list(value)[:8]))}." if isinstance(value, dict) else ""


def flatten(record: dict[str, Any]) -> dict[str, Any]:
    """Objects inside a record become columns (`address.city`); lists stay as they are."""
    flat: dict[str, Any] = {}
    _flatten(record, "", flat, 1)
    return flat


def _flatten(record: dict[str, Any], prefix: str, flat: dict[str, Any], depth: int) -> None:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < DEEPEST and not _is_cell(value):
            _flatten(value, f"{name}.", flat, depth + 1)
        else:
            flat[name] = None if value == {} else value


def _is_cell(value: dict[str, Any]) -> bool:
    """Objects that stay whole: a geometry, or a map with many keys, which would be a column each."""
    return is_geometry(value) or (len(value) > 3 and is_map(value))


def is_geometry(value: dict[str, Any]) -> bool:
    """True for a GeoJSON geometry (RFC 7946 section 3.1) with coordinates."""
    return isinstance(value.get("type"), str) and isinstance(value.get("coordinates"), list)


def raw_text(value: Any) -> str:
    """A record as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)
