"""Car parks: free spaces, capacity and state in JSON, ParkAPI's of any version and GeoJSON alike.

ParkAPI v1 (`lots`, github.com/offenesdresden/ParkAPI) and v3 (`items`, github.com/ParkenDD/park-api-v3); other
services are read when their fields have usual names, or are named in the options.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from allmende.connectors.parking.lots import FIELDS, lots_of, place_of, value_of
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import ObservedRows, Station, is_missing, shape_observed
from allmende.structure.reading.options import check_options, read_options

NO_DATA = frozenset({"nodata", "no_data", "unknown", "unavailable", "fault", "störung"})
_UNIT = "1"


@dataclass(frozen=True, slots=True)
class Options:
    """`fields` says which names a service uses: `{ free = "obs_free", time = "obs_ts" }`.

    `time_zone` is that of times without one (ParkAPI v1 writes UTC).
    """

    fields: dict[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"


class ParkingConnector:
    """Reads free spaces."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        problems = check_options(Options, source)
        named = source.options.get("fields")
        for name in named if isinstance(named, dict) else ():
            if name not in FIELDS:
                problems.append(
                    Problem(
                        f"sources/{source.id}.toml",
                        f"$.options.fields.{name}",
                        f"car parks have no field {name!r}",
                        f"There are: {', '.join(FIELDS)}.",
                    )
                )
        return problems

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The document, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each value; Unreadable when there are no car parks in it."""
        reader, options = JsonText(), read_options(Options, source)
        lots, common = lots_of(reader.parse(reader.decode(raw.path.read_bytes())))
        found = ObservedRows()
        for lot in lots:
            if isinstance(lot, dict):
                _read_lot(lot, common, raw.receipt.fetched_at, options, found)
            else:
                found.reject("this is no car park", lot)
        return shape_observed(found, columns, reader.notes)


def _read_lot(
    lot: dict[str, Any], common: Any, fetched_at: datetime, options: Options, found: ObservedRows
) -> None:
    """Free spaces count from when the service says, capacity and state likewise.

    A car park that sends nothing is often written with 0 free spaces; they are not free spaces then, so
    the value is unknown.
    """

    def read(name: str) -> Any:
        return value_of(lot, name, options.fields)

    name = read("name")
    station = Station(str(read("id") or name or ""), str(name or ""), *place_of(lot, options.fields))
    own = read("time")
    time = own if not is_missing(own) else (common or fetched_at)
    state = read("state")
    silent = isinstance(state, str) and state.strip().lower() in NO_DATA
    zone = ZoneInfo(options.time_zone)
    for key in ("free", "occupied", "capacity"):
        value = None if silent and key != "capacity" else read(key)
        if value is None and key == "occupied":
            continue
        found.add(station, key, time, value, unit=_UNIT, zone=zone, raw=lot)
    if not is_missing(state):
        found.add(station, "state", time, state, zone=zone, raw=lot, words=True)
