"""Nasty files, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from allmende.model.received import FileLook
from allmende.structure.receiving.look import look_into

ROWS: list[list[Any]] = [["Schule", "Kinder"], ["Nord", 120], ["Süd", 98], ["West", 77]]
Make = Callable[[Any, Any], None]


def write_rows(sheet: Any, rows: Sequence[Sequence[Any]] = ROWS, top: int = 0, left: int = 0) -> None:
    """Rows onto a sheet."""
    for n, row in enumerate(rows):
        sheet.write_row(top + n, left, row)


def workbook(path: Path, make: Make | None = None, **options: Any) -> Path:
    """A workbook; `make` gets the book and its first sheet."""
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("Schulen")
        (make or (lambda _, one: write_rows(one)))(book, sheet)
    return path


def with_parts(path: Path, parts: dict[str, bytes], target: Path) -> Path:
    """The same ZIP with further (or other) parts."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return target


def codes(look: FileLook) -> set[str]:
    """The codes of all problems."""
    return {one.code for one in look.problems}


@pytest.fixture
def look(tmp_path: Path) -> Callable[[bytes | Path, str], FileLook]:
    """Look at bytes, or at a file."""

    def looked(content: bytes | Path, name: str = "") -> FileLook:
        if isinstance(content, Path):
            return look_into(content, name or content.name)
        path = tmp_path / "upload"
        path.write_bytes(content)
        return look_into(path, name)

    return looked
