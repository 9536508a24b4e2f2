"""The fields of an EXIF block (a TIFF file in small) that speak of people. Exif 3.0, CIPA DC-008; TIFF 6.0.

Every offset is hostile: nothing is read outside of the block, no directory twice, and only so many entries.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

About = Literal["coordinates", "name", "device"]
MOST_ENTRIES = 2_000
LONGEST_TEXT = 200
_EXIF, _GPS = 0x8769, 0x8825
_MAIN: dict[int, tuple[str, About]] = {
    0x013B: ("Artist", "name"),
    0x8298: ("Copyright", "name"),
    0x9C9D: ("XPAuthor", "name"),
    0xA430: ("CameraOwnerName", "name"),
    0xA431: ("BodySerialNumber", "device"),
    0xA435: ("LensSerialNumber", "device"),
    0xC62F: ("CameraSerialNumber", "device"),
}
_PLACES = {
    0x0002: "GPSLatitude",
    0x0004: "GPSLongitude",
    0x0014: "GPSDestLatitude",
    0x0016: "GPSDestLongitude",
}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 9: 4, 10: 8, 12: 8, 129: 1}


@dataclass(frozen=True, slots=True)
class Trace:
    """One field of a picture's description that speaks of people. `value` is as written, at most 200 signs."""

    field: str
    about: About
    value: str


def traces_in(block: bytes) -> tuple[Trace, ...]:
    """The traces in an EXIF block (without the sign `Exif` before it). Never raises: what is broken is skipped."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or _number(block, 2, order + "H") != 42:
        return ()
    start = _number(block, 4, order + "I")
    return tuple(_walk(block, order, start))


def _walk(block: bytes, order: str, start: int | None) -> Iterator[Trace]:
    """All directories that can be reached, each once."""
    waiting, seen, left = [(start, False)], set[int](), MOST_ENTRIES
    while waiting:
        place, gps = waiting.pop()
        if place is None or place in seen or place == 0:
            continue
        seen.add(place)
        count = _number(block, place, order + "H") or 0
        for index in range(min(count, left)):
            left -= 1
            entry = place + 2 + 12 * index
            tag = _number(block, entry, order + "H")
            if tag is None:
                break
            if tag in (_EXIF, _GPS) and not gps:
                waiting.append((_number(block, entry + 8, order + "I"), tag == _GPS))
            else:
                yield from _trace(block, order, entry, tag, gps)
        waiting.append((_number(block, place + 2 + 12 * count, order + "I"), False))


def _trace(block: bytes, order: str, entry: int, tag: int, gps: bool) -> Iterator[Trace]:
    if gps and tag in _PLACES:
        value = _value(block, order, entry)
        if any(value):
            yield Trace(_PLACES[tag], "coordinates", _degrees(value, order))
    elif not gps and tag in _MAIN:
        name, about = _MAIN[tag]
        text = _text(_value(block, order, entry), wide=tag == 0x9C9D)
        if text:
            yield Trace(name, about, text)


def _value(block: bytes, order: str, entry: int) -> bytes:
    """The bytes of a field; what does not lie inside of the block is not there."""
    kind, count = _number(block, entry + 2, order + "H"), _number(block, entry + 4, order + "I")
    size = _SIZES.get(kind or 0, 0) * min(count or 0, 4 * LONGEST_TEXT)
    place = entry + 8 if size <= 4 else _number(block, entry + 8, order + "I")
    return block[place : place + size] if place is not None else b""


def _text(value: bytes, wide: bool) -> str:
    found = value.decode("utf-16-le" if wide else "utf-8", "replace").partition("\0")[0].strip()
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in found)[:LONGEST_TEXT]


def _degrees(value: bytes, order: str) -> str:
    """Degrees, minutes and seconds as one number; only named when they are not written as they should be."""
    if len(value) != 24:
        return "?"
    numbers = struct.unpack(order + "6I", value)
    if not all(numbers[1::2]):
        return "?"
    degrees, minutes, seconds = (
        over / under for over, under in zip(numbers[::2], numbers[1::2], strict=True)
    )
    return f"{degrees + minutes / 60 + seconds / 3600:.5f}"


def _number(block: bytes, place: int, form: str) -> int | None:
    if not 0 <= place <= len(block) - struct.calcsize(form):
        return None
    return int(struct.unpack_from(form, block, place)[0])
