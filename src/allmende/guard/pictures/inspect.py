"""What a picture's description says of people, and the picture without it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from allmende.errors import Unreadable
from allmende.guard.persons.values import masked
from allmende.guard.pictures.exif import Trace, traces_in
from allmende.guard.pictures.parts import Part, format_of, parts_of
from allmende.model.guard import GuardFinding

LARGEST = 200 * 1024 * 1024
# XMP, and the names under which programs write the same fields as texts of a PNG.
_WORDS = (
    (re.compile(rb"GPS(?:Latitude|Longitude)\W"), "GPS", "coordinates"),
    (re.compile(rb"(?:dc:creator|OwnerName|photoshop:Credit|^(?:Author|Artist|Creator)\0)"), "Author", "name"),
    (re.compile(rb"(?:Serial[ ]?Number)"), "SerialNumber", "device"),
)  # fmt: skip
_RAW_EXIF = re.compile(rb"^Raw profile type (?:exif|APP1|xmp|iptc)\0", re.IGNORECASE)


def inspect_picture(content: bytes) -> tuple[GuardFinding, ...]:
    """Where it was taken and whose it is, as findings by field; places and names block, devices too.

    Texts that are packed (zTXt, raw profiles) are not unpacked: that they are there is told. Raises Unreadable
    when it is no JPEG, PNG, WebP or TIFF, or too large.
    """
    _refuse(content)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for part in parts_of(content):
        for trace in _traces(part):
            found[trace.about, trace.field].append(trace.value)
    return tuple(
        GuardFinding(
            about, field, len(values), 0.95, tuple(masked(one) for one in values[:3] if one), True, "picture"
        )
        for (about, field), values in sorted(found.items())
    )


def without_description(content: bytes) -> bytes:
    """The same picture, sign for sign of what it shows, without its description. JPEG, PNG and WebP.

    A JPEG that was only turned by its description lies as the camera held it. Raises Unreadable for TIFF.
    """
    _refuse(content)
    if format_of(content) == "tiff":
        raise Unreadable(
            "the description of a TIFF cannot be taken out", hint="Save it as PNG or JPEG, and try again."
        )
    kept = b"".join(part.raw for part in parts_of(content) if not part.describes)
    return _webp_mended(kept) if format_of(content) == "webp" else kept


def _refuse(content: bytes) -> None:
    if format_of(content) is None:
        raise Unreadable("this is no JPEG, PNG, WebP or TIFF", hint="Only these pictures are looked at.")
    if len(content) > LARGEST:
        raise Unreadable(f"the picture is larger than {LARGEST // 2**20} MB", hint="Make it smaller first.")


def _traces(part: Part) -> Iterator[Trace]:
    yield from traces_in(part.exif)
    if _RAW_EXIF.match(part.words):
        yield Trace("RawProfile", "name", "")
    for pattern, field, about in _WORDS:
        if pattern.search(part.words):
            yield Trace(field, about, "")  # type: ignore[arg-type]  # the table's third column is About


def _webp_mended(kept: bytes) -> bytes:
    """The size in front, and the flags that say what follows (RFC 9649, 2.7.1): no EXIF, no XMP."""
    mended = bytearray(kept)
    mended[4:8] = (len(kept) - 8).to_bytes(4, "little")
    if mended[12:16] == b"VP8X" and len(mended) > 20:
        mended[20] &= ~0b00001100 & 0xFF
    return bytes(mended)
