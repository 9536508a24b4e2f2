"""Observations from sources that are asked: the rows of a file become readings, then the same values as if pushed.

What was stored from an earlier file is not stored again; a value that the source has changed since is a
new revision of the same observation. Every observation names the receipt (`extra.receipt`) it came from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import shapely

from allmende.catalogue.versions import digest
from allmende.errors import NotFound, Unreadable
from allmende.extensions import load_connector, manifest
from allmende.flow.new_values import store_new
from allmende.flow.workspace import Workspace
from allmende.model.city import City
from allmende.model.message import Reading
from allmende.model.observation import Observation
from allmende.model.run import Outcome, Run, Step, StepKind
from allmende.model.sensor_type import SensorType
from allmende.model.source import Receipt, Source
from allmende.model.uplink import Uplink
from allmende.ports import Parsed, Raw
from allmende.structure.payload import as_kind

OBSERVE: StepKind = "observe"
AT_ONCE = 5_000
WANTED_COLUMNS = ("device", "property", "time", "value")


@dataclass(slots=True)
class Tally:
    """What became of the rows of a file."""

    stored: int = 0
    changed: int = 0
    known: int = 0
    unwanted: int = 0
    rejected: int = 0
    first_reason: str = ""

    def reject(self, count: int, reason: str) -> None:
        """Rows that cannot be values."""
        self.rejected += count
        self.first_reason = self.first_reason or reason

    def __str__(self) -> str:
        words = [f"{self.stored} new values", f"{self.changed} changed" if self.changed else ""]
        words += [f"{self.known} known already" if self.known else ""]
        words += [f"{self.rejected} not taken; the first: {self.first_reason}" if self.rejected else ""]
        return ", ".join(filter(None, words))


def observed_sources(city: City) -> tuple[str, ...]:
    """The sources that a kind of sensor names as its way in."""
    ways = {type_.way for type_ in city.sensors.values()}
    return tuple(source for source in city.sources if source in ways)


def types_of(city: City, source: str) -> tuple[SensorType, ...]:
    """The kinds of sensors whose values a source brings."""
    return tuple(type_ for type_ in city.sensors.values() if type_.way == source)


def why_observe_source(workspace: Workspace, source: str) -> str | None:
    """Why the files of a source are to be read for observations now."""
    due = due_receipts(workspace, workspace.city.sources[source])
    return "a file is new, or its sensors are described anew" if due else None


def due_receipts(workspace: Workspace, source: Source) -> list[Receipt]:
    """Receipts that were not read as the city describes its sensors now, oldest first."""
    due: list[Receipt] = []
    for receipt in workspace.store.receipts(source.id):
        if workspace.store.definition(_made_from(workspace.city, source, receipt)) is not None:
            break
        due.append(receipt)
    return due[::-1]


def observe_source(workspace: Workspace, source: Source) -> Run:
    """Read every file of the source that is due. Raises Unreadable, StoreBusy."""
    started, tally = workspace.clock.now(), Tally()
    for receipt in due_receipts(workspace, source):
        read_receipt(workspace, source, receipt, tally)
        workspace.store.keep_definition(
            _made_from(workspace.city, source, receipt), str(Step(OBSERVE, source.id))
        )
    outcome: Outcome = "new" if tally.stored or tally.changed else "unchanged"
    return Run(
        Step(OBSERVE, source.id), started, workspace.clock.now(), outcome, str(tally),
        rows=tally.stored + tally.changed, rejected=tally.rejected,
    )  # fmt: skip


def read_receipt(workspace: Workspace, source: Source, receipt: Receipt, tally: Tally) -> None:
    """Store what is new in one file."""
    parsed = _parse(workspace, source, receipt)
    if parsed.rejected:
        tally.reject(parsed.rows_rejected, parsed.rejected[0].reason)
    for batch in parsed.table.to_batches(max_chunksize=AT_ONCE):
        rows = _rows(workspace, source, receipt, batch, tally)
        counted = store_new(workspace, rows, None)
        tally.stored += counted.stored
        tally.changed += counted.changed
        tally.known += counted.known


def _parse(workspace: Workspace, source: Source, receipt: Receipt) -> Parsed:
    connector = load_connector(source.connector)
    parsed = connector.parse(Raw(workspace.lake.raw_path(receipt.sha256), receipt), source, ())
    missing = [name for name in WANTED_COLUMNS if name not in parsed.table.column_names]
    if missing:
        raise Unreadable(
            f"the connector {source.connector!r} gives no observations: {', '.join(missing)} is missing",
            where=f"sources/{source.id}.toml",
            hint="Kinds of sensors may name a source only when its connector gives observations.",
        )
    return parsed


def _rows(
    workspace: Workspace, source: Source, receipt: Receipt, batch: pa.RecordBatch, tally: Tally
) -> list[Observation]:
    """Rows of the store for the readings that a kind of sensor wants."""
    by_type: dict[str, list[Reading]] = defaultdict(list)
    for cells in batch.to_pylist():
        found = _reading(workspace, source, receipt, cells, tally)
        if found is not None:
            by_type[found[0].id].append(found[1])
    rows: list[Observation] = []
    for id_, readings in by_type.items():
        made, rejected = workspace.live.sensing.rows(workspace.city.sensors[id_], readings)
        rows += (_signed(row, receipt) for row in made)
        if rejected:
            tally.reject(len(rejected), rejected[0].reason)
    return rows


def _reading(
    workspace: Workspace, source: Source, receipt: Receipt, cells: Mapping[str, Any], tally: Tally
) -> tuple[SensorType, Reading] | None:
    """The reading in a row with its kind of sensor; None for what nobody wants."""
    device, name = str(cells["device"]), str(cells["property"])
    uplink = Uplink(device, name=cells.get("name") or "", application=source.id, topic=receipt.address)
    try:
        type_ = workspace.live.decoding.type_of(source.id, uplink)
    except NotFound:
        tally.unwanted += 1
        return None
    measured = type_.named(name)
    if measured is None or cells["time"] is None:
        tally.unwanted += 1
        return None
    given = cells["value"] if cells["value"] is not None else cells.get("text")
    try:
        value = as_kind(given, measured.kind)
    except ValueError as error:
        tally.reject(1, f"{device} {name}: {error}")
        return None
    longitude, latitude = _place(cells.get("geometry"))
    return type_, Reading(
        device, name, cells["time"], value, phenomenon_end=cells.get("end"), unit=cells.get("unit"),
        longitude=longitude, latitude=latitude, extra={"name": cells.get("name") or ""},
    )  # fmt: skip


def _place(geometry: bytes | None) -> tuple[float | None, float | None]:
    if geometry is None:
        return None, None
    point = shapely.from_wkb(geometry)
    return (point.x, point.y) if isinstance(point, shapely.Point) else (None, None)


def _signed(row: Observation, receipt: Receipt) -> Observation:
    """With the receipt that it came from, beside what is said of it already."""
    said = json.loads(row.extra) if row.extra else {}
    row.extra = json.dumps({**said, "receipt": receipt.sha256}, ensure_ascii=False)
    return row


def _made_from(city: City, source: Source, receipt: Receipt) -> str:
    """The hash over everything that makes observations of a file."""
    types = [
        [type_.id, repr(type_.match), repr(type_.place), [[m.name, m.id, m.kind] for m in type_.properties]]
        for type_ in types_of(city, source.id)
    ]
    return digest([OBSERVE, source.id, receipt.sha256, _version(source), source.options, types])


def _version(source: Source) -> str:
    try:
        return manifest("connector", source.connector).version
    except NotFound:
        return ""
