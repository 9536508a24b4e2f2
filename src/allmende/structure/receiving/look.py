"""A look at a file: its kind, its sheets and tables, and what a person should know of it."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath

from allmende.errors import Unreadable
from allmende.model.received import Block, FileKind, FileLook, FileProblem, SheetLook
from allmende.structure.reading.archives import DAMAGED, contents
from allmende.structure.receiving.blocks import find_blocks
from allmende.structure.receiving.cells import Sheet, text_look, workbook_sheets
from allmende.structure.receiving.disguises import disguise
from allmende.structure.receiving.excel import excel_problems, refuse_far_cells
from allmende.structure.receiving.kinds import KNOWN_ENDINGS, WORKBOOKS, kind_of, names_of
from allmende.structure.receiving.open_document import hidden_sheets, is_locked, open_document_problems

LARGEST = 2 * 1024**3
MANY_COLUMNS = 200
_PIECE = 1024 * 1024
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
NO_TABLES: frozenset[FileKind] = frozenset(
    {"pdf", "word", "slides", "picture", "web_page", "mail", "program", "archive", "empty", "unknown", "parquet"}
)  # fmt: skip
"""Kinds that nothing can be read from. Each has words of its own."""


def look_into(path: Path, file_name: str) -> FileLook:
    """What the file at `path` is and holds. Whatever is wrong with it is in `problems`; nothing is raised."""
    try:
        return _looked(path, file_name)
    except Unreadable as error:
        return FileLook(problems=(problem_of(error),))
    except (*DAMAGED, ValueError, SyntaxError) as error:
        return FileLook(problems=(FileProblem("broken", "stop", params={"reason": str(error)}),))


def problem_of(error: Unreadable) -> FileProblem:
    """Why a file cannot be read, as a value. What has no words of its own is told as it was said."""
    if not error.code:
        return FileProblem("unreadable", "stop", params={"reason": f"{error.message} {error.hint}".strip()})
    return FileProblem(error.code, "stop", params=error.params)


def _looked(path: Path, file_name: str) -> FileLook:
    kind = kind_of(path)
    other = disguise(path, kind)
    if other:
        return FileLook(kind, problems=(FileProblem("disguise", "stop", params={"other": other}),))
    if kind in NO_TABLES:
        return FileLook(kind, problems=(FileProblem(f"is_{kind}", "stop"),))
    if kind in ("gzip", "zip"):
        with _unpacked(path, kind) as (inner, name):
            found = _looked(inner, name)
        return replace(found, problems=(FileProblem("packed", params={"name": name}), *found.problems))
    problems = tuple(_misnamed(kind, file_name))
    read = _workbook if kind in WORKBOOKS else _text if kind == "text" else _unseen
    found = read(path, kind)
    return replace(found, problems=(*problems, *found.problems))


def _misnamed(kind: FileKind, file_name: str) -> Iterator[FileProblem]:
    """The name says something else than the bytes: common, harmless, and worth knowing."""
    ending = PurePath(file_name.lower()).suffix
    if ending in KNOWN_ENDINGS and names_of(kind) and ending not in names_of(kind):
        yield FileProblem("misnamed", params={"ending": ending, "kind": kind})


@contextmanager
def _unpacked(path: Path, kind: FileKind) -> Iterator[tuple[Path, str]]:
    """The one table that is packed in the file, unpacked for the time being. Raises Unreadable."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "unpacked"
        name = _gunzip(path, target) if kind == "gzip" else _unzip(path, target)
        if kind_of(target) in ("gzip", "zip"):
            raise Unreadable("packed files are packed in it", hint="Unpack it first.", code="nested")
        yield target, name


def _gunzip(path: Path, target: Path) -> str:
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            _copy(packed, file)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(
            f"the gzip file is broken: {error}", hint="It may have been cut off.", code="broken"
        ) from None
    return "gzip"


def _unzip(path: Path, target: Path) -> str:
    names = [name for name in contents(path) if name.lower().endswith(_TABLES)]
    if len(names) != 1:
        raise Unreadable(
            f"the ZIP file holds {len(names)} tables instead of one",
            hint="Unpack it and send one file.",
            code="several_files",
            params={"count": str(len(names))},
        )
    try:
        with zipfile.ZipFile(path) as archive, archive.open(names[0]) as packed, target.open("wb") as file:
            _copy(packed, file)
    except DAMAGED as error:
        raise Unreadable(
            f"the ZIP file is damaged: {error}", hint="It may have been cut off.", code="broken"
        ) from None
    return names[0]


def _copy(packed, file) -> None:  # type: ignore[no-untyped-def]
    """Copy what is unpacked, up to the largest size that is ever read."""
    left = LARGEST
    while piece := packed.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise Unreadable("it unpacks to more than 2 GiB", hint="It was not unpacked.", code="bomb")
        file.write(piece)


# --- workbooks ---


def _workbook(path: Path, kind: FileKind) -> FileLook:
    if (kind == "ods" and is_locked(path)) or (kind == "xlsx" and not zipfile.is_zipfile(path)):
        raise Unreadable("the spreadsheet is locked with a password", code="locked")
    if kind in ("xlsx", "xlsm"):
        refuse_far_cells(path)
    sheets, problems = list[SheetLook](), list[FileProblem]()
    hidden = hidden_sheets(path) if kind == "ods" else frozenset[str]()
    for sheet in workbook_sheets(path):
        look, found = _sheet(replace(sheet, hidden=sheet.hidden or sheet.name in hidden))
        sheets.append(look)
        problems += found
    if kind in ("xlsx", "xlsm"):
        problems += excel_problems(path)
    elif kind == "ods":
        problems += open_document_problems(path)
    problems += _sheet_problems(sheets)
    shown = {one.name for one in sheets if not one.hidden}
    return FileLook(kind, tuple(sheets), tuple(p for p in problems if not p.sheet or p.sheet in shown))


def _sheet(sheet: Sheet) -> tuple[SheetLook, list[FileProblem]]:
    blocks = find_blocks(sheet.name, sheet.rows)
    look = SheetLook(
        sheet.name, sheet.hidden, sum(one.rows for one in blocks), max((one.columns for one in blocks), default=0),
        blocks,
    )  # fmt: skip
    problems = []
    if sheet.merged:
        said = {"count": str(len(sheet.merged)), "cells": ", ".join(sheet.merged[:5])}
        code = "merged_down" if sheet.spans_rows else "merged"
        problems.append(FileProblem(code, "note", sheet.name, params=said))
    return look, [*problems, *_block_problems(blocks)]


def _block_problems(blocks: tuple[Block, ...]) -> Iterator[FileProblem]:
    for block in blocks:
        if block.columns > MANY_COLUMNS:
            yield FileProblem("many_columns", "note", block.sheet, params={"count": str(block.columns)})


def _sheet_problems(sheets: list[SheetLook]) -> Iterator[FileProblem]:
    hidden = [one.name for one in sheets if one.hidden and one.blocks]
    filled = [one for one in sheets if one.blocks and not one.hidden]
    if hidden:
        said = {"count": str(len(hidden)), "names": ", ".join(hidden[:5])}
        yield FileProblem("hidden_sheets", "note", params=said)
    if not filled:
        yield FileProblem("only_hidden" if hidden else "no_table", "stop")
    yield from choice_problems([block for one in filled for block in one.blocks])


def choice_problems(blocks: list[Block]) -> Iterator[FileProblem]:
    """Several tables: somebody has to choose one."""
    sheets = {block.sheet for block in blocks}
    if len(blocks) > 1:
        code = "several_sheets" if len(sheets) == len(blocks) else "several_tables"
        yield FileProblem(code, "ask", params={"count": str(len(blocks))})


# --- text ---


def _unseen(_: Path, kind: FileKind) -> FileLook:
    """JSON, XML and geodata: their connectors tell more."""
    return FileLook(kind)


def _text(path: Path, _: FileKind) -> FileLook:
    found = text_look(path)
    if found.zero_line is not None:
        said = {"line": str(found.zero_line)}
        return FileLook(
            "text", problems=(FileProblem("nul_bytes", "stop", row=found.zero_line, params=said),)
        )
    blocks = find_blocks("", found.rows)
    if len(blocks) == 1:  # the whole file; what was looked at may be its beginning only
        blocks = (
            replace(blocks[0], range="", rows=max(blocks[0].rows, found.lines if not found.whole else 0)),
        )
    sheet = SheetLook("", False, found.lines, max((one.columns for one in blocks), default=0), blocks)
    if not blocks:
        return FileLook("text", problems=(FileProblem("no_table", "stop"),))
    problems = [*_block_problems(blocks), *choice_problems(list(blocks) if found.whole else [])]
    return FileLook("text", (sheet,), tuple(problems))
