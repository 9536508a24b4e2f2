"""Bytes to text: compression, byte order marks and encodings."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass

from charset_normalizer import from_bytes

from allmende.errors import Unreadable

LARGEST = 2 * 1024**3
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_SAMPLE = 200_000
_START = 8_000


@dataclass(frozen=True, slots=True)
class Text:
    """A text in UTF-8, and the encoding it came in. Large files are not held as text and bytes at once."""

    data: bytes
    encoding: str

    @property
    def text(self) -> str:
        """All of it, decoded anew each time."""
        return self.data.decode("utf-8", "replace")


def gunzip(data: bytes) -> bytes:
    """The content of a gzip file; Unreadable when it is broken or unpacks to more than 2 GiB."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the gzip file is broken: {error}", hint="It may have been cut off.") from None
    if len(found) > LARGEST:
        raise Unreadable("the gzip file unpacks to more than 2 GiB", hint="It was not unpacked further.")
    return found


def decode(data: bytes, declared: str = "") -> Text:
    """The text in `data`. Unreadable when it is no text, or not in the declared encoding."""
    found = _declared(data, declared) if declared else _detected(data)
    if _CONTROL.search(found.data[:_SAMPLE]):
        raise Unreadable(
            "this is not text but a binary file",
            hint="Is it a picture or a program? Ask for CSV or Excel.",
            code="nul_bytes",
        )
    zero = found.data.find(b"\x00")  # no table holds any, and some readers of ours would stop at it
    if zero >= 0:
        line = found.data.count(b"\n", 0, zero) + 1
        raise Unreadable(
            f"line {line} holds a zero byte",
            hint="Was the file damaged? Export it again.",
            code="nul_bytes",
            params={"line": str(line)},
        )
    _refuse_other_formats(found.data[:_START].decode("utf-8", "ignore"))
    return found


def _declared(data: bytes, encoding: str) -> Text:
    try:
        return _text(data.decode(encoding).removeprefix("\ufeff"), encoding)
    except LookupError:
        raise Unreadable(f"there is no encoding {encoding!r}", hint="Write utf-8 or cp1252.") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"line {line} is not {encoding}", hint="Leave the option encoding out, then it is detected."
        ) from None


def _detected(data: bytes) -> Text:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :].decode(encoding, errors="replace"), encoding)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data)
    return Text(data, "utf-8")


def _text(text: str, encoding: str) -> Text:
    return Text(text.encode("utf-8", "replace"), encoding)


def _guessed(data: bytes) -> Text:
    """Not UTF-8: German offices write Windows-1252; anything else is guessed from a sample."""
    if b"\x00" in data[:4096]:
        raise Unreadable("this is not text but a binary file", hint="Ask for CSV or Excel.")
    text = data.decode("cp1252", errors="replace")
    if "\ufffd" not in text:
        return _text(text, "cp1252")
    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        raise Unreadable(
            "the encoding of this text cannot be told", hint="Declare it with the option encoding."
        )
    return _text(data.decode(best.encoding, errors="replace"), best.encoding)


def _refuse_other_formats(text: str) -> None:
    start = text[:2_000].lstrip()
    if re.match(r"(?i)<!doctype html|<html", start):
        raise Unreadable("this is a web page, not a table", hint="Use the address of the file itself.")
    if start.startswith("<?xml") or re.match(r"<[a-zA-Z][^>]*>", start):
        raise Unreadable(
            "this is XML, not a table", hint="Geodata in XML (KML, GML) are read by the connector geo."
        )
    if re.match(r'[\[{]\s*["\[{\]}]', start):
        raise Unreadable("this is JSON, not a table", hint="Use the connector json, or geo for GeoJSON.")
