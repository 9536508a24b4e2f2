"""Parquet and XLSX: written through a file or a buffer that is emptied as it fills."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from allmende.model.dataset import Column
from allmende.share.cells import as_text
from allmende.share.downloads.about import About, Labels

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CHUNK = 256 * 1024
SHEET_ROWS = 1_048_575  # Excel's limit without the header
CELL_CHARACTERS = 32_767  # Excel's limit
_LARGEST_WHOLE = 1 << 53  # beyond it Excel's numbers lose digits


class _Drain(io.RawIOBase):
    """A file to write to whose content is taken away in chunks."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def parquet_chunks(batches: Iterator[pa.RecordBatch], about: Labels) -> Iterator[bytes]:
    """Parquet with ZSTD; what it is stands in the key-value metadata (and GeoParquet's, for geometry)."""
    import pyarrow as pa  # 60 MB that are only needed for downloads
    import pyarrow.parquet as pq

    drain, first = _Drain(), next(batches, None)
    schema = (first.schema if first is not None else pa.schema([])).with_metadata(_metadata(about))
    writer = pq.ParquetWriter(pa.PythonFile(drain, mode="w"), schema, compression="zstd")
    try:
        while first is not None:
            writer.write_batch(first.replace_schema_metadata(schema.metadata))
            yield drain.taken()
            first = next(batches, None)
    finally:
        writer.close()
    yield drain.taken()


def xlsx_chunks(batches: Iterator[pa.RecordBatch], about: About) -> Iterator[bytes]:
    """A workbook: sheets with rows, then one that says what it is. Written to a file first, since the
    format puts its table of contents last. Text is never taken for a formula."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, batches, about)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _metadata(about: Labels) -> dict[str, str]:
    pairs = {f"allmende.{name}": value for name, value in about.pairs() if value}
    shapes = [column.name for column in about.columns if column.type == "geometry"]
    if not shapes:
        return pairs
    columns = {name: {"encoding": "WKB", "geometry_types": []} for name in shapes}
    return {
        **pairs,
        "geo": json.dumps({"version": "1.1.0", "primary_column": shapes[0], "columns": columns}),
    }


def _write_workbook(file: BinaryIO, batches: Iterator[pa.RecordBatch], about: About) -> None:
    import xlsxwriter  # only needed here

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, {**options, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": about.title, "company": about.publisher, "created": _moment(about)})
        cut = _write_rows(book, batches, about)
        _write_about(book, about, cut)


def _moment(about: About) -> datetime:
    """When the version was published, so that the same version is the same file."""
    return datetime.fromisoformat(about.created).astimezone(UTC).replace(tzinfo=None)


def _write_rows(book: Workbook, batches: Iterator[pa.RecordBatch], about: About) -> int:
    """Write all rows, on as many sheets as they need; returns how many cells had to be cut."""
    times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet, line, number, cut = _new_sheet(book, about, 1), 0, 1, 0
    for batch in batches:
        for row in zip(*(batch.column(c.name).to_pylist() for c in about.columns), strict=True):
            if line == SHEET_ROWS:
                number, line = number + 1, 0
                sheet = _new_sheet(book, about, number)
            line += 1
            cut += _write_row(sheet, line, row, about.columns, times)
    return cut


def _new_sheet(book: Workbook, about: About, number: int) -> Worksheet:
    sheet = book.add_worksheet("Daten" if number == 1 else f"Daten {number}")
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    for at, column in enumerate(about.columns):
        sheet.write_string(0, at, column.name, bold)
    return sheet


def _write_row(
    sheet: Worksheet, line: int, row: Sequence[Any], columns: Sequence[Column], times: Format
) -> int:
    cut = 0
    for at, (value, column) in enumerate(zip(row, columns, strict=True)):
        cut += _write_cell(sheet, line, at, value, column, times)
    return cut


def _write_cell(sheet: Worksheet, line: int, at: int, value: Any, column: Column, times: Format) -> int:
    """Write one cell as what it is; 1 when its text was too long for Excel."""
    if value is None:
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, float | int) and abs(value) < _LARGEST_WHOLE:
        sheet.write_number(line, at, value)
    elif isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(line, at, value.astimezone(UTC).replace(tzinfo=None), times)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(line, at, value)
    else:
        text = as_text(value, column.type)
        sheet.write_string(line, at, text[:CELL_CHARACTERS])
        return int(len(text) > CELL_CHARACTERS)
    return 0


def _write_about(book: Workbook, about: About, cut: int) -> None:
    sheet = book.add_worksheet("Info")
    pairs = [*about.pairs()]
    if cut:
        pairs.append(("note", f"{cut} cells were longer than Excel allows and are cut; CSV has them whole."))
    for line, (name, value) in enumerate(pairs):
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, value[:CELL_CHARACTERS])
    for line, column in enumerate(about.columns, start=len(pairs) + 1):
        words = (column.name, column.title.of("de"), column.description.of("de"), column.unit, column.type)
        for at, text in enumerate(words):
            sheet.write_string(line, at, text)
