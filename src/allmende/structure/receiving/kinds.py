"""What a file is by its bytes, whatever its name says."""

from __future__ import annotations

import mmap
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from allmende.errors import Unreadable
from allmende.model.received import FileKind
from allmende.structure.reading.archives import DAMAGED, contents

_START = 4_096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF87a", "picture"),
    (b"GIF89a", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"8BPS", "picture"),
    (b"{\\rtf", "word"),
    (b"\x7fELF", "program"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"BZh91AY&SY", "archive"),
    (b"SQLite format 3\x00", "database"),
    (b"PAR1", "parquet"),
)
_ISO_MEDIA = re.compile(rb"....ftyp(?:hei[cfx]|mif1|avif)", re.DOTALL)
_NAMES: dict[FileKind, tuple[str, ...]] = {
    "xlsx": (".xlsx",),
    "xlsm": (".xlsm", ".xltm"),
    "xlsb": (".xlsb",),
    "xls": (".xls",),
    "ods": (".ods", ".ots"),
    "text": (".csv", ".tsv", ".txt", ".tab"),
    "json": (".json", ".geojson", ".jsonl", ".ndjson"),
    "xml": (".xml", ".kml", ".gml", ".osm", ".gpx"),
    "shapes": (".zip", ".shz", ".kmz"),
    "zip": (".zip",),
    "gzip": (".gz",),
    "parquet": (".parquet",),
    "database": (".gpkg", ".sqlite", ".db"),
}
KNOWN_ENDINGS = frozenset(ending for endings in _NAMES.values() for ending in endings)
WORKBOOKS: tuple[FileKind, ...] = ("xlsx", "xlsm", "xlsb", "xls", "ods")


def kind_of(path: Path) -> FileKind:
    """What the bytes at `path` are. Raises Unreadable for a ZIP that is broken, a bomb, locked or leads outside."""
    with path.open("rb") as file:
        start = file.read(_START)
    if not start.strip(b"\x00\t\n\r \xef\xbb\xbf"):
        return "empty"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _packed_kind(path)
    if start.startswith(_OLE):
        return _compound_kind(path)
    found = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    if found is None and ((start[:4] == b"RIFF" and start[8:12] == b"WEBP") or _ISO_MEDIA.match(start)):
        found = "picture"
    if found is None and start[:2] == b"MZ" and b"\x00" in start:  # a table may begin with these letters, too
        found = "program"
    return found or _text_kind(start)


def names_of(kind: FileKind) -> tuple[str, ...]:
    """The endings that files of this kind have; none where it does not matter."""
    return _NAMES.get(kind, ())


def _packed_kind(path: Path) -> FileKind:
    """What a ZIP is: a workbook or another office file, geodata, or files packed together."""
    names = contents(path)
    lower = {name.lower() for name in names}
    if "mimetype" in lower and "content.xml" in lower:
        return _open_document(path)
    tests: tuple[tuple[FileKind, Callable[[str], bool]], ...] = (
        ("xlsb", lambda name: name == "xl/workbook.bin"),
        ("xlsm", lambda name: name.startswith("xl/") and name.endswith("vbaproject.bin")),
        ("xlsx", lambda name: name == "xl/workbook.xml"),
        ("word", lambda name: name.startswith("word/document")),
        ("slides", lambda name: name.startswith("ppt/presentation")),
        ("shapes", lambda name: name.endswith((".shp", ".gml", ".kml", ".geojson", ".gpkg"))),
    )
    return next((kind for kind, test in tests if _any(lower, test)), "zip")


def _any(names: Iterable[str], test: Callable[[str], bool]) -> bool:
    return any(test(name) for name in names)


def _open_document(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mimetype") as file:
            said = file.read(200)
    except DAMAGED as error:
        raise Unreadable(f"the ZIP file is damaged: {error}", hint="It may have been cut off.") from None
    if b"spreadsheet" in said:
        return "ods"
    return "slides" if b"presentation" in said else "word"


def _compound_kind(path: Path) -> FileKind:
    """What an OLE file (Office up to 2003, and everything that is locked) is, by the names in its directory."""
    if compound_has(path, "Workbook", "Book"):
        return "xls"
    if compound_has(path, "EncryptedPackage"):
        return "xlsx"
    if compound_has(path, "WordDocument"):
        return "word"
    if compound_has(path, "PowerPoint Document"):
        return "slides"
    return "mail" if compound_has(path, "__properties_version1.0") else "unknown"


def compound_has(path: Path, *names: str) -> bool:
    """True when an OLE file has an entry of one of the names: 64 bytes of UTF-16, filled up with zeros."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(name.encode("utf-16-le") + b"\x00\x00") >= 0 for name in names)


def _text_kind(start: bytes) -> FileKind:
    """Text, and what it is written in; `unknown` for other bytes."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = start.decode("utf-16", "replace")
    elif b"\x00" in start:
        return "unknown"
    else:
        text = start.decode("utf-8", "replace")
    text = text.lstrip("\ufeff \t\r\n")
    if re.match(r"(?is)<!doctype html|<html|<(?:head|body|table|script|meta)\b", text):
        return "web_page"
    if re.match(r"MIME-Version:|(?:From|Received|Return-Path|Subject): ", text):
        return "web_page" if "multipart/related" in text else "mail"
    if re.match(r"<\?xml|<[A-Za-z][\w:.-]*[\s>]", text):
        return "web_page" if re.search(r"(?i)<html\b", text) else "xml"
    return "json" if re.match(r'[\[{]\s*["\[{\]}]', text) else "text"
