"""Delimited text to a grid: the delimiter and header are found on the first lines, the rest is read at once."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from allmende.connectors.table.grid import FIRST_LINE, Grid
from allmende.connectors.table.header import LOOKED_AT, Header, find_header
from allmende.connectors.table.options import Options
from allmende.connectors.table.rows import MOST_COLUMNS, grid_of_rows
from allmende.errors import Unreadable
from allmende.model.source import Rejected
from allmende.structure.reading.decode import Text
from allmende.structure.reading.delimiters import LONGEST, find_delimiter

_HEAD = 400_000
_BLOCK = 8 * 1024 * 1024
_RAW = 2_000
_SHORT = 4_096


def read_delimited(found: Text, options: Options) -> Grid:
    """The grid of a delimited text. Raises Unreadable when it is empty or too wide."""
    data = _with_plain_lines(found.data, options.quote.encode())
    if not data or data.isspace() or (len(data) < _HEAD and found.text.isspace()):
        raise Unreadable("the file holds no rows", hint="Was it exported completely?", code="no_rows")
    top = data[: _HEAD * 2].decode("utf-8", "ignore")
    delimiter = options.delimiter or find_delimiter(top[:_HEAD])
    if options.range:
        return grid_of_rows(list(_all_rows(found.text, delimiter, options.quote)), options, "")
    if len(delimiter) > 1:  # such as " => ": a control character stands in for it
        data, top = data.replace(delimiter.encode(), b"\x1f"), top.replace(delimiter, "\x1f")
        delimiter = "\x1f"
    head = list(_first_rows(top, delimiter, options.quote))
    header = find_header(
        [row for row, _ in head], options.header_row, options.header_rows, options.names, options.skip_rows
    )
    names = _widened(header, [row for row, _ in head[header.body :]])
    if len(names) > MOST_COLUMNS:
        raise Unreadable(
            f"{len(names)} columns are more than the {MOST_COLUMNS} that a table can have",
            hint="Are names and values swapped? Ask for a long table instead of a wide one.",
            code="too_many_columns",
            params={"count": str(len(names))},
        )
    start = head[header.body - 1][1] if header.body else 0
    detected = {
        "encoding": found.encoding,
        "delimiter": {"\t": "tab"}.get(delimiter, delimiter),
        "header": f"row {header.first + 1}" if header.count else "none",
    }
    body = _after_line(data, start)
    if b"\n\n" not in data and b"\n\r\n" not in data:  # empty lines are not counted
        detected[FIRST_LINE] = str(header.body + 1)
    return _read_body(body, names, delimiter, options, detected)


def _with_plain_lines(data: bytes, quote: bytes) -> bytes:
    """Lines end with a line feed; Windows' ends are left alone where only whole lines have them."""
    if b"\r" not in data:
        return data
    if (not quote or quote not in data) and data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _first_rows(text: str, delimiter: str, quote: str) -> Iterator[tuple[list[str], int]]:
    """The first rows, each with the number of the line it ends on."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader(
        io.StringIO(text),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    try:
        for row in reader:
            yield row, reader.line_num
            if reader.line_num > LOOKED_AT * 4:
                return
    except csv.Error:
        return


def _all_rows(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    """Every row, one after the other: for tables that are only a part of a file. Raises Unreadable."""
    csv.field_size_limit(LONGEST)
    quoting: Any = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)
    try:
        yield from reader
    except csv.Error as error:
        raise Unreadable(
            f"line {reader.line_num} cannot be read: {error}",
            hint="Is a quotation mark left open?",
            code="open_quote",
        ) from None


def _widened(header: Header, below: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The header's names, and empty ones where most rows are wider (a delimiter at the end of each line)."""
    if not below:
        return header.names
    usual = Counter(len(row) for row in below if row).most_common(1)
    width = usual[0][0] if usual else len(header.names)
    if width < len(header.names) and any(name.strip() for name in header.names[width:]):
        return header.names
    return (header.names + ("",) * width)[:width]


def _after_line(data: bytes, lines: int) -> memoryview:
    """What stands below so many lines, without copying it."""
    position = 0
    for _ in range(lines):
        position = data.find(b"\n", position) + 1
        if position == 0:
            return memoryview(b"")
    return memoryview(data)[position:]


def _read_body(
    body: memoryview, names: tuple[str, ...], delimiter: str, options: Options, detected: dict[str, str]
) -> Grid:
    ragged: list[arrow_csv.InvalidRow] = []

    def set_aside(row: arrow_csv.InvalidRow) -> Literal["skip", "error"]:
        ragged.append(row)
        return "skip"

    ids = [f"f{n}" for n in range(len(names))]
    if not bytes(body[:_SHORT]).strip(b"\n\r ") and not bytes(body).strip(b"\n\r "):
        empty = tuple(pa.array([], pa.string()) for _ in names)
        return Grid(names, empty, np.zeros(0, np.int64), (), detected, delimiter)
    content: Any = pa.py_buffer(body)
    try:
        table = _read_fast(content, ids, delimiter, options) or arrow_csv.read_csv(
            _reader(content),
            read_options=arrow_csv.ReadOptions(
                column_names=ids, use_threads=False, block_size=_block_size(body)
            ),
            parse_options=_parse_options(delimiter, options, set_aside),
            convert_options=_as_texts(ids),
        )
    except (pa.ArrowInvalid, pa.ArrowCapacityError) as error:
        raise Unreadable(
            f"the rows cannot be read: {error}", hint="Is a quotation mark left open?", code="open_quote"
        ) from None
    return _laid_out(table, names, ragged, delimiter, options, detected)


def _read_fast(content: pa.Buffer, ids: list[str], delimiter: str, options: Options) -> pa.Table | None:
    """A large file with all processors; None when it is small, or when any row is ragged."""
    if content.size < _BLOCK:
        return None
    try:
        return arrow_csv.read_csv(
            _reader(content),
            read_options=arrow_csv.ReadOptions(column_names=ids, block_size=_BLOCK // 2),
            parse_options=_parse_options(delimiter, options),
            convert_options=_as_texts(ids),
        )
    except pa.ArrowInvalid:
        return None


def _reader(content: pa.Buffer) -> Any:
    """The bytes as a file, without a copy; the stubs do not know that Arrow takes its own readers."""
    return pa.BufferReader(content)


def _parse_options(
    delimiter: str,
    options: Options,
    set_aside: Callable[[arrow_csv.InvalidRow], Literal["skip", "error"]] | None = None,
) -> arrow_csv.ParseOptions:
    return arrow_csv.ParseOptions(
        delimiter=delimiter,
        quote_char=options.quote or False,
        newlines_in_values=True,
        invalid_row_handler=set_aside,
    )


def _as_texts(ids: list[str]) -> arrow_csv.ConvertOptions:
    """Every cell as text; an empty one is null, in quotation marks or not."""
    return arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(ids, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )


def _block_size(body: memoryview) -> int:
    """A block holds whole rows; a file of up to one block is read in one piece."""
    return max(_BLOCK, min(len(body) * 4, 64 * 1024 * 1024))


def _laid_out(
    table: pa.Table,
    names: tuple[str, ...],
    ragged: Sequence[arrow_csv.InvalidRow],
    delimiter: str,
    options: Options,
    detected: dict[str, str],
) -> Grid:
    """The rows with the numbers they have in the file; ragged ones are padded when that was declared, else rejected."""
    total = table.num_rows + len(ragged)
    if ragged and table.num_rows == 0 and options.ragged != "pad":
        raise Unreadable(
            f"row {ragged[0].number or 1}: {ragged[0].actual_columns} cells instead of "
            f"{ragged[0].expected_columns}, and so every one of {total} rows",
            hint="Is this a table at all? If it is, declare delimiter and header_row.",
            code="uneven",
            params={"cells": str(ragged[0].actual_columns), "expected": str(ragged[0].expected_columns)},
        )
    odd = np.array([int(row.number or 0) for row in ragged], np.int64)
    is_regular = np.ones(total, bool)
    is_regular[odd - 1] = False
    regular = np.flatnonzero(is_regular).astype(np.int64) + 1
    columns = [
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
        for column in table.columns
    ]
    rejected = []
    extra: list[tuple[int, list[str]]] = []
    for row in ragged:
        padded = _padded(row.text, delimiter, options, len(names))
        if padded is None:
            reason = f"{row.actual_columns} cells instead of {row.expected_columns}"
            raw, cells = row.text[:_RAW], str(row.actual_columns)
            rejected.append(Rejected(int(row.number or 0), "", reason, raw, "cells", cells))
        else:
            extra.append((int(row.number or 0), padded))
    rows = np.concatenate([regular, np.array([number for number, _ in extra], np.int64)])
    if extra:
        detected["padded rows"] = str(len(extra))
        order: Any = pa.array(np.argsort(rows, kind="stable"))
        columns = [
            pa.concat_arrays([column, pa.array([cells[n] or None for _, cells in extra], pa.string())]).take(
                order
            )
            for n, column in enumerate(columns)
        ]
        rows = np.sort(rows)
    return Grid(names, tuple(columns), rows, tuple(rejected), detected, delimiter)


def _padded(text: str, delimiter: str, options: Options, width: int) -> list[str] | None:
    """The cells of a ragged row filled up or cut to `width`; None when that would lose a cell or is not wanted."""
    if options.ragged != "pad":
        return None
    cells = next(csv.reader([text], delimiter=delimiter, quotechar=options.quote or None), [])
    if any(cell.strip() for cell in cells[width:]):
        return None
    return [*cells[:width], *[""] * (width - len(cells))]
