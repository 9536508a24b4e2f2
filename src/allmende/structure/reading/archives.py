"""ZIP files from outside: looked at before anything is unpacked, counted while it is."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from allmende.errors import Unreadable

MOST_FILES = 1000
LARGEST = 2 * 1024**3
WORST_RATIO = 200
"""Real geodata pack to a tenth at best; Deflate can reach 1:1032, which only bombs do."""
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError, RuntimeError, NotImplementedError)
"""What reading an entry of a damaged ZIP raises."""
_SMALL = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


def contents(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The files of the ZIP by name; Unreadable when it is broken, a bomb, or leads outside."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise Unreadable(
            f"the ZIP file is broken: {error}", hint="It may have been cut off.", code="broken"
        ) from None
    _refuse_bomb(entries)
    for entry in entries:
        _refuse_entry(entry)
    return {entry.filename: entry for entry in entries}


def unpack(path: Path, names: dict[str, str], folder: Path) -> None:
    """Unpack the entries `names` (entry to file name) into `folder`.

    What comes out is counted: the sizes a ZIP states may be lies. Raises Unreadable.
    """
    left = LARGEST
    try:
        with zipfile.ZipFile(path) as archive:
            for entry, name in names.items():
                left = _unpack_one(archive, entry, folder / PurePosixPath(name).name, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Unreadable(f"the ZIP file is damaged: {error}", hint="It may have been cut off.") from None


def _unpack_one(archive: zipfile.ZipFile, entry: str, target: Path, left: int) -> int:
    with archive.open(entry) as packed, target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise Unreadable(f"the ZIP file unpacks to more than {LARGEST >> 30} GiB")
            file.write(chunk)
    return left


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise Unreadable(f"the ZIP file holds {len(entries)} files, more than {MOST_FILES}", code="bomb")
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if size > LARGEST or (size > _SMALL and size > WORST_RATIO * max(packed, 1)):
        raise Unreadable(
            f"the ZIP file is a bomb: {packed} bytes unpack to {size}",
            hint="It was not unpacked.",
            code="bomb",
        )


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":"):
        raise Unreadable(
            f"the ZIP file wants to write outside of its folder: {entry.filename[:100]!r}", code="hostile"
        )
    if entry.flag_bits & 0x1:
        raise Unreadable("the ZIP file is locked with a password", hint="Ask for one without.", code="locked")
