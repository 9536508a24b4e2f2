"""Timetables in GTFS: one source is one table of a feed (gtfs.org, reference)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from allmende.connectors.gtfs.cells import WORDS, Bad, seconds, trimmed, typed
from allmende.connectors.gtfs.checks import Cells, Fault, faults_of
from allmende.connectors.gtfs.feed import Feed, TextTable
from allmende.connectors.gtfs.tables import TABLES, Form
from allmende.errors import Unreadable
from allmende.model.dataset import Column, ColumnType
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Rejected, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.options import check_options, read_options
from allmende.structure.reading.shape import FoundColumn, assign
from allmende.structure.reading.values import cast

_ARROW: dict[ColumnType, Any] = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32(), "geometry": pa.binary(),
    "boolean": pa.bool_(), "datetime": pa.timestamp("us", "UTC"), "json": pa.string(),
}  # fmt: skip
_RAW = 2_000
Typeds = dict[str, tuple[ColumnType, Any]]


@dataclass(frozen=True, slots=True)
class Options:
    """`table` is the table of the feed that is read: `stops`, `routes`, `trips`, `stop_times` and so on."""

    table: str = "stops"


class GtfsConnector:
    """Reads one table of a feed."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        problems = check_options(Options, source)
        table = source.options.get("table", "stops")
        if not problems and table not in TABLES:
            near = difflib.get_close_matches(str(table), TABLES, 1) or [", ".join(TABLES)]
            problems.append(
                Problem(
                    f"sources/{source.id}.toml", "$.options.table", f"GTFS has no table {table!r}",
                    f"Did you mean {near[0]}?",
                )
            )  # fmt: skip
        return problems

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The feed, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """The rows of the table. Raises Unreadable when the feed or the table is none."""
        table = read_options(Options, source).table
        feed = Feed(raw.path, table)
        read = feed.read(table)
        if read is None:
            there = ", ".join(feed.tables[:30]) or "no table at all"
            raise Unreadable(f"there is no {table}.txt in the feed", hint=f"There is: {there}.")
        form = TABLES.get(table, Form({}))
        cells = {name: trimmed(read.cells[name]) for name in read.cells.column_names}
        _refuse_without(form, cells, table)
        notes = {"format": f"GTFS, {table}.txt", "tables": ", ".join(feed.tables[:30])}
        if table == "trips" and feed.packed and not {"calendar", "calendar_dates"} & set(feed.tables):
            notes["calendar"] = "there is none: on which days these trips run is not known"
        faults = list(faults_of(form, cells, feed, notes))
        return _shape(read, form, cells, faults, columns, notes)


def _refuse_without(form: Form, cells: Cells, table: str) -> None:
    lost = [name for name in form.required if name not in cells]
    if lost:
        raise Unreadable(
            f"{table}.txt has no column {', '.join(lost)}", hint="GTFS requires it. Is this another file?"
        )


def _shape(
    read: TextTable, form: Form, cells: Cells, faults: list[Fault], declared: Sequence[Column], notes: dict[str, str]
) -> Parsed:  # fmt: skip
    values: Typeds = {}
    for name, texts in cells.items():
        values |= _typed(name, texts, form, cells, faults)
    if form.point and "geometry" not in cells and all(name in values for name in form.point):
        values["geometry"] = ("geometry", _points(values, form.point, faults))
    columns = assign([FoundColumn(name, (), type_) for name, (type_, _) in values.items()], declared)
    arrays = [
        _fitting(type_, array, column, faults, name)
        for column, (name, (type_, array)) in zip(columns, values.items(), strict=True)
    ]  # fmt: skip
    return _parsed(read, cells, columns, arrays, faults, declared, notes)


def _typed(name: str, texts: pa.Array[Any], form: Form, cells: Cells, faults: list[Fault]) -> Typeds:
    """A column of the file in its type, and the seconds of a time beside it."""
    kind = form.kinds.get(name, "text")
    made = typed(texts, kind)
    if made.bad.any():
        faults.append(Fault(made.bad, name, f"is not {WORDS[kind]}"))
    if kind != "time":
        return {name: (kind, made.values)}
    counted = f"{name.removesuffix('_time')}_seconds"
    found: Typeds = {name: ("text", made.values)}
    return found if counted in cells else {**found, counted: ("integer", seconds(made.values))}


def _points(values: Typeds, names: tuple[str, str], faults: list[Fault]) -> pa.Array[Any]:
    """Places in degrees. Outside of the Earth is a fault; 0, 0 is how feeds write that they do not know."""
    east, north = (values[name][1].to_numpy(zero_copy_only=False).astype(float) for name in names)
    known = ~(np.isnan(east) | np.isnan(north))
    outside = known & ((np.abs(east) > 180) | (np.abs(north) > 90))
    if outside.any():
        faults.append(Fault(outside, names[1], "is not a place on Earth"))
    known &= ~outside & ~((east == 0) & (north == 0))
    shapes = np.full(len(east), None, object)
    shapes[known] = shapely.points(east[known], north[known])
    return pa.array(shapely.to_wkb(shapes), pa.binary())


def _fitting(
    type_: ColumnType, array: pa.Array[Any], column: Column, faults: list[Fault], source: str
) -> Any:  # fmt: skip
    """The values in the type that was declared, where it is another than GTFS's."""
    if column.type == type_:
        return array
    done, wrong = cast(array.to_pylist(), column.type, column.name)
    if wrong:
        bad = np.zeros(len(array), bool)
        bad[[fault.index for fault in wrong]] = True
        faults.append(Fault(bad, column.name, f"does not fit the declared type {column.type}", source))
    return pa.array(done, _ARROW[column.type])


def _parsed(
    read: TextTable, cells: Cells, columns: list[Column], arrays: list[pa.Array[Any]], faults: list[Fault],
    declared: Sequence[Column], notes: dict[str, str],
) -> Parsed:  # fmt: skip
    places = {column.name: place for place, column in enumerate(declared)}
    order = sorted(range(len(columns)), key=lambda n: places.get(columns[n].name, len(places)))
    schema = pa.schema([(columns[n].name, _ARROW[columns[n].type]) for n in order])
    table = pa.table([arrays[n] for n in order], schema=schema)
    bad: Bad = np.zeros(table.num_rows, bool)
    for fault in faults:
        bad |= fault.rows
    rejected = [Rejected(number, "", reason, raw[:_RAW]) for number, reason, raw in read.wrong]
    rejected += _rejected(read, cells, faults)
    return Parsed(
        table=table.filter(pa.array(~bad)) if bad.any() else table,
        columns=tuple(columns[n] for n in order),
        rejected=tuple(sorted(rejected, key=lambda one: one.row)),
        rows_in=read.rows,
        rows_rejected=int(bad.sum()) + len(read.wrong),
        detected=notes,
    )


def _rejected(read: TextTable, cells: Cells, faults: list[Fault]) -> Iterator[Rejected]:
    for fault in faults:
        for row in np.flatnonzero(fault.rows):
            index = int(row)
            raw = ",".join(
                "" if (cell := column[index].as_py()) is None else cell for column in cells.values()
            )
            cell = cells.get(fault.source or fault.column)
            value = cell[index].as_py() if cell is not None else None
            yield Rejected(
                int(read.numbers[index]), fault.column, f"{str(value)[:60]!r} {fault.reason}", raw[:_RAW]
            )
