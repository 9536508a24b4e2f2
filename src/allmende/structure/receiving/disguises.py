"""Files that are two things at once (polyglots): harmless to one program, something else to the next."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from allmende.model.received import FileKind

_PACKED: tuple[FileKind, ...] = ("xlsx", "xlsm", "xlsb", "ods", "word", "slides", "shapes", "zip")
_PDF_LOOKS_AT = 1_024
"""PDF readers take a file for theirs whose mark stands anywhere in the first 1,024 bytes."""


def disguise(path: Path, kind: FileKind) -> str:
    """What the file is besides `kind` (`zip`, `pdf`, `more`); empty for an honest one."""
    with path.open("rb") as file:
        start = file.read(_PDF_LOOKS_AT + 5)
    if kind != "pdf" and b"%PDF-" in start and kind not in ("word", "mail"):
        return "pdf"
    if kind in _PACKED:
        return _around(path, start)
    # What is packed or compressed may hold the letters of a ZIP by chance; only a whole one counts.
    return (
        "zip" if kind not in ("gzip", "archive", "mail") and zipfile.is_zipfile(path) and _opens(path) else ""
    )


def _around(path: Path, start: bytes) -> str:
    """Bytes before the first entry or behind the table of contents belong to something else."""
    if not zipfile.is_zipfile(path):
        return ""  # as in a locked workbook, which is an OLE file
    with zipfile.ZipFile(path) as archive:
        first = min((entry.header_offset for entry in archive.infolist()), default=0)
    return "more" if first != 0 or not start.startswith(b"PK") or not _ends_there(path) else ""


def _ends_there(path: Path) -> bool:
    """True when the file ends with the ZIP's end record (22 bytes) and no comment."""
    with path.open("rb") as file:
        file.seek(-22, os.SEEK_END)
        end = file.read()
    return end.startswith(b"PK\x05\x06") and end.endswith(b"\x00\x00")


def _opens(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
