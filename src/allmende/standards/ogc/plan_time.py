"""The parameter `datetime` (OGC 17-069r4, 7.15.4): moments, days and spans over the column of time. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from allmende.model.dataset import Column
from allmende.model.selection import Compare, Condition
from allmende.standards.ogc.collections import Collection
from allmende.standards.ogc.faults import BadParameter

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")


def datetime_conditions(one: Collection, text: str) -> list[Condition]:
    """A moment or a day, or a span that may be open on one side, over the dataset's column of time."""
    low, slash, high = text.partition("/")
    begin, end = _end(low, open_=bool(slash)), _end(high if slash else low, open_=bool(slash))
    if slash and begin is end is None:
        raise BadParameter("a span is open on one side at most", where="datetime")
    column = next((c for c in one.properties if c.name == one.view.dataset.time_column), None)
    if column is None or column.type not in ("date", "datetime"):
        return []  # features without a time are in every span (7.15.4)
    found: list[Condition] = []
    if begin is not None:
        found.append(Compare(column.name, ">=", first_of(begin, column)))
    if end is not None:
        found.append(Compare(column.name, "<=", last_of(end, column)))
    return found


def _end(text: str, *, open_: bool) -> date | datetime | None:
    """A moment (RFC 3339) or a day; None for the open end of a span. Raises BadParameter."""
    if open_ and text in ("", ".."):
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # digits that are no day; told below
    raise BadParameter(
        "datetime is a moment like 2026-01-01T12:00:00Z, a day, or a span like 2026-01-01/..",
        where="datetime",
    )


def first_of(begin: date | datetime, column: Column) -> date | datetime:
    """The first moment that is meant; of a column of days the day."""
    if column.type == "date":
        return begin.date() if isinstance(begin, datetime) else begin
    return begin if isinstance(begin, datetime) else datetime.combine(begin, time.min, UTC)


def last_of(end: date | datetime, column: Column) -> date | datetime:
    """The last moment that is meant: a day lasts until its end (UTC)."""
    if column.type == "date":
        return end.date() if isinstance(end, datetime) else end
    return end if isinstance(end, datetime) else datetime.combine(end, time.max, UTC)
