"""What is no number, or endless, is unknown: in pages and files of every format alike, and to conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def known_numbers(values: Any) -> Any:
    """The cells (an Arrow array, chunked or not) with NaN and the infinities unknown."""
    import pyarrow as pa  # 60 MB that a server of pages alone never needs
    import pyarrow.compute as pc

    if not pa.types.is_floating(values.type):
        return values
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))


def known_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of rows with every number known or unknown."""
    for batch in batches:
        yield _known(batch)


def _known(batch: pa.RecordBatch) -> pa.RecordBatch:
    import pyarrow as pa  # as above

    if not any(pa.types.is_floating(field.type) for field in batch.schema):
        return batch
    return pa.RecordBatch.from_arrays(
        [known_numbers(column) for column in batch.columns], schema=batch.schema
    )
