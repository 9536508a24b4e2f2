"""What all envelopes need: JSON with a reason when it is broken, bytes in Base64, times, positions."""

from __future__ import annotations

import base64
import binascii
import math
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from allmende.errors import Unreadable

S = TypeVar("S", bound=msgspec.Struct)
_EARLIEST_MILLISECONDS = 1e11
_LATEST = 7_258_118_400.0  # 2200-01-01 in seconds since 1970


def read_json(payload: bytes, type_: type[S], what: str) -> S:
    """The payload as `type_`. Raises Unreadable that says where it differs."""
    if payload.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        hint = "The network server may be set to Protobuf: let it send JSON."
        raise Unreadable(f"this is no JSON object, so it is no {what}", hint=hint)
    try:
        return msgspec.json.decode(payload.removeprefix(b"\xef\xbb\xbf"), type=type_)
    except msgspec.ValidationError as error:
        raise Unreadable(f"this is no {what}: {error}") from error
    except msgspec.DecodeError as error:
        raise Unreadable(f"this is broken JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"this is not UTF-8: {error.reason} at byte {error.start + 1}") from error


def read_base64(text: str | None, where: str) -> bytes | None:
    """Bytes written in Base64; None stays None. Raises Unreadable."""
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"the payload is not Base64: {error}", where=where) from error


def read_time(value: Any, where: str) -> datetime | None:
    """An aware time from ISO 8601 with a zone, or from seconds or milliseconds since 1970.

    None stays None. Raises Unreadable for anything else, and for a time without a zone.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and not _is_number(value):
        return _read_iso(value, where)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unreadable(f"{value!r} is no time", where=where)
    return _read_epoch(float(value), where)


def _read_iso(value: str, where: str) -> datetime:
    try:
        time = msgspec.convert(value, datetime)
    except msgspec.ValidationError as error:
        hint = "Write it like 2026-11-23T08:00:00Z."
        raise Unreadable(f"{value[:60]!r} is no time", where=where, hint=hint) from error
    if time.tzinfo is None:
        raise Unreadable(
            f"the time {value[:60]!r} has no zone", where=where, hint="Write Z or +01:00 after it."
        )
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable(f"{value[:60]!r} is no time", where=where) from error


def _read_epoch(number: float, where: str) -> datetime:
    seconds = number / 1000 if abs(number) >= _EARLIEST_MILLISECONDS else number
    if not math.isfinite(seconds) or not 0 <= seconds < _LATEST:
        raise Unreadable(f"{number!r} is no time in seconds or milliseconds since 1970", where=where)
    return datetime.fromtimestamp(seconds, UTC)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_place(longitude: Any, latitude: Any) -> bool:
    """True for degrees of WGS 84; 0, 0 is what devices send that do not know where they are."""
    known = all(isinstance(d, int | float) and not isinstance(d, bool) for d in (longitude, latitude))
    return known and abs(longitude) <= 180 and abs(latitude) <= 90 and (longitude, latitude) != (0, 0)
