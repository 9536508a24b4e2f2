"""A series as rows of a file: every value with its times, its doubts, and when it was known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allmende.model.dataset import Column
from allmende.model.licence import Licence
from allmende.model.observation import Observation, Quality
from allmende.model.text import Text

if TYPE_CHECKING:
    import pyarrow as pa


def series_columns(unit: str) -> tuple[Column, ...]:
    """The columns of a file; `unit` is the UCUM code of the value's unit."""
    return (
        Column("time", "datetime", Text("Zeit", "Time"), required=True),
        Column("value", "number", Text("Wert", "Value"), Text("Leer, wenn er keine Zahl ist.", "Empty when it is no number."), unit),
        Column("other", "json", Text("anderer Wert", "Other value"), Text("Was keine Zahl ist.", "What is no number.")),
        Column("doubts", "text", Text("Zweifel", "Doubts"), Text("Regeln, die an dem Wert zweifeln.", "Rules that doubt the value.")),
        Column("raw", "number", Text("roher Wert", "Raw value"), Text("Vor der Berichtigung.", "Before the correction.")),
        Column("end", "datetime", Text("Ende", "End"), Text("Wenn über eine Zeit gemessen wurde.", "When measured over a time.")),
        Column("result_time", "datetime", Text("Ergebniszeit", "Result time")),
        Column("known_since", "datetime", Text("bekannt seit", "Known since"), required=True),
        Column("id", "integer", Text("Nummer", "Number"), required=True),
        Column("revision", "integer", Text("Fassung", "Version"), required=True),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeriesAbout:
    """The words that go with a file of a series. `address` is the page of the series on this server."""

    title: str
    thing: str
    series: str
    unit: str
    licence: Licence | None
    attribution: str
    publisher: str
    address: str
    invented: bool
    columns: tuple[Column, ...]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Name and value of everything, for key-value metadata."""
        return (
            ("title", self.title),
            ("thing", self.thing),
            ("series", self.series),
            ("unit", self.unit),
            ("licence", self.licence.title if self.licence else ""),
            ("licence_address", self.licence.address if self.licence else ""),
            ("attribution", self.attribution),
            ("publisher", self.publisher),
            ("address", self.address),
            *((("invented", "All data are made up."),) if self.invented else ()),
        )


def series_batches(pages: Iterable[Sequence[Observation]]) -> Iterator[pa.RecordBatch]:
    """Values page by page; at least one batch, so that an empty file has its columns."""
    import pyarrow as pa  # 60 MB that are only needed for downloads

    moment = pa.timestamp("us", tz="UTC")
    types = (
        moment,
        pa.float64(),
        pa.string(),
        pa.string(),
        pa.float64(),
        moment,
        moment,
        moment,
        pa.int64(),
        pa.int64(),
    )
    schema = pa.schema([pa.field(c.name, type_) for c, type_ in zip(series_columns(""), types, strict=True)])
    empty = True
    for page in pages:
        empty = False
        columns = zip(*map(_cells, page), strict=True)
        arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=schema)


def _cells(row: Observation) -> tuple[object, ...]:
    return (
        row.phenomenon_time,
        row.number,
        row.value,
        doubted_by(row.flags),
        row.raw,
        row.phenomenon_end,
        row.result_time,
        row.recorded_at,
        row.id,
        row.revision,
    )


def doubted_by(flags: int) -> str | None:
    """The names of the flags, with commas between; None when there are none."""
    return ",".join(flag.name.lower() for flag in Quality if flags & flag and flag.name) or None
