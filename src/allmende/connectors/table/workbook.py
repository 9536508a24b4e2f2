"""Spreadsheets to a grid: cells become the text that a careful person would type."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from allmende.connectors.table.grid import Grid
from allmende.connectors.table.header import LOOKED_AT, find_header
from allmende.connectors.table.options import Options
from allmende.connectors.table.rows import grid_of_rows, in_range
from allmende.errors import Unreadable

_Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


def read_workbook(data: bytes, options: Options) -> Grid:
    """The grid of one sheet: the one declared, or the fullest. Raises Unreadable."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = _sheet(book, options.sheet)
        sheet = book.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False)
        merged = sheet.merged_cell_ranges
    except PasswordError:
        raise Unreadable(
            "the spreadsheet is locked with a password", hint="Save it without one.", code="locked"
        ) from None
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(
            f"the spreadsheet is broken: {error}",
            hint="Open and save it again in Excel or LibreOffice.",
            code="broken",
        ) from None
    rows = [[to_text(cell) for cell in row] for row in cells]
    if options.merged == "fill":
        options, body = _with_merged_header(rows, merged or [], options)
        fill_down(rows, [one for one in merged or [] if one[0][0] >= body])
    return grid_of_rows(rows, options, name)


def _sheet(book: CalamineWorkbook, wanted: str | int) -> str:
    names = book.sheet_names
    if not names:
        raise Unreadable("the spreadsheet has no sheets", code="no_rows")
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


def _with_merged_header(
    rows: Sequence[Sequence[str]], merged: _Merged, options: Options
) -> tuple[Options, int]:
    """The options with the header's height, which cells of it show that span several rows; and where the body begins."""
    found, above = in_range(rows, options)
    header = find_header(
        found[:LOOKED_AT], options.header_row, options.header_rows, options.names, options.skip_rows
    )
    heights = [bottom - top + 1 for (top, _), (bottom, _) in merged if top == above + header.first]
    height = max([header.count, *heights]) if header.count and options.header_row is None else header.count
    if height > header.count:
        options = replace(options, header_row=header.first + 1, header_rows=height)
    return options, above + header.first + height


def fill_down(rows: list[list[str]], merged: _Merged) -> None:
    """A cell that spans several rows stands for all of them. Across columns nothing is repeated: what spans those
    is a heading."""
    for (top, left), (bottom, _) in merged:
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row) and not row[left] and left < len(rows[top]):
                row[left] = rows[top][left]


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
