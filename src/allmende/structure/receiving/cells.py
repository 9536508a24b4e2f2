"""The cells of a file as texts, sheet by sheet; only to be looked at."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from allmende.errors import Unreadable
from allmende.structure.reading.decode import decode
from allmende.structure.reading.delimiters import LONGEST, find_delimiter
from allmende.structure.reading.ranges import letters

SAMPLE = 4 * 1024 * 1024
"""So many bytes of a text are looked at for tables in it."""
_PIECE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Sheet:
    """A sheet with its cells; `merged` are those that span several."""

    name: str
    hidden: bool
    rows: Iterator[Sequence[str]]
    merged: tuple[str, ...] = ()
    spans_rows: bool = False


def workbook_sheets(path: Path) -> Iterator[Sheet]:
    """The sheets of a workbook that hold cells. Raises Unreadable."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        for known in book.sheets_metadata:
            if known.typ == SheetTypeEnum.WorkSheet:
                yield _sheet(book, known.name, known.visible != SheetVisibleEnum.Visible)
    except PasswordError:
        raise Unreadable(
            "the spreadsheet is locked with a password", hint="Save it without one.", code="locked"
        ) from None
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise Unreadable(
            f"the spreadsheet is broken: {error}",
            hint="Open and save it again in Excel or LibreOffice.",
            code="broken",
        ) from None


def _sheet(book: CalamineWorkbook, name: str, hidden: bool) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    merged = sheet.merged_cell_ranges or []
    _, first_column = sheet.start or (0, 0)
    return Sheet(
        name,
        hidden,
        _texts(sheet.iter_rows(), first_column),
        tuple(f"{letters(left)}{top + 1}" for (top, left), _ in merged),
        any(bottom > top for (top, _), (bottom, _) in merged),
    )


def _texts(rows: Iterator[Sequence[Any]], first_column: int) -> Iterator[Sequence[str]]:
    """Every row of the sheet as texts, also empty ones above; empty columns at the left are put back."""
    before = [""] * first_column
    for row in rows:
        yield before + [cell if isinstance(cell, str) else str(cell) for cell in row]


@dataclass(frozen=True)
class TextLook:
    """The beginning of a delimited text: its rows, whether that is all, and how many lines there are."""

    rows: tuple[Sequence[str], ...]
    whole: bool
    lines: int
    zero_line: int | None = None


def text_look(path: Path) -> TextLook:
    """A look at a text. Raises Unreadable when it is none."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    whole = len(start) < SAMPLE
    lines, zero = _count(path, start)
    if zero is not None:
        return TextLook((), whole, lines, zero)
    found = decode(start if whole else start[: start.rfind(b"\n") + 1] or start).text
    csv.field_size_limit(LONGEST)
    reader = csv.reader(io.StringIO(found, newline=""), delimiter=find_delimiter(found[:400_000]))
    rows: list[Sequence[str]] = []
    with suppress(csv.Error):  # what cannot be cut into cells here will be told by the connector
        rows.extend(reader)
    return TextLook(tuple(rows), whole, lines)


def _count(path: Path, start: bytes) -> tuple[int, int | None]:
    """How many lines there are, and the line of the first zero byte (in a text that is not UTF-16)."""
    lines, wide = 0, start.startswith((b"\xff\xfe", b"\xfe\xff"))
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if not wide and b"\x00" in piece:
                return lines, lines + piece[: piece.index(b"\x00")].count(b"\n") + 1
            lines += piece.count(b"\n")
    return lines, None
