"""Byte maps as their files say them: devices, layouts, fields; every fault of a file is found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from allmende.decoders.byte_map.formula import Formula, FormulaFault, compile_formula
from allmende.model.problem import Problem

_TYPE = re.compile(r"([ui])(\d{1,3})(le)?|(f)(32|64)(le)?|(hex|text|bcd|bytes|skip)(\d{1,3})")
_SCALARS = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Form:
    """How bytes are read: `u`, `i` (bits, byte order), `f`, or `hex`, `text`, `bcd`, `bytes`, `skip`."""

    kind: str
    size: int
    little: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One value: read (`form`), computed (`formula` on `x` and earlier values), or both.

    Names that begin with `_` are for formulas only. `at` is counted from the begin of the payload (negative:
    from its end); without it the field follows the one before. `values` translates numbers, `unknown` are raw
    numbers that mean none, `count` repeats with `{i}` in the name. `fields` belong together under one `when`.
    """

    name: str = ""
    form: Form | None = None
    at: int | None = None
    formula: Formula | None = None
    when: Formula | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[float, ...] = ()
    unit: str = ""
    format: str = ""
    count: int = 1
    fields: tuple[Field, ...] = ()
    warn: str = ""
    refuse: str = ""
    time: Formula | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One form of payload: for which ports, sizes and first bytes, and its fields or tags."""

    ports: tuple[int, ...] = ()
    size: int | None = None
    least: int = 0
    first: bytes = b""
    fields: tuple[Field, ...] = ()
    tag: int = 0
    tags: Mapping[bytes, tuple[Field, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ByteMap:
    """A device's payloads. `constants` are numbers that differ from one specimen to the next."""

    maker: str
    model: str
    layouts: tuple[Layout, ...]
    homepage: str = ""
    source: str = ""
    profiles: tuple[str, ...] = ()
    constants: Mapping[str, float] = field(default_factory=dict)


def parse_map(values: Mapping[str, Any], path: str = "$") -> ByteMap | list[Problem]:
    """The byte map in a file's values, or all its faults."""
    reading = _Reading()
    reading.known(values, path, {"maker", "model", "layouts", "homepage", "source", "profiles", "constants"})
    constants = values.get("constants", {})
    if not isinstance(constants, dict) or not all(_is_number(v) for v in constants.values()):
        reading.fault(f"{path}.constants", "constants are numbers")
        constants = {}
    found = values.get("layouts")
    if not isinstance(found, list) or not found:
        reading.fault(f"{path}.layouts", "there is no layout", "Write [[layouts]] with fields or tags.")
        found = []
    layouts = tuple(reading.layout(one, f"{path}.layouts[{n}]", constants) for n, one in enumerate(found))
    texts = {name: reading.text(values, name, path) for name in ("maker", "model", "homepage", "source")}
    profiles = values.get("profiles", [])
    if not isinstance(profiles, list) or not all(isinstance(one, str) for one in profiles):
        reading.fault(f"{path}.profiles", "a list of texts is wanted")
        profiles = []
    if reading.problems:
        return reading.problems
    return ByteMap(layouts=layouts, profiles=tuple(profiles), constants=constants, **texts)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Reading:
    """Reads parts and collects faults."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fault(self, path: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem("", path, message, hint))

    def known(self, values: Mapping[str, Any], path: str, names: set[str]) -> None:
        for name in sorted(values.keys() - names):
            self.fault(
                f"{path}.{name}", "there is no such setting", f"There are: {', '.join(sorted(names))}."
            )

    def text(self, values: Mapping[str, Any], name: str, path: str) -> str:
        found = values.get(name, "")
        if isinstance(found, str):
            return found
        self.fault(f"{path}.{name}", "a text is wanted")
        return ""

    def whole(self, values: Mapping[str, Any], name: str, path: str, default: int | None) -> int | None:
        found = values.get(name, default)
        if found is default or (
            isinstance(found, int) and not isinstance(found, bool) and abs(found) <= 4096
        ):
            return found
        self.fault(f"{path}.{name}", "a whole number is wanted")
        return default

    def layout(self, values: Any, path: str, constants: Mapping[str, float]) -> Layout:
        if not isinstance(values, dict):
            self.fault(path, "a table is wanted")
            return Layout()
        self.known(values, path, {"ports", "size", "least", "first", "fields", "tag", "tags"})
        names = {"port", "size", *constants}
        ports = values.get("ports", [])
        if not isinstance(ports, list) or not all(isinstance(port, int) for port in ports):
            self.fault(f"{path}.ports", "a list of ports is wanted", "Write ports = [2].")
            ports = []
        tags = self.tags(values.get("tags", {}), f"{path}.tags", names)
        width = {"u8": 1, "u16": 2, "": 0}.get(str(values.get("tag", "")))
        if width is None or bool(width) != bool(tags) or any(len(tag) != width for tag in tags):
            self.fault(f"{path}.tag", "tags need their width", 'Write tag = "u8" or tag = "u16".')
        return Layout(
            tuple(ports),
            self.whole(values, "size", path, None),
            self.whole(values, "least", path, 0) or 0,
            self.bytes(values.get("first", ""), f"{path}.first"),
            self.fields(values.get("fields", []), f"{path}.fields", names),
            width or 0,
            tags,
        )

    def tags(self, values: Any, path: str, names: set[str]) -> dict[bytes, tuple[Field, ...]]:
        if not isinstance(values, dict):
            self.fault(path, "a table is wanted")
            return {}
        every = [one for fields in values.values() if isinstance(fields, list) for one in fields]
        # A tag may use what another one said before it in the payload; if that was not there, it is unknown.
        known = names | {
            one["name"] for one in every if isinstance(one, dict) and isinstance(one.get("name"), str)
        }
        return {
            self.bytes(tag, f"{path}.{tag}"): self.fields(fields, f"{path}.{tag}", set(known))
            for tag, fields in values.items()
        }

    def bytes(self, text: Any, path: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except (TypeError, ValueError):
            self.fault(path, f"{text!r} is not hexadecimal", "Write two digits for each byte: 01ff.")
            return b""

    def fields(self, values: Any, path: str, names: set[str]) -> tuple[Field, ...]:
        """Fields in order; each adds its name to those that later formulas may use."""
        if not isinstance(values, list):
            self.fault(path, "a list of fields is wanted")
            return ()
        return tuple(self.field(one, f"{path}[{n}]", names) for n, one in enumerate(values))

    def field(self, values: Any, path: str, names: set[str]) -> Field:
        if not isinstance(values, dict):
            self.fault(path, "a table is wanted", 'Write { name = "...", type = "u16" }.')
            return Field()
        self.known(values, path, _FIELD)
        form = self.form(values.get("type"), f"{path}.type")
        whole = names | {"x"} if form else names
        name = self.text(values, "name", path)
        made = Field(
            name,
            form,
            self.whole(values, "at", path, None),
            self.formula(values, "formula", path, whole),
            self.formula(values, "when", path, names),
            self.translation(values, path),
            self.numbers(values, path),
            self.text(values, "unit", path),
            self.text(values, "format", path),
            self.whole(values, "count", path, 1) or 1,
            self.fields(values.get("fields", []), f"{path}.fields", names),
            self.text(values, "warn", path),
            self.text(values, "refuse", path),
            self.formula(values, "time", path, names),
        )
        self.sense(made, path)
        if name:
            names.add(name)
        return made

    def sense(self, made: Field, path: str) -> None:
        """A field does something: it reads, computes, groups, warns, refuses or tells the time."""
        does = (made.form, made.formula, made.fields, made.warn, made.refuse, made.time)
        if not any(does):
            self.fault(path, "this field does nothing", "It needs a type, a formula or fields.")
        skips = made.form is not None and made.form.kind == "skip"
        if (made.form or made.formula) and not made.name and not skips:
            self.fault(f"{path}.name", "the name is missing")
        if made.count > 1 and "{i}" not in made.name:
            self.fault(f"{path}.name", "a name that is repeated needs {i}")

    def form(self, text: Any, path: str) -> Form | None:
        if text is None:
            return None
        found = _TYPE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            self.fault(
                path, f"{text!r} is not a type", "There are: u8, u16, i16le, f32, hex4, text8, bcd4, skip2."
            )
            return None
        if kind := found[1]:
            bits = int(found[2])
            if bits % 8 or not 8 <= bits <= 128:
                self.fault(path, "numbers have 8, 16, 24, ... 128 bits")
            return Form(kind, bits // 8, bool(found[3]))
        if found[4]:
            return Form("f", int(found[5]) // 8, bool(found[6]))
        return Form(found[7], int(found[8]))

    def formula(self, values: Mapping[str, Any], name: str, path: str, names: set[str]) -> Formula | None:
        text = values.get(name)
        if text is None:
            return None
        try:
            if not isinstance(text, str):
                raise FormulaFault("a text is wanted")
            formula, used = compile_formula(text)
        except FormulaFault as error:
            self.fault(f"{path}.{name}", str(error))
            return None
        for word in sorted(used - names):
            self.fault(f"{path}.{name}", f"nothing before this is called {word!r}")
        return formula

    def translation(self, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        found = values.get("values", {})
        if isinstance(found, dict) and all(isinstance(value, _SCALARS) for value in found.values()):
            return found
        self.fault(f"{path}.values", "values are texts, numbers or truths", 'Write { "0" = "closed" }.')
        return {}

    def numbers(self, values: Mapping[str, Any], path: str) -> tuple[float, ...]:
        found = values.get("unknown", [])
        if isinstance(found, list) and all(_is_number(value) for value in found):
            return tuple(found)
        self.fault(f"{path}.unknown", "a list of numbers is wanted")
        return ()


_FIELD = {
    "name", "type", "at", "formula", "when", "values", "unknown", "unit", "format", "count", "fields", "warn",
    "refuse", "time",
}  # fmt: skip


def every_field(layout: Layout) -> Iterator[Field]:
    """All fields of a layout, those in groups and tags too."""
    yield from _inside(layout.fields)
    for fields in layout.tags.values():
        yield from _inside(fields)


def _inside(fields: tuple[Field, ...]) -> Iterator[Field]:
    for one in fields:
        yield one
        yield from _inside(one.fields)
