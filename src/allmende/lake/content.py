"""The hash of a table's content: over names, types and values in order, whatever the chunks."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

_ROWS = 65_536
# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute


def content_hash(table: pa.Table) -> str:
    """SHA-256 (hex) over the schema and, in batches of 65,536 rows, each column's values in order.

    Only what a reader can see is hashed, never the layout in memory: which rows are known, then the
    values (numbers as little-endian bytes, text and bytes as lengths and content).
    """
    digest = hashlib.sha256()
    for field in table.schema:
        digest.update(f"{field.name}\0{field.type}\0".encode())
    for start in range(0, table.num_rows, _ROWS):
        part = table.slice(start, _ROWS)
        for column in part.columns:
            _add(digest, pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type))
    digest.update(table.num_rows.to_bytes(8, "little"))
    return digest.hexdigest()


def _add(digest: Any, array: pa.Array[Any]) -> None:
    digest.update(array.is_valid().cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    known = array.drop_null()
    if pa.types.is_null(array.type):
        return
    if _is_text(array.type):
        _add_text(digest, known)
    else:
        digest.update(_numbers(known).tobytes())


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _add_text(digest: Any, known: pa.Array[Any]) -> None:
    # Casting to the large type gives 64-bit offsets, so that one slice of the data buffer is the content.
    large: Any = known.cast(pa.large_binary())
    digest.update(pc.binary_length(large).to_numpy(zero_copy_only=False).tobytes())
    _, offsets, data = large.buffers()
    if data is None or offsets is None or len(large) == 0:
        return
    ends = np.frombuffer(memoryview(offsets), np.int64, len(large) + 1, large.offset * 8)
    digest.update(memoryview(data)[ends[0] : ends[-1]])


def _numbers(known: pa.Array[Any]) -> np.ndarray[Any, Any]:
    if pa.types.is_boolean(known.type):
        return np.asarray(known.cast(pa.uint8()))
    if pa.types.is_date32(known.type):
        return np.asarray(known.cast(pa.int32()))
    if pa.types.is_timestamp(known.type):
        return np.asarray(known.cast(pa.int64()))
    if pa.types.is_floating(known.type):
        return np.asarray(known.to_numpy(zero_copy_only=False) + 0.0)  # -0.0 and 0.0 are the same number
    return np.asarray(known.to_numpy(zero_copy_only=False))
