"""Pictures tell where they were taken and by whom; that is found, taken out, and hostile bytes do no harm."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.errors import Unreadable
from allmende.guard.pictures.exif import traces_in
from allmende.guard.pictures.inspect import inspect_picture, without_description
from allmende.guard.pictures.parts import parts_of

PLACE = {1: b"N\0", 2: (50, 1, 55, 1, 3828, 100), 3: b"E\0", 4: (11, 1, 35, 1, 1000, 100)}
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56" + b"\xff\xd9"
TABLES = b"\xff\xdb\x00\x05\x00\x01\x02"


def exif(order: str = "<") -> bytes:
    """An EXIF block: an artist and a place, as cameras write it."""
    artist = b"Erika Muster\0"
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    gps_at = 8 + 2 + 24 + 4
    data_at = gps_at + 2 + 12 * len(PLACE) + 4
    main = struct.pack(order + "HHHII", 2, 0x013B, 2, len(artist), data_at)
    main += struct.pack(order + "HHIII", 0x8825, 4, 1, gps_at, 0)
    gps, data = struct.pack(order + "H", len(PLACE)), artist
    for tag, value in PLACE.items():
        if isinstance(value, bytes):
            gps += struct.pack(order + "HHI", tag, 2, 2) + value.ljust(4, b"\0")
        else:
            gps += struct.pack(order + "HHII", tag, 5, 3, data_at + len(data))
            data += struct.pack(order + "6I", *value)
    return head + main + gps + struct.pack(order + "I", 0) + data


def segment(marker: int, body: bytes) -> bytes:
    """A part of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    """A WebP."""
    body = b"".join(n + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for n, b in parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


PLAIN_JPEG = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1") + TABLES + SCAN
JPEG = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1") + segment(0xE1, b"Exif\0\0" + exif(">")) + TABLES + SCAN
SIGN = b"\x89PNG\r\n\x1a\n"
PIXELS = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\7"))
PLAIN_PNG = SIGN + PIXELS + chunk(b"IEND", b"")
PNG = (
    SIGN
    + chunk(b"eXIf", exif())
    + chunk(b"tEXt", b"Author\0E. Muster")
    + PIXELS
    + chunk(b"IEND", b"")
    + b"more"
)
VP8X = (b"VP8X", b"\x0c" + bytes(9))
WEBP = riff(VP8X, (b"VP8 ", b"pix"), (b"EXIF", exif()), (b"XMP ", b"<exif:GPSLatitude>50</exif:GPSLatitude>"))
TIFF = exif()
PICTURES = {"jpeg": JPEG, "png": PNG, "webp": WEBP, "tiff": TIFF}


@pytest.mark.parametrize("name", PICTURES)
def test_place_and_owner_are_found(name: str) -> None:
    """In each format, masked, and they block."""
    found = inspect_picture(PICTURES[name])
    assert {"Artist", "GPSLatitude", "GPSLongitude"} <= {one.column for one in found}
    assert {one.kind for one in found} == {"coordinates", "name"}
    assert all(one.blocking for one in found)
    assert not any("Erika" in example for one in found for example in one.examples)


@pytest.mark.parametrize("order", ["<", ">"])
def test_degrees_are_read(order: str) -> None:
    """Degrees, minutes and seconds, in both orders of bytes."""
    values = {one.field: one.value for one in traces_in(exif(order))}
    assert values == {"Artist": "Erika Muster", "GPSLatitude": "50.92730", "GPSLongitude": "11.58611"}


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_the_description_is_taken_out_and_nothing_else(name: str) -> None:
    """Nothing is found afterwards, and a second time changes nothing."""
    bare = without_description(PICTURES[name])
    assert inspect_picture(bare) == ()
    assert without_description(bare) == bare


def test_what_shows_the_picture_stays_as_it_is() -> None:
    """Byte for byte that of the picture without a description; WebP says what it still holds."""
    assert without_description(JPEG) == PLAIN_JPEG
    assert without_description(JPEG + JPEG) == PLAIN_JPEG
    assert without_description(PNG) == PLAIN_PNG
    assert without_description(WEBP) == riff((b"VP8X", bytes(10)), (b"VP8 ", b"pix"))


def test_scans_of_a_progressive_jpeg_all_stay() -> None:
    """Tables between scans may hold the sign for the end; it is not the end."""
    first = SCAN[:-2]
    tables = segment(0xC4, b"\x00\xff\xd9\x01")
    assert without_description(b"\xff\xd8" + first + tables + SCAN) == b"\xff\xd8" + first + tables + SCAN


def test_colours_stay_previews_go() -> None:
    """An ICC profile is how the picture looks; a second picture in APP2 is not."""
    colours, preview = segment(0xE2, b"ICC_PROFILE\0\1\1x"), segment(0xE2, b"MPF\0x")
    assert without_description(b"\xff\xd8" + colours + preview + SCAN) == b"\xff\xd8" + colours + SCAN


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8"])
def test_what_is_no_picture_is_told(content: bytes) -> None:
    """Only the four formats are looked at."""
    with pytest.raises(Unreadable, match="no JPEG"):
        inspect_picture(content)


def test_a_tiff_is_not_changed() -> None:
    """Its description and its layout are the same fields."""
    with pytest.raises(Unreadable, match="cannot be taken out"):
        without_description(TIFF)


def test_directories_in_a_circle_end() -> None:
    """A block whose directory follows itself, with as many entries as can be written."""
    circle = b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) + struct.pack("<HHII", 0x8769, 4, 1, 8) * 5461
    assert traces_in(circle + struct.pack("<I", 8)) == ()


@given(st.binary(max_size=300))
def test_any_bytes_as_exif_do_no_harm(rest: bytes) -> None:
    """Nothing is raised, whatever the offsets say."""
    for sign in (b"II*\0", b"MM\0*", b""):
        assert isinstance(traces_in(sign + rest), tuple)


@given(st.sampled_from(list(PICTURES.values())), st.data())
def test_spoiled_pictures_lose_no_byte_on_the_way(picture: bytes, data: st.DataObject) -> None:
    """Cut, changed or lengthened: the parts are all of it, and looking raises nothing but Unreadable."""
    spoiled = bytearray(picture[: data.draw(st.integers(4, len(picture)))])
    for _ in range(data.draw(st.integers(0, 6))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(spoiled) + data.draw(st.binary(max_size=20))
    assert b"".join(part.raw for part in parts_of(content)) == content
    try:
        inspect_picture(content)
        bare = without_description(content)
    except Unreadable:
        return
    assert len(bare) <= len(content)
