"""A payload read by a byte map."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from allmende.decoders.byte_map.layout import ByteMap, Field, Form, Layout
from allmende.errors import Undecodable
from allmende.ports import Decoded, Payload

MOST_VALUES = 500
_PLACE = re.compile(r"\{(\d)\}")
_Earlier = tuple[datetime, Mapping[str, Any]]


@dataclass
class _State:
    """Where the reading is, what was read, and what formulas may use."""

    payload: bytes
    place: int = 0
    names: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    earlier: list[_Earlier] = field(default_factory=list)
    time: datetime | None = None


def decode(map_: ByteMap, constants: Mapping[str, float], payload: Payload) -> Decoded:
    """The values of a payload. Raises Undecodable.

    Faults: `empty`, `unknown_port`, `unknown_form` (size or first bytes), `unknown_tag`, `too_short`,
    `refused` (the map says so), `too_many`.
    """
    layout = choose(map_, payload)
    names = {**map_.constants, **constants, "port": payload.port, "size": len(payload.bytes)}
    state = _State(payload.bytes, names=names)
    _read_fields(state, layout.fields)
    if layout.tag:
        _read_tags(state, layout)
    elif state.place < len(payload.bytes) and layout.size is None:
        state.warnings.append(f"{len(payload.bytes) - state.place} bytes at the end are not described")
    return Decoded(state.values, state.units, tuple(state.warnings), tuple(state.earlier), state.time)


def choose(map_: ByteMap, payload: Payload) -> Layout:
    """The first layout that fits port, size and first bytes. Raises Undecodable."""
    if not payload.bytes:
        raise Undecodable("the payload is empty", fault="empty")
    by_port = [one for one in map_.layouts if not one.ports or payload.port in one.ports]
    if not by_port:
        known = sorted({port for one in map_.layouts for port in one.ports})
        hint = f"Described are the ports {', '.join(map(str, known))}."
        raise Undecodable(f"port {payload.port} is not described", fault="unknown_port", hint=hint)
    for one in by_port:
        size = len(payload.bytes)
        if one.size in (None, size) and size >= one.least and payload.bytes.startswith(one.first):
            return one
    shown = payload.bytes[:4].hex()
    message = f"no layout has {len(payload.bytes)} bytes that begin with {shown} on port {payload.port}"
    raise Undecodable(message, fault="unknown_form")


def _read_tags(state: _State, layout: Layout) -> None:
    """Tag after tag to the end; what follows an unknown tag cannot be read, what came before is kept."""
    while state.place < len(state.payload):
        tag = state.payload[state.place : state.place + layout.tag]
        fields = layout.tags.get(tag)
        if fields is None:
            message = f"the tag {tag.hex()} at byte {state.place} is not described"
            if not state.values and not state.earlier:
                raise Undecodable(message, fault="unknown_tag")
            state.warnings.append(f"{message}; {len(state.payload) - state.place} bytes are not read")
            return
        state.place += layout.tag
        _read_tag(state, fields)


def _read_tag(state: _State, fields: tuple[Field, ...]) -> None:
    """One tag's fields; when they have a time of their own, they are values of that moment."""
    values, time = state.values, state.time
    state.values, state.time = {}, None
    _read_fields(state, fields)
    found, moment = state.values, state.time
    state.values, state.time = values, time
    if moment is None:
        state.values.update(found)
    else:
        state.earlier.append((moment, found))


def _read_fields(state: _State, fields: tuple[Field, ...]) -> None:
    for one in fields:
        if one.when is None or one.when(state.names):
            _read_field(state, one)


def _read_field(state: _State, one: Field) -> None:
    if one.refuse:
        raise Undecodable(one.refuse, fault="refused")
    if one.warn:
        state.warnings.append(one.warn)
    if one.time is not None:
        state.time = _moment(one.time(state.names))
    for number in range(one.count):
        _read_value(state, one, number)
    _read_fields(state, one.fields)


def _read_value(state: _State, one: Field, number: int) -> None:
    value: Any = None
    if one.form is not None:
        value = _take(state, one)
        if isinstance(value, int | float) and value in one.unknown:
            value = None
    if one.formula is not None:
        value = one.formula({**state.names, "x": value})
    if not one.name:
        return
    name = one.name.replace("{i}", str(number)) if one.count > 1 else one.name
    state.names[name] = value
    if name.startswith("_"):
        return
    if len(state.values) >= MOST_VALUES:
        raise Undecodable(f"there are more than {MOST_VALUES} values", fault="too_many")
    state.values[name] = _translate(one, value)
    if one.unit:
        state.units[name] = one.unit


def _translate(one: Field, value: Any) -> Any:
    """The value as its table says; numbers that the table does not know stay numbers."""
    if one.values and value is not None:
        return one.values.get(str(int(value)) if isinstance(value, bool | int) else str(value), value)
    return value


def _take(state: _State, one: Field) -> Any:
    form = one.form
    assert form is not None, "only fields with a type come here"
    start = state.place if one.at is None else one.at if one.at >= 0 else len(state.payload) + one.at
    found = state.payload[start : start + form.size] if start >= 0 else b""
    if len(found) < form.size:
        raise Undecodable(
            f"the payload ends at byte {len(state.payload)}, before {one.name or 'the bytes to skip'!r}",
            fault="too_short",
        )
    state.place = max(state.place, start + form.size) if one.at is not None else start + form.size
    return _convert(form, found, one.format)


def _convert(form: Form, found: bytes, format_: str) -> Any:
    if form.kind in ("u", "i"):
        return int.from_bytes(found, "little" if form.little else "big", signed=form.kind == "i")
    if form.kind == "f":
        order, letter = "<" if form.little else ">", "f" if form.size == 4 else "d"
        value = struct.unpack(order + letter, found)[0]
        return value if math.isfinite(value) else None
    if form.kind == "bcd":
        digits = found.hex()
        return int(digits) if digits.isdecimal() else None
    if form.kind == "text":
        return found.decode("ascii", "replace").rstrip("\x00 ")
    if form.kind == "bytes":
        return _PLACE.sub(
            lambda place: str(found[int(place[1])]) if int(place[1]) < len(found) else "", format_
        )
    return found.hex().upper() if form.kind == "hex" else None


def _moment(seconds: Any) -> datetime | None:
    """Seconds since 1970; None for what cannot be."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
