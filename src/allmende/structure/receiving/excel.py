"""What an Excel workbook (XLSX, XLSM) holds besides cells: read from its parts, without opening them in Excel.

ECMA-376 part 1, 18.3 (sheets) and 18.2 (workbook). Sheets are scanned as bytes in pieces: a parser that calls
Python for every cell takes ten times as long.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from allmende.errors import Unreadable
from allmende.model.received import FileProblem
from allmende.structure.reading.archives import DAMAGED
from allmende.structure.reading.ranges import letters
from allmende.structure.reading.ranges import number as column_number

_PIECE = 4 * 1024 * 1024
_OVERLAP = 64 * 1024
_LARGEST_PART = 16 * 1024 * 1024
_MOST_TOLD = 5
_ROW = re.compile(
    rb"""<(?:\w+:)?row\b(?=[^<>]{0,400}?\bhidden=["'](?:1|true)["'])[^<>]{0,400}?\br=["'](\d{1,7})["']"""
)
_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^<>]{0,400}?>")
_NO_VALUE = re.compile(
    rb"""<(?:\w+:)?c\b[^<>]{0,400}?\br=["']([A-Z]{1,3}\d{1,7})["'][^<>]{0,400}?>\s*"""
    rb"<(?:\w+:)?f\b(?:[^<>]{0,400}?/>|[^<>]{0,400}?>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_FAULT = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^<>]{0,400}?\bt=["']e["'])[^<>]{0,400}?\br=["']([A-Z]{1,3}\d{1,7})["']"""
)
_HOSTILE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("macros", re.compile(r"(?i)xl/(?:.*/)?vbaProject\.bin|xl/macrosheets/.*|xl/activeX/.*")),
    ("links", re.compile(r"(?i)xl/externalLinks/[^/]+\.xml")),
    ("connections", re.compile(r"(?i)xl/(?:connections\.xml|queryTables/.*)")),
    ("pictures", re.compile(r"(?i)xl/media/.*")),
    ("comments", re.compile(r"(?i)xl/(?:comments\d*\.xml|comments/.*|threadedComments/.*)")),
    ("hidden_copies", re.compile(r"(?i)xl/pivotCache/pivotCacheRecords.*")),
    ("embedded", re.compile(r"(?i)xl/embeddings/.*")),
)


MOST_CELLS = 60_000_000
"""A sheet's rows times columns. Readers make room for every cell up to the last one, filled or not."""
_DIMENSION = re.compile(
    rb"""<(?:\w+:)?dimension\b[^<>]{0,400}?\bref=["'](?:[A-Z]{1,3}\d{1,7}:)?([A-Z]{1,3})(\d{1,7})["']"""
)


@dataclass
class _Marks:
    """What stands out on one sheet."""

    rows: list[int] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    no_value: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    formulas: int = 0


def excel_problems(path: Path) -> Iterator[FileProblem]:
    """What a person should know of the workbook. Raises Unreadable when its parts are broken or hostile."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _part_problems(archive.namelist())
            for name, part in _sheet_parts(archive):
                yield from _told(name, _scan(archive, part))
    except DAMAGED as error:
        raise _broken(str(error)) from None


def refuse_far_cells(path: Path) -> None:
    """Unreadable when a sheet reaches so far that nobody can have meant it: a cell filled by mistake, or an attack."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name, part in _sheet_parts(archive):
                with archive.open(part) as file:
                    found = _DIMENSION.search(file.read(_OVERLAP))
                if found and (column_number(found[1].decode()) + 1) * int(found[2]) > MOST_CELLS:
                    raise _too_far(name, found[1].decode() + found[2].decode())
    except DAMAGED as error:
        raise _broken(str(error)) from None


def _too_far(sheet: str, cell: str) -> Unreadable:
    return Unreadable(
        f"the sheet {sheet!r} reaches to the cell {cell}",
        hint="Is a cell far down or far to the right filled by mistake?",
        code="far_cell",
        params={"cell": cell, "sheet": sheet},
    )


def _part_problems(names: Iterable[str]) -> Iterator[FileProblem]:
    found = Counter(code for name in names for code, pattern in _PARTS if pattern.fullmatch(name))
    yield from (FileProblem(code, params={"count": str(count)}) for code, count in found.items())


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the part that holds it."""
    book = _xml(archive, "xl/workbook.xml")
    targets = {
        one.get("Id", ""): one.get("Target", "") for one in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    for sheet in (one for one in book.iter() if one.tag.rpartition("}")[2] == "sheet"):
        id_ = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        target = targets.get(id_, "").lstrip("/")
        part = target if target.startswith("xl/") else str(PurePosixPath("xl") / target)
        if target and part in archive.NameToInfo and "sheet" in part.lower():
            yield sheet.get("name", ""), part


def _xml(archive: zipfile.ZipFile, part: str):  # type: ignore[no-untyped-def]
    with archive.open(part) as file:
        data = file.read(_LARGEST_PART + 1)
    if len(data) > _LARGEST_PART:
        raise _broken(f"{part} is too large")
    try:
        return fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable(
            "the workbook is made to do harm", hint="It was not opened.", code="hostile"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise _broken(f"{part}: {error}") from None


def _scan(archive: zipfile.ZipFile, part: str) -> _Marks:
    marks = _Marks()
    with archive.open(part) as file:
        for first, piece, whole_to in _pieces(file):  # type: ignore[arg-type]
            if first:
                if _HOSTILE.search(piece[:4096]):
                    raise Unreadable(
                        "the workbook is made to do harm", hint="It was not opened.", code="hostile"
                    )
                marks.columns += list(_hidden_columns(piece))
            text = piece[:whole_to]
            marks.rows += [int(number) for number in _ROW.findall(text)]
            marks.faults += [cell.decode() for cell in _FAULT.findall(text)]
            found = len(_FORMULA.findall(text))
            marks.formulas += found
            if found:
                marks.no_value += [cell.decode() for cell in _NO_VALUE.findall(text)]
    return marks


def _pieces(file: BinaryIO) -> Iterator[tuple[bool, bytes, int]]:
    """Pieces that end behind a row, so that no cell is cut in two; a row larger than a piece is looked at in parts."""
    rest, first = b"", True
    while chunk := file.read(_PIECE):
        piece = rest + chunk
        end = (
            piece.rfind(b"</")
            if len(piece) > 4 * _PIECE
            else max(piece.rfind(b"</row>"), piece.rfind(b":row>"))
        )
        end = end if end > 0 else 0
        yield first, piece, end
        rest, first = piece[end:], False
    yield first, rest, len(rest)


def _hidden_columns(piece: bytes) -> Iterator[str]:
    for tag in _COLUMN.findall(piece[: piece.find(b"<sheetData") + 1 or len(piece)]):
        shown = re.search(rb"""\bhidden=["'](?:1|true)["']""", tag) is None
        low, high = (re.search(rb"""\b%s=["'](\d{1,5})["']""" % name, tag) for name in (b"min", b"max"))
        if shown or low is None or high is None:
            continue
        # Columns hidden up to the edge of the sheet are empty: they only narrow the view.
        if int(high[1]) < 16_384:
            yield from (letters(n) for n in range(int(low[1]) - 1, min(int(high[1]), int(low[1]) + 200)))


def _told(sheet: str, marks: _Marks) -> Iterator[FileProblem]:
    if marks.rows:
        said = {"count": str(len(marks.rows)), "rows": _listed(list(map(str, marks.rows)))}
        yield FileProblem("hidden_rows", "ask", sheet, marks.rows[0], params=said)
    if marks.columns:
        said = {"count": str(len(marks.columns)), "columns": _listed(marks.columns)}
        yield FileProblem("hidden_columns", "ask", sheet, None, marks.columns[0], said)
    if marks.no_value:
        yield _at("formulas_empty", sheet, marks.no_value)
    elif marks.formulas:
        yield FileProblem("formulas", "note", sheet, params={"count": str(marks.formulas)})
    if marks.faults:
        yield _at("error_cells", sheet, marks.faults)


def _at(code: str, sheet: str, cells: list[str]) -> FileProblem:
    column, row = re.sub(r"\d", "", cells[0]), int(re.sub(r"\D", "", cells[0]))
    return FileProblem(code, "ask", sheet, row, column, {"count": str(len(cells)), "cells": _listed(cells)})


def _listed(found: list[str]) -> str:
    return ", ".join(found[:_MOST_TOLD]) + (", …" if len(found) > _MOST_TOLD else "")


def _broken(fault: str) -> Unreadable:
    return Unreadable(
        f"the spreadsheet is broken: {fault}",
        hint="Open and save it again in Excel or LibreOffice.",
        code="broken",
    )
