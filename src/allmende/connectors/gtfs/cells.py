"""Texts to values, whole columns at once: numbers, days (YYYYMMDD) and times of a day of service (over 24:00 too)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from allmende.connectors.gtfs.tables import Kind

pc: Any = pyarrow.compute  # its stubs are narrower than the functions are
Bad = np.ndarray[Any, np.dtype[np.bool_]]
_PATTERN: dict[Kind, str] = {
    "integer": r"^[+-]?[0-9]{1,18}$",
    "number": r"^[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$",
    "date": r"^[0-9]{8}$",
    "time": r"^[0-9]{1,3}:[0-5][0-9]:[0-5][0-9]$",
}
WORDS: dict[Kind, str] = {
    "integer": "a whole number",
    "number": "a number",
    "date": "a day like 20260131",
    "time": "a time like 07:45:00",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """Values, and where a text was none of them (there the value is unknown)."""

    values: pa.Array[Any]
    bad: Bad


def trimmed(column: Any) -> pa.Array[Any]:
    """Texts without spaces around; empty is unknown."""
    texts = pc.utf8_trim_whitespace(column)
    found = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def typed(texts: pa.Array[Any], kind: Kind) -> Typed:
    """Texts as values of a kind; times stay text."""
    if kind == "text":
        return Typed(texts, np.zeros(len(texts), bool))
    fits = pc.fill_null(pc.match_substring_regex(texts, _PATTERN[kind]), True)
    known = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
    values = _days(known) if kind == "date" else known if kind == "time" else pc.cast(known, _ARROW[kind])
    lost = pc.and_(pc.is_valid(texts), pc.is_null(values))
    return Typed(values, lost.to_numpy(zero_copy_only=False))


_ARROW: dict[Kind, Any] = {"integer": pa.int64(), "number": pa.float64()}


def _days(texts: pa.Array[Any]) -> Any:
    """Days that the calendar has; others are unknown. The parser takes 20260230 for the second of March."""
    parsed = pc.strptime(texts, format="%Y%m%d", unit="s", error_is_null=True)
    same = pc.equal(pc.strftime(parsed, format="%Y%m%d"), texts)
    return pc.cast(pc.if_else(same, parsed, pa.scalar(None, parsed.type)), pa.date32())


def seconds(times: pa.Array[Any]) -> Any:
    """Seconds since the day of service began (noon less twelve hours, so that clocks may change)."""
    parts = pc.extract_regex(times, pattern=r"^(?P<h>[0-9]+):(?P<m>[0-9]+):(?P<s>[0-9]+)$")
    hour, minute, second = (pc.cast(pc.struct_field(parts, name), pa.int64()) for name in "hms")
    return pc.add(pc.add(pc.multiply(hour, 3600), pc.multiply(minute, 60)), second)


def repeated(columns: list[pa.Array[Any]]) -> Bad:
    """Rows whose key was there before; rows with an unknown part of it never are."""
    codes = np.zeros(len(columns[0]), np.int64)
    known = np.ones(len(codes), bool)
    for column in columns:
        encoded = pc.dictionary_encode(column)
        known &= pc.is_valid(column).to_numpy(zero_copy_only=False)
        here = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False).astype(np.int64)
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + here, return_inverse=True)[1]
    places = np.flatnonzero(known)
    first = np.unique(codes[places], return_index=True)[1]
    found = known.copy()
    found[places[first]] = False
    return found
