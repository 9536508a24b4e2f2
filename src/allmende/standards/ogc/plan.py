"""From the parameters of a request to a selection (OGC 17-069r4, 7.15; 18-058r1 for coordinate systems). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from allmende.model.dataset import Column
from allmende.model.selection import Both, Compare, Condition, InBox, Order, Selection
from allmende.standards.ogc.collections import CRS84, SYSTEMS, Collection
from allmende.standards.ogc.cql2 import condition_of
from allmende.standards.ogc.faults import BadParameter
from allmende.standards.ogc.places import in_degrees
from allmende.standards.ogc.plan_time import datetime_conditions

MOST, USUAL = 10_000, 10
VERSION = "data-version"
"""Which version a page is of, so that a copy page by page is a copy of one. No column can be called so."""
_OWN = (VERSION, "bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "f", "sortby", "properties",
        "filter", "filter-lang", "filter-crs")  # fmt: skip
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


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
    conditions += datetime_conditions(one, given["datetime"]) if "datetime" in given else []
    conditions += _filter(one, given)
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


def _filter(one: Collection, given: dict[str, str]) -> list[Condition]:
    crs = _system(given.get("filter-crs", CRS84), "filter-crs")
    language = given.get("filter-lang", "cql2-text")
    if language not in ("cql2-text", "cql2-json"):
        raise BadParameter("filter-lang is cql2-text or cql2-json", where="filter-lang")
    return [condition_of(one, given["filter"], language, crs)] if "filter" in given else []


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
        name = part[1:] if part[0] in "+-" else part
        if name not in columns:
            raise BadParameter(f"cannot sort by {name[:60]!r}", where="sortby")
        found.append(Order(name, part.startswith("-")))
    return found


def version_of(asked: Sequence[tuple[str, str]]) -> int | None:
    """The version that is asked for; None for the newest. Raises BadParameter."""
    given = dict(asked)
    return _whole(given, VERSION, 0, 1, 10**9) if VERSION in given else None
