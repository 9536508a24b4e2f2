"""A whole table: every column by itself, then what columns say together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from allmende.guard.persons import words
from allmende.guard.persons.columns import births_in_dates, distinct, inspect_column, names_beside
from allmende.guard.persons.rare import rare_combinations
from allmende.model.dataset import Column
from allmende.model.guard import GuardFinding

pc: Any = pyarrow.compute
_ABOUT_PEOPLE = frozenset({"name", "birth_date", "tax_id", "social_security", "health_insurance", "iban"})
_HOUSE = (
    r"^\D{3,}(?:str\.|straße|strasse|weg|allee|gasse|platz|ring|ufer|damm|steig|berg|hof)\s*\d+\s?[a-zA-Z]?\b"
)
_ABOUT = 0.3  # rows that name somebody; one account in a note makes no register of people
_PRECISE = 0.0005  # degrees; about 50 m, nearer than that is a house


def inspect(
    table: pa.Table, columns: Sequence[Column] = (), today: date | None = None
) -> tuple[GuardFinding, ...]:
    """Everything in a table that may speak of people, column by column.

    `columns` tell what the columns are called in the source. Columns that hold precise places, addresses or phones
    are blocked only when others show that the rows are about people: a school has an address, too.
    """
    headers = {column.name: f"{column.name} {_plain(column.source_name)}" for column in columns}
    today = today or datetime.now(UTC).date()
    found: list[GuardFinding] = []
    for name in table.column_names:
        found += _column(name, headers.get(name, name).lower(), table.column(name), today)
    if any(one.kind in _ABOUT_PEOPLE and one.count >= _ABOUT * table.num_rows for one in found):
        found = [replace(one, blocking=True, detail="private") for one in found]
        known = {one.column for one in found if one.kind == "name"}
        for name in table.column_names:
            if name not in known and pa.types.is_string(table.schema.field(name).type):
                found += names_beside(distinct(name, headers.get(name, name).lower(), table.column(name)))
        found += _places(table)
    return (*found, *rare_combinations(table, table.column_names))


def _plain(text: str) -> str:
    for sign, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.lower().replace(sign, plain)
    return re.sub(r"\W+", "_", text)


def _column(name: str, header: str, column: Any, today: date) -> Iterator[GuardFinding]:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        yield from inspect_column(distinct(name, header, column))
    elif pa.types.is_floating(kind) and re.search(words.PHONE_COLUMN, header):
        yield from inspect_column(distinct(name, header, pc.cast(column, pa.int64(), safe=False)))
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        yield from births_in_dates(name, header, column, today)


def _places(table: pa.Table) -> Iterator[GuardFinding]:
    """Where the people of a table about people live."""
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            count = _count(pc.match_substring_regex(column, pattern=_HOUSE, ignore_case=True))
            if count > 0.5 * max(1, len(column) - column.null_count):
                yield GuardFinding("address", name, count, 0.8, (), True, "private")
        elif pa.types.is_floating(column.type) and re.search(words.COORDINATE_COLUMN, name.lower()):
            fine = pc.greater(pc.abs(pc.subtract(column, pc.round(column, 2))), _PRECISE)
            yield GuardFinding("coordinates", name, _count(fine), 0.8, (), True, "private")
        elif pa.types.is_binary(column.type):
            yield GuardFinding("coordinates", name, len(column) - column.null_count, 0.7, (), True, "private")


def _count(mask: Any) -> int:
    return int(pc.sum(mask).as_py() or 0)
