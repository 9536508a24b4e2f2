"""The files of a feed: a ZIP of tables, or one table by itself. Each is read as texts; nothing is typed here."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv

from allmende.errors import Unreadable
from allmende.structure.reading.archives import contents, unpack
from allmende.structure.reading.decode import decode
from allmende.structure.reading.shape import MOST_COLUMNS

_PACKED = b"PK"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as written: every cell a text or None. `wrong` are rows with too few or too many
    cells: number, reason and text."""

    cells: pa.Table
    numbers: np.ndarray[Any, np.dtype[np.int64]]  # of each row in the file, from 1
    wrong: tuple[tuple[int, str, str], ...]

    @property
    def rows(self) -> int:
        """Rows in the file, wrong ones too."""
        return int(self.cells.num_rows) + len(self.wrong)


class Feed:
    """One feed; tables are read when they are asked for."""

    def __init__(self, path: Path, table: str) -> None:
        self._path, self._single = path, table
        with path.open("rb") as file:
            self.packed = file.read(2) == _PACKED
        self._files = _tables(path) if self.packed else {}

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are there."""
        return tuple(sorted(self._files)) if self.packed else (self._single,)

    def read(self, table: str) -> TextTable | None:
        """One of them; None when it is not there. Raises Unreadable."""
        if not self.packed:
            return text_table(self._path.read_bytes(), table) if table == self._single else None
        if table not in self._files:
            return None
        with tempfile.TemporaryDirectory() as folder:
            unpack(self._path, {self._files[table]: "table.txt"}, Path(folder))
            return text_table((Path(folder) / "table.txt").read_bytes(), table)


def _tables(path: Path) -> dict[str, str]:
    """`stops` and so on, with where they lie in the ZIP: at its top, or all in one folder."""
    found: dict[str, str] = {}
    for entry in contents(path):
        name = PurePosixPath(entry)
        if name.suffix.lower() == ".txt" and "__MACOSX" not in name.parts:
            if name.stem.lower() in found:
                raise Unreadable(
                    f"there are two files {name.name} in the ZIP", hint="One feed has one of each."
                )
            found[name.stem.lower()] = entry
    return found


def text_table(data: bytes, table: str) -> TextTable:
    """Comma-separated text with a header. Raises Unreadable."""
    text = decode(data).data.removeprefix(b"\xef\xbb\xbf")
    wrong: list[tuple[int, str, str]] = []

    def skip(row: pyarrow.csv.InvalidRow) -> Literal["skip", "error"]:
        wrong.append(
            (
                (row.number or 1) - 1,
                f"{row.actual_columns} cells instead of {row.expected_columns}",
                row.text or "",
            )
        )
        return "skip"

    try:
        cells = pa.csv.read_csv(
            io.BytesIO(text),
            pa.csv.ReadOptions(use_threads=False),
            pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pa.csv.ConvertOptions(column_types=_as_text(text, table), strings_can_be_null=True, null_values=[""],
                                  quoted_strings_can_be_null=True),
        )  # fmt: skip
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise Unreadable(
            f"{table}.txt is no table: {str(error)[:200]}", hint="GTFS is CSV with commas."
        ) from None
    return _numbered(cells, wrong)


def _as_text(text: bytes, table: str) -> dict[str, pa.DataType]:
    names = _header(text)
    if len(names) != len(set(names)) or not all(name.strip() for name in names):
        raise Unreadable(f"the header of {table}.txt has a name twice, or an empty one")
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"{table}.txt has {len(names)} columns")
    return dict.fromkeys(names, pa.string())


def _header(text: bytes) -> list[str]:
    first = text.split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return pa.csv.read_csv(io.BytesIO(first + b"\n")).column_names
    except pa.ArrowInvalid:
        return []


def _numbered(cells: pa.Table, wrong: list[tuple[int, str, str]]) -> TextTable:
    numbers = np.arange(1, cells.num_rows + len(wrong) + 1)
    kept = np.setdiff1d(numbers, [number for number, _, _ in wrong], assume_unique=True)
    names = [name.strip() for name in cells.column_names]
    return TextTable(cells.rename_columns(names), kept, tuple(wrong))
