"""Pictures as a row of parts: what shows the picture, and what describes it. JPEG, PNG, WebP and TIFF.

JPEG: ITU-T T.81 and JFIF; PNG: W3C PNG 3; WebP: RFC 9649. Lengths come from outside, so each is held against what
is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Format = Literal["jpeg", "png", "webp", "tiff"]
MOST_PARTS = 100_000
_EXIF = b"Exif\0\0"
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class Part:
    """One part with all of its bytes. `exif` and `words` are what of it describes the picture."""

    raw: bytes
    describes: bool = False
    exif: bytes = b""
    words: bytes = b""


def format_of(content: bytes) -> Format | None:
    """The format by the first bytes, or None when it is none that is known here."""
    if content[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return "tiff" if content[:4] in (b"II*\0", b"MM\0*") else None


def parts_of(content: bytes) -> tuple[Part, ...]:
    """All bytes of a picture, in parts in their order; one part where it cannot be taken apart."""
    found = format_of(content)
    return tuple(_READERS[found](content)) if found else (Part(content),)


def _jpeg(content: bytes) -> Iterator[Part]:
    yield Part(content[:2])
    place = 2
    for _ in range(MOST_PARTS):
        if content[place : place + 1] != b"\xff" or place + 4 > len(content):
            break
        marker = content[place + 1]
        if marker == 0xFF:  # fill bytes before a marker
            yield Part(content[place : place + 1])
            place += 1
            continue
        if marker == 0xDA or marker in (0x01, 0xD8, 0xD9) or 0xD0 <= marker <= 0xD7:
            break
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4])
        if end > len(content) or end < place + 4:
            break
        yield _segment(content[place:end], marker)
        place = end
    yield from _scan(content[place:])


def _scan(rest: bytes) -> Iterator[Part]:
    """The picture itself, scan by scan, to its end; cameras put previews with a description of their own behind it."""
    place = 0
    for _ in range(MOST_PARTS):
        # In coded data 0xFF is followed by 0x00 or a restart; anything else is the next marker.
        found = _MARKER.search(rest, place)
        if found is None:
            break
        if found[0] == b"\xff\xd9":
            yield Part(rest[: found.end()])
            if rest[found.end() :]:
                yield Part(rest[found.end() :], describes=True)
            return
        place = found.end() + int.from_bytes(rest[found.end() : found.end() + 2])
    yield Part(rest)


def _segment(raw: bytes, marker: int) -> Part:
    body = raw[4:]
    if marker == 0xE1 and body.startswith(_EXIF):
        return Part(raw, True, exif=body[len(_EXIF) :])
    if marker in (0xE1, 0xED, 0xFE) or 0xE3 <= marker <= 0xEC or marker == 0xEF:
        return Part(raw, True, words=body)
    # E0 is JFIF, E2 the colours (or previews), EE how colours are coded: without them it looks different.
    return Part(raw, marker == 0xE2 and not body.startswith(b"ICC_PROFILE\0"))


def _png(content: bytes) -> Iterator[Part]:
    yield Part(content[:8])
    place = 8
    for _ in range(MOST_PARTS):
        size = int.from_bytes(content[place : place + 4])
        end = place + 12 + size
        if place + 12 > len(content) or end > len(content):
            break
        name, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
        words = body if name in (b"tEXt", b"iTXt", b"zTXt") else b""
        exif = body.removeprefix(_EXIF) if name == b"eXIf" else b""
        yield Part(content[place:end], bool(words) or name in (b"eXIf", b"tIME"), exif, words)
        place = end
        if name == b"IEND":
            break
    if content[place:]:
        yield Part(content[place:], describes=content[place - 8 : place - 4] == b"IEND")


def _webp(content: bytes) -> Iterator[Part]:
    yield Part(content[:12])
    place = 12
    for _ in range(MOST_PARTS):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        end = place + 8 + size + size % 2
        if place + 8 > len(content) or end > len(content):
            break
        name, body = content[place : place + 4], content[place + 8 : place + 8 + size]
        exif = body.removeprefix(_EXIF) if name == b"EXIF" else b""
        words = body if name == b"XMP " else b""
        yield Part(content[place:end], name in (b"EXIF", b"XMP "), exif, words)
        place = end
    if content[place:]:
        yield Part(content[place:])


def _tiff(content: bytes) -> Iterator[Part]:
    """A TIFF is described by the same fields that lay out its picture, so it is one part."""
    yield Part(content, exif=content)


_READERS: dict[Format, Callable[[bytes], Iterator[Part]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "tiff": _tiff,
}
