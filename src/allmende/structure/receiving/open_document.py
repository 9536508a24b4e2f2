"""What a LibreOffice spreadsheet (ODS) holds besides cells.

OASIS OpenDocument 1.3, part 3: 9.1 (tables), 19 (attributes). Read as a stream of tags.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from allmende.errors import Unreadable
from allmende.model.received import FileProblem
from allmende.structure.reading.archives import DAMAGED

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_MOST_REPEATED = 10_000
"""Empty rows up to the edge of a sheet are written as one that is repeated a million times."""


@dataclass
class _Sheet:
    name: str
    hidden: bool
    row: int = 0
    column: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    merged: int = 0
    formulas: int = 0
    no_value: int = 0
    comments: int = 0


def open_document_problems(path: Path) -> Iterator[FileProblem]:
    """What a person should know of the spreadsheet. Raises Unreadable when it is broken, hostile or locked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            yield from _part_problems(archive, names)
            for sheet in _sheets(archive):
                yield from _told(sheet)
    except DefusedXmlException:
        raise Unreadable(
            "the spreadsheet is made to do harm", hint="It was not opened.", code="hostile"
        ) from None
    except (*DAMAGED, ValueError, SyntaxError) as error:
        raise Unreadable(
            f"the spreadsheet is broken: {error}",
            hint="Open and save it again in LibreOffice.",
            code="broken",
        ) from None


def is_locked(path: Path) -> bool:
    """True when the spreadsheet can be opened with a password only."""
    with zipfile.ZipFile(path) as archive:
        if "META-INF/manifest.xml" not in archive.NameToInfo:
            return False
        with archive.open("META-INF/manifest.xml") as file:
            return b"encryption-data" in file.read(1_000_000)


def _part_problems(archive: zipfile.ZipFile, names: list[str]) -> Iterator[FileProblem]:
    if any(name.startswith(("Basic/", "Scripts/")) for name in names):
        yield FileProblem("macros", params={"count": "1"})
    pictures = sum(name.startswith("Pictures/") for name in names)
    if pictures:
        yield FileProblem("pictures", params={"count": str(pictures)})


def hidden_sheets(path: Path) -> frozenset[str]:
    """The names of sheets that are not shown; the reader of cells does not tell."""
    with zipfile.ZipFile(path) as archive:
        return frozenset(sheet.name for sheet in _sheets(archive) if sheet.hidden)


def _sheets(archive: zipfile.ZipFile) -> Iterator[_Sheet]:
    hidden_styles: set[str] = set()
    style, sheet = "", None
    with archive.open("content.xml") as file:
        for event, one in iterparse(file, ("start", "end"), forbid_dtd=True):
            tag = one.tag
            if event == "start":
                if tag == f"{_STYLE}style":
                    style = one.get(f"{_STYLE}name", "")
                elif tag == f"{_STYLE}table-properties" and one.get(f"{_TABLE}display") == "false":
                    hidden_styles.add(style)
                elif tag == f"{_TABLE}table":
                    hidden = one.get(f"{_TABLE}style-name") in hidden_styles
                    sheet = _Sheet(one.get(f"{_TABLE}name", ""), hidden)
                elif sheet is not None:
                    _note(sheet, tag, one.attrib)
                continue
            if tag == f"{_TABLE}table" and sheet is not None:
                yield sheet
                sheet = None
            if tag in (f"{_TABLE}table-row", f"{_TABLE}table"):
                one.clear()


def _note(sheet: _Sheet, tag: str, said: dict[str, str]) -> None:
    shown = said.get(f"{_TABLE}visibility", "visible") == "visible"
    if tag == f"{_TABLE}table-row":
        times = min(int(said.get(f"{_TABLE}number-rows-repeated", "1")), _MOST_REPEATED)
        sheet.row += times
        if not shown and times < _MOST_REPEATED:
            sheet.hidden_rows += range(sheet.row - times + 1, sheet.row + 1)
    elif tag == f"{_TABLE}table-column":
        times = int(said.get(f"{_TABLE}number-columns-repeated", "1"))
        sheet.hidden_columns += 0 if shown or times > 500 else times
    elif tag == f"{_TABLE}table-cell":
        spans = (said.get(f"{_TABLE}number-{way}-spanned", "1") for way in ("columns", "rows"))
        sheet.merged += any(span != "1" for span in spans)
        if f"{_TABLE}formula" in said:
            sheet.formulas += 1
            sheet.no_value += f"{_OFFICE}value-type" not in said
    elif tag == f"{_OFFICE}annotation":
        sheet.comments += 1


def _told(sheet: _Sheet) -> Iterator[FileProblem]:
    if sheet.hidden_rows:
        rows = ", ".join(map(str, sheet.hidden_rows[:5])) + (", …" if len(sheet.hidden_rows) > 5 else "")
        said = {"count": str(len(sheet.hidden_rows)), "rows": rows}
        yield FileProblem("hidden_rows", "ask", sheet.name, sheet.hidden_rows[0], params=said)
    if sheet.hidden_columns:
        said = {"count": str(sheet.hidden_columns), "columns": ""}
        yield FileProblem("hidden_columns", "ask", sheet.name, params=said)
    if sheet.no_value:
        yield FileProblem(
            "formulas_empty", "ask", sheet.name, params={"count": str(sheet.no_value), "cells": ""}
        )
    elif sheet.formulas:
        yield FileProblem("formulas", "note", sheet.name, params={"count": str(sheet.formulas)})
    if sheet.merged:
        yield FileProblem("merged", "note", sheet.name, params={"count": str(sheet.merged), "cells": ""})
    if sheet.comments:
        yield FileProblem("comments", "note", sheet.name, params={"count": str(sheet.comments)})
