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
    return bool(fits[content(column)].all())


def needs_no_trim(column: Texts) -> bool:
    """True when there is no space or control character at all, and nothing but ASCII."""
    found = content(column)
    return len(found) == 0 or bool(found.min() > 0x20 and found.max() < 0x7F)


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
    return _cast(column, pa.date32())


def _cast(column: Texts, kind: pa.DataType) -> pa.Array[Any] | None:
    try:
        made: pa.Array[Any] = pc.cast(column, kind)
    except pa.ArrowInvalid:
        return None
    return made
