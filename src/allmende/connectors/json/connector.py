"""The connector: options, check, fetch, and parse in four steps (decode, find, flatten, shape)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from allmende.connectors.json.points import point_column
from allmende.connectors.json.records import Records, flatten, raw_text, read_records
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.options import check_options, read_options
from allmende.structure.reading.shape import FoundColumn, shape
from allmende.structure.reading.values import Fault


@dataclass(frozen=True, slots=True)
class Options:
    """`rows` is the path to the records (`result.records`), found when left out.

    `point` names the columns of longitude `x` and latitude `y` (WGS 84) that become `geometry`;
    `point = false` makes none. `time_zone` is where times without a zone are local.
    """

    rows: str = ""
    point: dict[str, str] | bool = True
    time_zone: str = "Europe/Berlin"


class JsonConnector:
    """Reads a list of records from JSON, or JSON lines."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        return check_options(Options, source)

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The document, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Records to rows; Unreadable names line and column of broken JSON."""
        options = read_options(Options, source)
        reader = JsonText()
        records = read_records(reader.decode(raw.path.read_bytes()), options.rows, reader)
        found, faults = find_columns(records)
        point = point_column(found, options.point)
        detected = {**reader.notes, "rows": records.path}
        if point is not None:
            found = [*(c for c in found if c.source_name != point.column.source_name), point.column]
            faults = [*faults, *point.faults]
            detected["point"] = point.described
        return shape(
            found,
            len(records.values),
            columns,
            raw_of=lambda i: records.texts[i] if records.texts else raw_text(records.values[i]),
            faults=faults,
            detected=detected,
            zone=ZoneInfo(options.time_zone),
        )


def find_columns(records: Records) -> tuple[list[FoundColumn], list[Fault]]:
    """Every key that any record has, in order of first appearance, and the rows that are no objects."""
    broken = dict(records.broken)
    faults = [Fault(index, "", reason) for index, reason in broken.items()]
    cells: dict[str, list[Any]] = {}
    for index, record in enumerate(records.values):
        if index in broken:
            continue
        if not isinstance(record, dict):
            faults.append(Fault(index, "", f"this is no object but a {type(record).__name__}"))
            continue
        for name, value in flatten(record).items():
            column = cells.setdefault(name, [])
            column.extend([None] * (index - len(column)))
            column.append(value)
    for column in cells.values():
        column.extend([None] * (len(records.values) - len(column)))
    return [FoundColumn(n, values) for n, values in cells.items() if not _is_hollow(n, values, cells)], faults


def _is_hollow(name: str, values: list[Any], cells: dict[str, list[Any]]) -> bool:
    """True for a column that is only the unknown parent (`geo: null`) of others (`geo.lat`)."""
    return all(v is None for v in values) and any(other.startswith(f"{name}.") for other in cells)
