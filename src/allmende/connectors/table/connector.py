"""The connector: fetch, and parse in four steps (open, lay out, type, shape)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.connectors.table.casting import Style, cast, clean, detect, told
from allmende.connectors.table.delimited import read_delimited
from allmende.connectors.table.grid import Grid, trimmed, without
from allmende.connectors.table.options import Options
from allmende.connectors.table.points import point_geometry
from allmende.connectors.table.unpivot import unpivoted
from allmende.connectors.table.workbook import read_workbook
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Rejected, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.archives import contents
from allmende.structure.reading.decode import decode, gunzip
from allmende.structure.reading.names import column_name
from allmende.structure.reading.options import check_options, read_options
from allmende.structure.reading.ranges import Range
from allmende.structure.reading.shape import FoundColumn, assign
from allmende.structure.reading.values import Fault

_RAW = 2_000
_OLE = b"\xd0\xcf\x11\xe0"
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")


class TableConnector:
    """Reads one table from delimited text or a spreadsheet."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        problems = check_options(Options, source)
        pattern = source.options.get("unpivot", {})
        if isinstance(pattern, dict) and not problems:
            try:
                re.compile(str(pattern.get("columns", "")))
            except re.error as error:
                where = "$.options.unpivot.columns"
                problems.append(
                    Problem(f"sources/{source.id}.toml", where, f"this is no regular expression: {error}")
                )
        return [*problems, *_wrong_range(source)]

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The file, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Cells to typed rows. Raises Unreadable for what is no table."""
        options = read_options(Options, source)
        grid = trimmed(read_grid(raw.path.read_bytes(), options))
        if options.leave_out:
            grid = without(grid, options.leave_out)
        if options.unpivot:
            grid = unpivoted(
                grid,
                options.unpivot.get("columns", ""),
                options.unpivot.get("name", "name"),
                options.unpivot.get("value", "value"),
            )
        style = Style(
            options.decimal, options.thousands, tuple(options.missing), options.date_format, options.time_zone
        )
        return shape_grid(grid, style, columns, options.point)


def _wrong_range(source: Source) -> Iterator[Problem]:
    wanted = source.options.get("range")
    if wanted and isinstance(wanted, str):
        try:
            Range.parse(wanted)
        except ValueError as error:
            yield Problem(f"sources/{source.id}.toml", "$.options.range", str(error))


def read_grid(data: bytes, options: Options) -> Grid:
    """Open whatever the bytes are: gzip, ZIP with one table, a spreadsheet, or text."""
    if data[:2] == b"\x1f\x8b":
        return read_grid(gunzip(data), options)
    if data[:4] == _OLE:
        return read_workbook(data, options)
    if data[:2] == b"PK":
        return _read_zip(data, options)
    return read_delimited(decode(data, options.encoding), options)


def _read_zip(data: bytes, options: Options) -> Grid:
    """XLSX and ODS are ZIP files themselves; another ZIP must hold exactly one table."""
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(data)
        file.flush()
        names = contents(Path(file.name))
    if any(name in names for name in ("[Content_Types].xml", "content.xml", "xl/workbook.xml")):
        return read_workbook(data, options)
    tables = [name for name in names if name.lower().endswith(_TABLES)]
    if len(tables) != 1:
        raise Unreadable(
            f"the ZIP file holds {len(tables)} tables instead of one",
            hint="Unpack it and name one file.",
            code="several_files",
            params={"count": str(len(tables))},
        )
    return read_grid(_unpacked(data, tables[0]), options)


def _unpacked(data: bytes, name: str) -> bytes:
    import io
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(f"the ZIP file is damaged: {error}", hint="It may have been cut off.") from None


def shape_grid(grid: Grid, style: Style, declared: Sequence[Column], point: dict[str, str] | None) -> Parsed:
    """Type every column, set rows aside that do not fit, and say what was found."""
    cleaned = [clean(column, style) for column in grid.columns]
    style = told(cleaned, style)
    found = _found(grid, cleaned, style, declared)
    faults: list[Fault] = []
    arrays: list[pa.Array[Any]] = []
    columns = assign(found, declared)
    notes = dict(grid.detected)
    for column, text in zip(columns, cleaned, strict=True):
        made = cast(text, column.type, style)
        arrays.append(made.values)
        faults.extend(_misfit(int(n), column, str(text[int(n)].as_py())) for n in np.flatnonzero(made.bad))
        if made.note:
            notes[f"column {column.name}"] = made.note
    if point is not None:
        geometry, wrong = point_geometry(grid, point, style)
        arrays.append(geometry)
        columns.append(next((c for c in declared if c.type == "geometry"), Column("geometry", "geometry")))
        faults.extend(Fault(index, name, reason) for index, name, reason in wrong)
    return _parsed(grid, columns, arrays, faults, declared, notes)


def _found(grid: Grid, cleaned: Sequence[Any], style: Style, declared: Sequence[Column]) -> list[FoundColumn]:
    """What the file has; a type is only detected for columns that nobody declared."""
    known = {column.source_name or column.name for column in declared} | {column.name for column in declared}
    return [
        FoundColumn(
            name,
            (),
            "text" if name in known or column_name(name) in known else detect(text, column_name(name), style),
        )
        for name, text in zip(grid.names, cleaned, strict=True)
    ]


_WORDS = {
    "integer": "a whole number", "number": "a number", "boolean": "yes or no", "date": "a day", "datetime": "a time",
    "text": "text", "json": "JSON", "geometry": "a geometry",
}  # fmt: skip


def _misfit(index: int, column: Column, value: str) -> Fault:
    short = value if len(value) <= 60 else f"{value[:60]}…"
    return Fault(index, column.name, f"{short!r} is not {_WORDS[column.type]}", f"not_{column.type}", short)


def _parsed(
    grid: Grid, columns: list[Column], arrays: list[pa.Array[Any]], faults: list[Fault],
    declared: Sequence[Column], notes: dict[str, str],
) -> Parsed:  # fmt: skip
    places = {column.name: place for place, column in enumerate(declared)}
    order = sorted(range(len(columns)), key=lambda n: places.get(columns[n].name, len(places)))
    table = pa.table([arrays[n] for n in order], names=[columns[n].name for n in order])
    bad = sorted({fault.index for fault in faults})
    if bad:
        keep = np.ones(grid.height, bool)
        keep[bad] = False
        table = table.filter(pa.array(keep))
    texts = {index: grid.raw(index)[:_RAW] for index in bad}
    rejected = [
        Rejected(int(grid.rows[f.index]), f.column, f.reason, texts[f.index], f.code, f.value) for f in faults
    ]
    return Parsed(
        table=table,
        columns=tuple(_named(columns[n]) for n in order),
        rejected=tuple(sorted([*grid.rejected, *rejected], key=lambda r: r.row)),
        rows_in=grid.height + len(grid.rejected),
        rows_rejected=len(bad) + len(grid.rejected),
        detected=notes,
    )


def _named(column: Column) -> Column:
    return replace(column, source_name="") if column.source_name == column.name else column
