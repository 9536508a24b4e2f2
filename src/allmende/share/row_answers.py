"""Rows in the format that was asked for: JSON, CSV, an Arrow stream or Parquet. One page, with the way to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Column, Pin
from allmende.share.cells import as_json
from allmende.share.downloads.binary import parquet_chunks
from allmende.share.downloads.text import csv_chunks
from allmende.share.views import Selected

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA = {
    "json": "application/json",
    "csv": "text/csv",  # the framework adds the charset
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_ACCEPTED = {media: name for name, media in MEDIA.items()} | {"text/json": "json"}


@dataclass(frozen=True, slots=True)
class _Labels:
    """What a page says of itself."""

    columns: tuple[Column, ...]
    pin: Pin

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return (("dataset", self.pin.dataset), ("version", str(self.pin.version)))


def format_of(given: str, accept: str) -> str:
    """`format` decides, then what the client accepts, by its own order of weight; JSON by default.

    Raises RecipeInvalid for a format there is not (RFC 9110, 12.5.1 leaves it to the server to answer anyway).
    """
    if given:
        if given not in MEDIA:
            raise RecipeInvalid(
                f"there is no format {given[:20]!r}", where="format", hint=f"There are: {', '.join(MEDIA)}."
            )
        return given
    weighed = sorted(_weighed(accept), key=lambda one: -one[1])
    return next((_ACCEPTED[media] for media, weight in weighed if media in _ACCEPTED and weight > 0), "json")


def _weighed(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        media, *parameters = (one.strip() for one in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            yield media.lower(), float(weight)
        except ValueError:
            yield media.lower(), 0.0


def written(found: Selected, format: str) -> bytes:
    """The rows of the page as a file."""
    import pyarrow as pa  # 60 MB that are only needed for files

    table = pa.table(
        [found.table.column(column.name) for column in found.columns],
        [column.name for column in found.columns],
    )
    labels = _Labels(found.columns, found.pin)
    if format == "csv":
        return b"".join(csv_chunks(iter(table.to_batches()), labels))
    if format == "parquet":
        # Without rows there would be no batch to tell the columns.
        batches = table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
        return b"".join(parquet_chunks(iter(batches), labels))
    return _arrow(table)


def _arrow(table: pa.Table) -> bytes:
    import pyarrow as pa  # as above

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def rows_of(found: Selected) -> list[dict[str, Any]]:
    """The rows of the page as JSON knows them."""
    names = [column.name for column in found.columns]
    types = [column.type for column in found.columns]
    cells = [found.table.column(name).to_pylist() for name in names]
    return [
        {name: as_json(value, kind) for name, kind, value in zip(names, types, row, strict=True)}
        for row in zip(*cells, strict=True)
    ]


def next_of(found: Selected, path: str, pairs: Sequence[tuple[str, str]]) -> str | None:
    """The address of the following rows, of the same version; None after the last."""
    after = found.offset + len(found.numbers)
    if not found.numbers or after >= found.matched:
        return None
    rest = [(name, value) for name, value in pairs if name not in ("offset", "limit")]
    query = urlencode([*rest, ("limit", str(found.limit)), ("offset", str(after))])
    return f"{path}/{found.pin}/rows?{query}"
