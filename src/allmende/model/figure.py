"""Figures: numbers that know where they come from, and the addresses that spell it.

A figure's id is one path segment that says everything needed to find the number again without
having stored it: what was computed (`operation`), of which indicator or dataset, under which
definition, from which dataset version, for which cell:

    value~haushalte.3fa9c1@4;period=2016;place=41      an indicator's value
    change~haushalte.3fa9c1@4;period=2016;since=2006   relative change in percent
    difference~haushalte.3fa9c1@4;period=2016;since=2006
    cell~haushalte-bezirke@4;column=households;key.district=41;key.year=2016
    rows~haushalte-bezirke@4                           number of rows
    finding~verkehr-vorschau@4;key=backtest;number=gain    a number that a finding of a version speaks of

Characters other than letters, digits, `.`, `_` and `-` are written as `!` and two hex digits per byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from allmende.model.access import Access
from allmende.model.dataset import Pin
from allmende.model.knowledge import Trust
from allmende.model.text import Text

Operation = Literal["value", "change", "difference", "cell", "rows", "finding"]
_PLAIN = re.compile(rb"[A-Za-z0-9._-]")
_ESCAPED = re.compile(r"!([0-9a-f]{2})")
_HEAD = re.compile(
    r"(?P<operation>[a-z]+)~(?P<subject>[a-z0-9-]+)(?:\.(?P<definition>[0-9a-f]{6,12}))?@(?P<version>[0-9]{1,9})"
)


def _escape(text: str) -> str:
    return "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"!{byte:02x}" for byte in text.encode())


def _unescape(text: str) -> str:
    as_latin = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    return as_latin.encode("latin-1", errors="strict").decode()


@dataclass(frozen=True, slots=True)
class FigureId:
    """The address of one number. `subject` is an indicator's id (operations value, change,
    difference; then `definition` is the hash of its definition) or a dataset's id (cell, rows,
    finding).
    `version` is the version of the dataset that holds the values. `cell` are sorted key-value pairs.
    """

    operation: Operation
    subject: str
    version: int
    definition: str = ""
    cell: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        head = f"{self.operation}~{self.subject}" + (f".{self.definition}" if self.definition else "")
        return ";".join([f"{head}@{self.version}", *(f"{_escape(k)}={_escape(v)}" for k, v in self.cell)])

    @property
    def of_indicator(self) -> bool:
        """True when `subject` names an indicator, False when it names a dataset."""
        return self.operation in ("value", "change", "difference")

    def get(self, name: str) -> str | None:
        """The part of the cell called `name`, or None."""
        return dict(self.cell).get(name)

    @classmethod
    def of(
        cls,
        operation: Operation,
        subject: str,
        version: int,
        *,
        definition: str = "",
        cell: Mapping[str, str | None] | None = None,
    ) -> FigureId:
        """Build an id; parts of the cell that are None are left out, the rest sorted by name."""
        parts = sorted((k, v) for k, v in (cell or {}).items() if v is not None)
        return cls(operation, subject, version, definition, tuple(parts))

    @classmethod
    def parse(cls, text: str) -> FigureId:
        """Read an id back; ValueError with the reason when it is not one."""
        head, *pairs = text.split(";")
        found = _HEAD.fullmatch(head)
        if not found or found["operation"] not in get_args(Operation):
            raise ValueError(f"{text!r} is not the address of a figure")
        cell = tuple(sorted(_pair(pair) for pair in pairs))
        operation: Operation = found["operation"]  # type: ignore[assignment]
        return cls(operation, found["subject"], int(found["version"]), found["definition"] or "", cell)


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ValueError(f"{text!r} is not of the form name=value")
    return _unescape(name), _unescape(value)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with everything a passport shows of it. `value` None means: not known.

    `unit` is for people, `unit_code` UCUM. `pin` is the dataset version that holds it. `place` and
    `period` are for people; `place_code` and `period_code` as in the data. `note` says why the value
    is missing or not to be trusted.
    """

    id: FigureId
    value: float | str | None
    title: Text
    pin: Pin
    access: Access
    trust: Trust = "ok"
    unit: Text = Text()
    unit_code: str = ""
    decimals: int = 0
    period: str | None = None
    place: str | None = None
    place_code: str | None = None
    low: float | None = None
    high: float | None = None
    coverage: float | None = None
    licences: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    note: Text = field(default=Text())
