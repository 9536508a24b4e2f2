"""CQL2 JSON (OGC 21-065r2, requirements class "CQL2 JSON")."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from allmende.standards.ogc.cql2.moments import day_of, moment_of, span_of
from allmende.standards.ogc.cql2.nodes import DEEPEST, LONGEST, MOST, Call, Named, Node, Shape, fault
from allmende.standards.ogc.cql2.text_form import box_of


def parse_json(text: str) -> Node:
    """The filter. Raises BadParameter."""
    if len(text) > LONGEST:
        raise fault(f"it is longer than {LONGEST} signs")
    try:
        written = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise fault("it is no JSON") from error
    return _node(written, DEEPEST)


def _node(written: Any, deep: int) -> Node:
    if deep == 0:
        raise fault(f"its parts lie deeper than {DEEPEST}")
    if isinstance(written, str | bool | int | float):
        return written
    if isinstance(written, dict):
        return _part(written, deep)
    raise fault(f"{json.dumps(written)[:40]} is not expected")


def _part(written: dict[str, Any], deep: int) -> Node:
    match written:
        case {"op": str(name), "args": list(given)}:
            return _call(name, given, deep)
        case {"property": str(name)}:
            return Named(name)
        case {"date": text}:
            return day_of(text)
        case {"timestamp": text}:
            return moment_of(text)
        case {"interval": list(ends)}:
            return span_of([_end(one) for one in ends])
        case {"bbox": list(sides), **rest} if "type" not in rest:
            return box_of(tuple(sides))
        case {"type": str()}:
            return Shape(json.dumps(written), json=True)
    raise fault(f"{json.dumps(written)[:60]} is not expected")


def _call(name: str, given: list[Any], deep: int) -> Call:
    if len(given) > MOST:
        raise fault(f"{name[:20]} has more than {MOST} parts")
    match name, given:
        case "in", [left, list(values)]:
            if len(values) > MOST:
                raise fault(f"a list has more than {MOST} parts")
            return Call("in", tuple(_node(one, deep - 1) for one in (left, *values)))
        case "in", _:
            raise fault("in takes a property and a list")
        case "isNull", _:
            pass
        case _:
            name = name.lower()
    return Call(name, tuple(_node(one, deep - 1) for one in given))


def _end(written: Any) -> object:
    match written:
        case {"property": str(name)}:
            return Named(name)
        case {"date": text}:
            return day_of(text)
        case {"timestamp": text}:
            return moment_of(text)
    return written
