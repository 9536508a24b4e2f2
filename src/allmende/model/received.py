"""What was found out about a file that somebody hands in, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from allmende.model.dataset import Column

FileKind = Literal[
    "xlsx", "xlsm", "xlsb", "xls", "ods", "text", "json", "xml", "shapes", "database", "zip", "gzip", "parquet",
    "pdf", "word", "slides", "picture", "web_page", "mail", "program", "archive", "empty", "unknown",
]  # fmt: skip
"""What the bytes are, whatever the file is called. `shapes` is a ZIP of geodata, `archive` a 7z or RAR."""

Severity = Literal["stop", "ask", "note"]
"""`stop`: nothing can be made of it. `ask`: a person has to say that it is right. `note`: good to know."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something about a file: a code that pages put into words, where it is, and what the words need.

    `row` counts from 1 as the spreadsheet does, `column` is its letters (or a column's name in a preview).
    """

    code: str
    severity: Severity = "note"
    sheet: str = ""
    row: int | None = None
    column: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """Cells that belong together: one table. `range` is written as spreadsheets do (`A3:F40`).

    `rows` and `columns` are its size with the header, `title` a line of text above it, `first` the texts
    of its first row, to be recognised by people.
    """

    sheet: str
    range: str
    rows: int
    columns: int
    title: str = ""
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetLook:
    """One sheet (a text file is one sheet without a name) and the tables in it."""

    name: str
    hidden: bool = False
    rows: int = 0
    columns: int = 0
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a file really is, what is in it, and what is wrong with it."""

    kind: FileKind
    sheets: tuple[SheetLook, ...] = ()
    problems: tuple[FileProblem, ...] = ()

    @property
    def stopped(self) -> bool:
        """True when nothing can be made of this file."""
        return any(one.severity == "stop" for one in self.problems)

    @property
    def asks(self) -> tuple[FileProblem, ...]:
        """What a person has to answer first."""
        return tuple(one for one in self.problems if one.severity == "ask")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All tables on sheets that are shown, in order."""
        return tuple(block for sheet in self.sheets if not sheet.hidden for block in sheet.blocks)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: the sheet and the range (of a Block), and whether rows of totals are left out.

    Empty: the fullest sheet, as a whole.
    """

    sheet: str = ""
    range: str = ""
    without_totals: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is not taken: its number (first data row is 1), the column's name, the reason and the text."""

    row: int
    column: str
    reason: str
    raw: str
    code: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file would be read. `rows` are the first ones, as texts (None: unknown).

    `connector` and `options` are those of a source that reads it so. `whole` is False when only the beginning
    of a large file was read. `problems` are about the file and its columns, `row_problems` the first rows that
    are not taken. `key`, `place_column` and `time_column` are proposals, `personal` columns that speak of persons.
    """

    connector: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    rows_in: int = 0
    rows_rejected: int = 0
    whole: bool = True
    problems: tuple[FileProblem, ...] = ()
    row_problems: tuple[RowProblem, ...] = ()
    key: tuple[str, ...] = ()
    place_column: str = ""
    time_column: str = ""
    personal: tuple[str, ...] = ()
    detected: Mapping[str, str] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """True when nothing can be made of this file."""
        return any(one.severity == "stop" for one in self.problems)
