"""The fast way for columns that are written plainly, as most are: looked at as bytes, cast in one go.

Each function gives None when it is not sure; then every value is looked at by itself. A test holds
both ways to the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute

if TYPE_CHECKING:
    Texts: TypeAlias = pa.Array[pa.StringScalar]
pc: Any = pyarrow.compute
_DIGITS = b"0123456789-"
_ISO_DAY = b"0123456789-"
_SAMPLE = 4_096
# First bytes of a value that is surely no white space: printable ASCII and the Latin letters beyond it.
_BEGINS = np.zeros(256, bool)
_BEGINS[[*range(0x21, 0x7F), 0xC3]] = True


def content(column: Texts) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """All bytes of the column's values, one after another."""
    _, offsets, data = column.buffers()
    if data is None or offsets is None or len(column) == 0:
        return np.zeros(0, np.uint8)
    ends = np.frombuffer(memoryview(offsets), np.int32)
    start, stop = ends[column.offset], ends[column.offset + len(column)]
    return np.frombuffer(memoryview(data), np.uint8)[start:stop]


def holds_only(column: Texts, allowed: bytes) -> bool:
    """True when no value has any other byte."""
    fits = np.zeros(256, bool)
    fits[list(allowed)] = True
    found = content(column)
    return bool(fits[found[:_SAMPLE]].all()) and bool(fits[found].all())


def needs_no_trim(column: Texts) -> bool:
    """True when surely no value is empty, or begins or ends with a space: only the ends are looked at.

    White space beyond ASCII is encoded with other bytes than those that are let through (a last byte
    beyond ASCII must follow C3, as in all letters of German).
    """
    _, offsets, data = column.buffers()
    if offsets is None or data is None or len(column) == 0:
        return len(column) == column.null_count
    ends = np.frombuffer(memoryview(offsets), np.int32)[column.offset : column.offset + len(column) + 1]
    first, stop = ends[:-1], ends[1:]
    if column.null_count:
        known = np.asarray(column.is_valid())
        first, stop = first[known], stop[known]
    if len(first) == 0:
        return True
    if bool((first == stop).any()):
        return False
    found = np.frombuffer(memoryview(data), np.uint8)
    last = found[stop - 1]
    foreign = last >= 0x7F
    if bool(foreign.any()) and not bool((found[stop[foreign] - 2] == 0xC3).all()):
        return False
    return bool(_BEGINS[found[first]].all() and (last > 0x20).all())


def integers(column: Texts) -> pa.Array[Any] | None:
    """Whole numbers of digits and minus signs."""
    return _cast(column, pa.int64()) if holds_only(column, _DIGITS) else None


def numbers(column: Texts, decimal: str) -> pa.Array[Any] | None:
    """Numbers with this decimal mark and no other; without one, whole numbers only."""
    if decimal == "," and holds_only(column, _DIGITS + b","):
        return _cast(pc.replace_substring(column, pattern=",", replacement="."), pa.float64())
    return _cast(column, pa.float64()) if holds_only(column, _DIGITS + decimal.encode()) else None


def days(column: Texts) -> pa.Array[Any] | None:
    """Days written 2026-11-22, every one of them real."""
    if not holds_only(column, _ISO_DAY) or not bool(pc.all(pc.equal(pc.binary_length(column), 10)).as_py()):
        return None
    if bool(pc.any(pc.starts_with(column, pattern="0")).as_py()):
        return None  # years before 1000 are slips, and Arrow counts them beyond what a calendar has
    return _cast(column, pa.date32())


def _cast(column: Texts, kind: pa.DataType) -> pa.Array[Any] | None:
    try:
        made: pa.Array[Any] = pc.cast(column, kind)
    except pa.ArrowInvalid:
        return None
    return made
