"""Spreadsheets to a grid: cells become the text that a careful person would type."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from allmende.connectors.table.delimited import MOST_COLUMNS
from allmende.connectors.table.grid import Grid
from allmende.connectors.table.header import LOOKED_AT, find_header
from allmende.connectors.table.options import Options
from allmende.errors import Unreadable
from allmende.model.source import Rejected

_Body = list[tuple[int, Sequence[str]]]


def read_workbook(data: bytes, options: Options) -> Grid:
    """The grid of one sheet: the one declared, or the fullest. Raises Unreadable."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = _sheet(book, options.sheet)
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError:
        raise Unreadable("the spreadsheet is locked with a password", hint="Save it without one.") from None
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(
            f"the spreadsheet is broken: {error}", hint="Open and save it again in Excel or LibreOffice."
        ) from None
    rows = [[to_text(cell) for cell in row] for row in cells]
    return _grid(rows, options, name)


def _sheet(book: CalamineWorkbook, wanted: str | int) -> str:
    names = book.sheet_names
    if not names:
        raise Unreadable("the spreadsheet has no sheets")
    if isinstance(wanted, int) or wanted.isdigit():
        if not 1 <= int(wanted) <= len(names):
            raise Unreadable(f"there is no sheet number {wanted}", hint=f"There are: {', '.join(names)}.")
        return names[int(wanted) - 1]
    if wanted and wanted not in names:
        raise Unreadable(f"there is no sheet {wanted!r}", hint=f"There are: {', '.join(names)}.")
    return wanted or max(names, key=lambda name: (_cells(book, name), -names.index(name)))


def _cells(book: CalamineWorkbook, name: str) -> int:
    sheet = book.get_sheet_by_name(name)
    return int(sheet.height * sheet.width)


def _grid(rows: Sequence[Sequence[str]], options: Options, sheet: str) -> Grid:
    header = find_header(
        rows[: max(LOOKED_AT, options.header_row or 0) + 5],
        options.header_row,
        options.header_rows,
        options.names,
        options.skip_rows,
    )
    body: _Body = [
        (n, row) for n, row in enumerate(rows[header.body :], 1) if any(cell.strip() for cell in row)
    ]
    width = max([len(header.names), *(len(row) for _, row in body)], default=0)
    body, notes = _without_notes(body, width)
    if width == 0:
        raise Unreadable(f"the sheet {sheet!r} is empty", hint="Name another one with the option sheet.")
    if width > MOST_COLUMNS:
        raise Unreadable(
            f"{width} columns are more than the {MOST_COLUMNS} that a table can have",
            hint="Is a cell far to the right filled by mistake?",
        )
    names = (*header.names, *[""] * (width - len(header.names)))
    columns = tuple(
        pa.array([(row[n] if n < len(row) else "") or None for _, row in body], pa.string())
        for n in range(width)
    )
    detected = {"sheet": sheet, "header": f"row {header.first + 1}" if header.count else "none"}
    rejected = tuple(
        Rejected(len(body) + n, "", "a note below the table, not a row of it", " ".join(row).strip())
        for n, (_, row) in enumerate(notes, 1)
    )
    return Grid(tuple(names), columns, np.arange(1, len(body) + 1, dtype=np.int64), rejected, detected, ";")


def _without_notes(body: _Body, width: int) -> tuple[_Body, _Body]:
    """The rows, and the lines below the last one that has more than one cell: sources, footnotes."""
    filled = [sum(1 for cell in row if cell.strip()) for _, row in body]
    end = max((n + 1 for n, count in enumerate(filled) if count > 1), default=0)
    return (body[:end], body[end:]) if width > 2 and end else (body, [])


def to_text(cell: object) -> str:
    """A cell as text: whole numbers without `.0`, dates in ISO form, yes and no as true and false."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
        )
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
