"""From the parameters of a request to a selection (OGC 17-069r4, 7.15; 18-058r1 for coordinate systems). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from allmende.model.dataset import Column
from allmende.model.selection import Both, Compare, Condition, InBox, Order, Selection
from allmende.standards.ogc.collections import CRS84, SYSTEMS, Collection
from allmende.standards.ogc.faults import BadParameter

MOST, USUAL = 10_000, 10
VERSION = "data-version"
"""Which version a page is of, so that a copy page by page is a copy of one. No column can be called so."""
_OWN = (VERSION, "bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "f", "sortby", "properties")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: rows, and the system of coordinates that they are wanted in (`crs` as its address)."""

    selection: Selection
    crs: str
    bounds: tuple[float, ...] = ()


def plan_items(one: Collection, asked: Sequence[tuple[str, str]]) -> Plan:
    """The plan for a list of features. Raises BadParameter for what is not known or cannot be taken."""
    given = _once(asked)
    columns = {column.name: column for column in one.properties}
    for name in given:
        if name not in _OWN and name not in columns:
            raise BadParameter(f"there is no parameter {name[:60]!r}", where=name)
    conditions: list[Condition] = [
        Compare(name, "=", given[name]) for name in given if name in columns and name not in _OWN
    ]
    conditions += _datetime(one, given["datetime"]) if "datetime" in given else []
    if "bbox" in given:
        conditions.append(_box(one, given["bbox"], given.get("bbox-crs", CRS84)))
    elif "bbox-crs" in given:
        _system(given["bbox-crs"], "bbox-crs")
    return Plan(
        Selection(
            _properties(one, given.get("properties")),
            Both(tuple(conditions)) if conditions else None,
            tuple(_orders(given.get("sortby", ""), columns)),
            _whole(given, "limit", USUAL, 1, MOST),
            _whole(given, "offset", 0, 0, 10**12),
        ),
        _system(given.get("crs", CRS84), "crs"),
    )


def _once(asked: Sequence[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in asked:
        if name in given:
            raise BadParameter("this parameter is there twice", where=name)
        given[name] = value
    if given.get("f", "json") not in ("json", "geojson"):
        raise BadParameter("there is f=json", where="f")
    return given


def _whole(given: dict[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = given.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 13) or int(text) < least:
        raise BadParameter(f"{name} is a whole number from {least} on", where=name)
    return min(int(text), most)  # the standard has a server give fewer, not refuse


def _system(address: str, name: str) -> str:
    if address not in SYSTEMS:
        raise BadParameter(
            "this system of coordinates is not known here", where=name, hint=f"Known: {', '.join(SYSTEMS)}"
        )
    return address


def _box(one: Collection, text: str, crs: str) -> InBox:
    """Four numbers, or six with heights that are not looked at; in the order of axes of their system."""
    parts = text.split(",")
    if len(parts) not in (4, 6) or not all(_NUMBER.fullmatch(part.strip()) for part in parts):
        raise BadParameter("bbox is four numbers with commas between", where="bbox")
    sides = [float(part) for part in parts]
    if len(sides) == 6:
        sides = [*sides[:2], *sides[3:5]]
    west, south, east, north = in_degrees(sides, _system(crs, "bbox-crs"))
    if south > north:
        raise BadParameter("the south of the box lies above its north", where="bbox")
    return InBox(one.geometry.name, west, south, east, north)


def in_degrees(sides: list[float], crs: str) -> tuple[float, float, float, float]:
    """A box in WGS 84, longitude first, whatever system it was written in."""
    if crs == CRS84:
        return sides[0], sides[1], sides[2], sides[3]
    import pyproj  # 15 MB that most requests never need

    # Not `always_xy`: the numbers come in the order of axes that the authority says.
    transformer = pyproj.Transformer.from_crs(SYSTEMS[crs], "OGC:CRS84")
    try:
        west, south, east, north = transformer.transform_bounds(sides[0], sides[1], sides[2], sides[3])
    except pyproj.exceptions.ProjError as error:
        raise BadParameter("the box does not lie in its system of coordinates", where="bbox") from error
    return west, south, east, north


def _datetime(one: Collection, text: str) -> list[Condition]:
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
        found.append(Compare(column.name, ">=", _first(begin, column)))
    if end is not None:
        found.append(Compare(column.name, "<=", _last(end, column)))
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


def _first(begin: date | datetime, column: Column) -> date | datetime:
    """The first moment that is meant; of a column of days the day."""
    if column.type == "date":
        return begin.date() if isinstance(begin, datetime) else begin
    return begin if isinstance(begin, datetime) else datetime.combine(begin, time.min, UTC)


def _last(end: date | datetime, column: Column) -> date | datetime:
    """The last moment that is meant: a day lasts until its end (UTC)."""
    if column.type == "date":
        return end.date() if isinstance(end, datetime) else end
    return end if isinstance(end, datetime) else datetime.combine(end, time.max, UTC)


def _properties(one: Collection, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    known = {column.name for column in one.view.columns}
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise BadParameter(f"there is no property {name[:60]!r}", where="properties")
    return tuple(dict.fromkeys([*names, one.geometry.name]))


def _orders(text: str, columns: dict[str, Column]) -> list[Order]:
    found = list[Order]()
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name = part.lstrip("+-")
        if name not in columns:
            raise BadParameter(f"cannot sort by {name[:60]!r}", where="sortby")
        found.append(Order(name, part.startswith("-")))
    return found


def version_of(asked: Sequence[tuple[str, str]]) -> int | None:
    """The version that is asked for; None for the newest. Raises BadParameter."""
    given = dict(asked)
    return _whole(given, VERSION, 0, 1, 10**9) if VERSION in given else None
