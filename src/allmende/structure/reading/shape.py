"""From found columns to `Parsed`: names, types, and every row either taken or rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from allmende.catalogue.arrow_types import ARROW
from allmende.errors import Unreadable
from allmende.model.dataset import Column, ColumnType
from allmende.model.source import Rejected
from allmende.ports import Parsed
from allmende.structure.reading.names import column_name, column_names
from allmende.structure.reading.values import LOCAL, Fault, cast, detect

MOST_COLUMNS = 2000
LONGEST_RAW = 2000


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column as the source has it: its name there, and a Python value (or None) for every row.

    `type` is set when the format itself says it.
    """

    source_name: str
    values: Sequence[Any]
    type: ColumnType | None = None


def shape(
    found: Sequence[FoundColumn],
    rows: int,
    declared: Sequence[Column],
    *,
    raw_of: Callable[[int], str],
    faults: Iterable[Fault] = (),
    detected: Mapping[str, str] | None = None,
    zone: ZoneInfo = LOCAL,
) -> Parsed:
    """Name, type and cast `found` columns of `rows` rows.

    `faults` are those the connector itself found, `raw_of` gives a row's raw text by index. A
    declared column is taken by its source name, or by the name that is ours; one that the source
    lacks is left out, for the contract to notice. Raises Unreadable for too many columns, or none.
    """
    _refuse_widths(found, rows)
    columns = assign(found, declared)
    done = [cast(s.values, c.type, c.name, zone) for c, s in zip(columns, found, strict=True)]
    cells = [values for values, _ in done]
    all_faults = [*faults, *(fault for _, bad in done for fault in bad)]
    order = _order(columns, declared)
    table = _table(
        [columns[i] for i in order], [cells[i] for i in order], rows, {f.index for f in all_faults}
    )
    return Parsed(
        table=table,
        columns=tuple(columns[i] for i in order),
        rejected=tuple(_rejected(all_faults, raw_of)),
        rows_in=rows,
        rows_rejected=rows - table.num_rows,
        detected=dict(detected or {}),
    )


def _refuse_widths(found: Sequence[FoundColumn], rows: int) -> None:
    if len(found) > MOST_COLUMNS:
        raise Unreadable(
            f"{len(found)} columns are more than the {MOST_COLUMNS} that a table can have",
            hint="Are names and values swapped? Ask for a long table instead of a wide one.",
        )
    if rows and not found:
        raise Unreadable(f"{rows} rows, but no columns", hint="Are these records, or single values?")


def assign(found: Sequence[FoundColumn], declared: Sequence[Column]) -> list[Column]:
    """For each found column the declared one that means it, or a new one with the detected type."""
    wanted = {column.source_name or column.name: column for column in declared}
    for column in declared:
        wanted.setdefault(column.name, column)
    taken: dict[str, int] = {}
    for index, source in enumerate(found):
        match = wanted.get(source.source_name)
        if match is not None:
            taken.setdefault(match.name, index)
    for index, source in enumerate(found):
        match = wanted.get(column_name(source.source_name))
        if match is not None and not match.source_name:
            taken.setdefault(match.name, index)
    by_index = {index: name for name, index in taken.items()}
    own = {column.name: column for column in declared}
    free = _free_names(found, by_index, tuple(own))
    return [
        own[by_index[i]] if i in by_index else detect_column(source, free[i])
        for i, source in enumerate(found)
    ]


def _free_names(
    found: Sequence[FoundColumn], by_index: Mapping[int, str], declared: Sequence[str]
) -> dict[int, str]:
    rest = [i for i in range(len(found)) if i not in by_index]
    names = column_names([*declared, *(found[i].source_name for i in rest)])[len(declared) :]
    return dict(zip(rest, names, strict=True))


def detect_column(source: FoundColumn, name: str) -> Column:
    """A column that nobody declared: its type from its values."""
    column = Column(name, source.type or detect(source.values, name))
    return column if source.source_name == name else replace(column, source_name=source.source_name)


def _order(columns: Sequence[Column], declared: Sequence[Column]) -> list[int]:
    """Declared columns first, as they were declared; then the rest as they were found."""
    places = {column.name: place for place, column in enumerate(declared)}
    return sorted(range(len(columns)), key=lambda i: places.get(columns[i].name, len(places)))


def _table(columns: Sequence[Column], cells: Sequence[list[Any]], rows: int, bad: set[int]) -> pa.Table:
    keep = [i for i in range(rows) if i not in bad] if bad else None
    arrays = [
        pa.array(values if keep is None else [values[i] for i in keep], ARROW[column.type])
        for column, values in zip(columns, cells, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema([(column.name, ARROW[column.type]) for column in columns]))


def _rejected(faults: Iterable[Fault], raw_of: Callable[[int], str]) -> Iterable[Rejected]:
    for fault in sorted(faults, key=lambda f: f.index):
        raw = raw_of(fault.index)
        yield Rejected(
            fault.index + 1,
            fault.column,
            fault.reason,
            raw if len(raw) <= LONGEST_RAW else f"{raw[:LONGEST_RAW]}…",
            fault.code,
            fault.value,
        )
