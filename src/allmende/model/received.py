"""What was found out about a file that somebody hands in, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
class FileLook:
    """What a file really is, what is in it, and what is wrong with it."""

    kind: FileKind = "unknown"
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
    """What a person chose: the sheet and the range (of a Block), whether rows of totals are left out, and that
    what was asked (hidden columns, formulas without values) is right as it is.

    Empty: the fullest sheet, as a whole.
    """

    sheet: str = ""
    range: str = ""
    without_totals: bool = False
    confirmed: bool = False
