"""Days, moments and spans as CQL2 writes them (RFC 3339)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from allmende.standards.ogc.cql2.nodes import Named, Span, fault

_MOMENT = "Write a moment like 2026-01-31T12:00:00Z."


def day_of(text: object) -> date:
    """`2026-01-31`. Raises BadParameter."""
    try:
        return date.fromisoformat(_plain(text))
    except ValueError:
        raise fault(f"{str(text)[:40]!r} is no day", "Write a day like 2026-01-31.") from None


def moment_of(text: object) -> datetime:
    """`2026-01-31T12:00:00Z`; with its zone. Raises BadParameter."""
    try:
        found = datetime.fromisoformat(_plain(text).upper())
        found.astimezone(UTC)  # the first and the last hours of all are no moments everywhere
    except (ValueError, OverflowError):
        raise fault(f"{str(text)[:40]!r} is no moment", _MOMENT) from None
    if found.tzinfo is None:
        raise fault(f"{str(text)[:40]!r} has no zone", _MOMENT)
    return found


def span_of(ends: Sequence[object]) -> Span:
    """Two ends: days, moments, properties, or `..` for an open one. Raises BadParameter."""
    if len(ends) != 2:
        raise fault("an interval has two ends")
    return Span(_end(ends[0]), _end(ends[1]))


def _end(value: object) -> Named | date | datetime | None:
    if isinstance(value, Named | date):
        return value
    if value == "..":
        return None
    return day_of(value) if isinstance(value, str) and len(value) == 10 else moment_of(value)


def _plain(text: object) -> str:
    if not isinstance(text, str) or not text.isascii():
        raise ValueError
    return text
