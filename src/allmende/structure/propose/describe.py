"""From rows to a description: keys, places, times, units and checks that the data themselves suggest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pyarrow as pa
import pyarrow.compute

from allmende.model.access import Access
from allmende.model.dataset import Column
from allmende.model.text import Text
from allmende.ports import Parsed
from allmende.structure.propose.units import unit_of

# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
_KEY_NAME = r"(?:^|_)(?:id|gid|nr|nummer|code|schluessel|key|kennung|guid|uuid|objectid)(?:_|\d|$)"
_PLACE_NAME = r"bezirk|stadtteil|ortsteil|quartier|district|(?:^|_)(?:plz|ags|gemeinde)(?:_|$)"
_YEAR_NAME = r"(?:^|_)(?:jahr|year)(?:_|$)"
_COORDINATE = r"(?:^|_)(?:lon|lat|lng|longitude|latitude|laengengrad|breitengrad|x|y|koor\w*|hochwert|rechtswert)(?:_|$)"
_PERSONAL = (
    r"vorname|nachname|geburts|e_?mail|telefon|(?:^|_)(?:tel|phone|handy|mobil|iban|personalnummer)(?:_|$)"
)
_WIDE = re.compile(r"(?:19|20)\d\d|\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d")
_TOTAL = r"^(?:summe|gesamt|insgesamt|zusammen|total|stadt gesamt)\b|\((?:gesamt|insgesamt)\)$|\b(?:gesamt|insgesamt)$"
FEW = 12


@dataclass(frozen=True)
class Description:
    """What was told of a table: its columns, and which of them are key, place and time.

    `few` are the values of text columns that have only a few; `wide` the source's names of columns
    that are years or days; `personal` columns that may speak of persons; `totals` column and value
    of rows that are the sum of others.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    place: str = ""
    time: str = ""
    few: tuple[tuple[str, tuple[str, ...]], ...] = ()
    wide: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    totals: tuple[tuple[str, str], ...] = ()


def describe(parsed: Parsed, places: frozenset[str] = frozenset()) -> Description:
    """The description of a parsed table; `places` are the codes of the city's districts, when known."""
    columns = tuple(_column(column, parsed) for column in parsed.columns)
    place, time = place_column(parsed, places), time_column(parsed)
    return Description(
        columns=columns,
        key=key_of(parsed.table, columns, place, time),
        place=place,
        time=time,
        few=tuple(_few(parsed)),
        wide=tuple(name for column in columns if _WIDE.fullmatch(name := column.source_name or column.name)),
        personal=tuple(c.name for c in columns if c.type == "text" and re.search(_PERSONAL, c.name)),
        totals=tuple(_totals(parsed)),
    )


def _totals(parsed: Parsed) -> Iterator[tuple[str, str]]:
    """Where a text says that its row is the sum of others: a few times in a column, not in most rows."""
    for column in parsed.columns:
        if column.type != "text":
            continue
        distinct = pc.unique(parsed.table.column(column.name)).drop_null()
        found = distinct.filter(
            pc.match_substring_regex(distinct, pattern=_TOTAL, ignore_case=True)
        ).to_pylist()
        if 0 < len(found) <= max(1, len(distinct) // 4):
            yield column.name, found[0]


def _column(column: Column, parsed: Parsed) -> Column:
    values = parsed.table.column(column.name)
    name = column.source_name or column.name
    unit = unit_of(name, column.type, parsed.detected.get(f"column {column.name}", ""))
    minimum, maximum = _limits(column, values, unit)
    title = " ".join(name.replace("_", " ").split())
    return replace(
        column,
        title=Text(title, title),
        unit=unit,
        required=values.null_count == 0,
        minimum=minimum,
        maximum=maximum,
        access=Access.INTERNAL
        if column.type == "text" and re.search(_PERSONAL, column.name)
        else column.access,
    )


def is_amount(column: Column) -> bool:
    """True for numbers that measure or count: no keys, years, places or coordinates."""
    names = "|".join((_KEY_NAME, _YEAR_NAME, _PLACE_NAME, _COORDINATE))
    return column.type in {"integer", "number"} and not re.search(names, column.name)


def _limits(column: Column, values: Any, unit: str) -> tuple[float | None, float | None]:
    """Zero below amounts that are never negative; 100 above percentages."""
    if not is_amount(column):
        return None, None
    found = pc.min_max(values).as_py()
    if found["min"] is None or found["min"] < 0:
        return None, None
    return 0, 100 if unit == "%" and found["max"] <= 100 else None


def place_column(parsed: Parsed, places: frozenset[str]) -> str:
    """The column whose values are districts of the city, or whose name says that it holds places."""
    texts = [c.name for c in parsed.columns if c.type in {"text", "integer"}]
    known = [name for name in texts if places and _share_known(parsed.table.column(name), places) >= 0.9]
    named = [name for name in texts if re.search(_PLACE_NAME, name)]
    coded = sorted(named, key=lambda name: not re.search(_KEY_NAME, name))
    return next(iter([*sorted(known, key=lambda name: name not in named), *coded]), "")


def _share_known(values: Any, places: frozenset[str]) -> float:
    distinct = pc.unique(values).drop_null().cast(pa.string()).to_pylist()
    return sum(value in places for value in distinct) / len(distinct) if len(distinct) > 1 else 0.0


def time_column(parsed: Parsed) -> str:
    """The first column of days or moments, else one with years."""
    timed = [c.name for c in parsed.columns if c.type in {"date", "datetime"}]
    years = [
        c.name
        for c in parsed.columns
        if c.type == "integer" and re.search(_YEAR_NAME, c.name) and _are_years(parsed.table.column(c.name))
    ]
    return next(iter([*timed, *years]), "")


def _are_years(values: Any) -> bool:
    found = pc.min_max(values).as_py()
    return found["min"] is not None and found["min"] >= 1500 and found["max"] <= 2200


def key_of(table: pa.Table, columns: Sequence[Column], place: str, time: str) -> tuple[str, ...]:
    """The columns that tell every row from the others, or none. Names of keys first, then place and time."""
    full = [c.name for c in columns if c.required and c.type in {"text", "integer", "date", "datetime"}]
    named = [name for name in full if re.search(_KEY_NAME, name)]
    single = [*named, *(name for name in full if name == time), *full[:1]]
    pairs = [(place, time)] if place in full and time in full else []
    pairs += combinations(dict.fromkeys([*named[:2], *(n for n in (place, time) if n in full), *full[:3]]), 2)
    candidates: Iterable[tuple[str, ...]] = [*((name,) for name in single), *pairs]
    return next((key for key in candidates if _tells_apart(table, key)), ())


def _tells_apart(table: pa.Table, key: tuple[str, ...]) -> bool:
    groups: int = table.select(list(key)).group_by(list(key)).aggregate([]).num_rows
    return groups == table.num_rows > 0


def _few(parsed: Parsed) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Text columns with a handful of values in many rows: kinds, states, yes and no."""
    for column in parsed.columns:
        if column.type != "text" or parsed.table.num_rows < 5 * FEW:
            continue
        distinct = pc.unique(parsed.table.column(column.name)).drop_null()
        if 1 < len(distinct) <= FEW:
            yield column.name, tuple(sorted(distinct.to_pylist()))
