"""Pegelonline: gauges with their newest values, or the values of one gauge, in JSON.

API: pegelonline.wsv.de, REST API 2: `stations.json?includeTimeseries=true&includeCurrentMeasurement=true`
and `stations/{station}/{timeseries}/measurements.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import ObservedRows, Station, place, shape_observed
from allmende.structure.reading.options import check_options

_SERIES = re.compile(r"/stations/([^/?]+)/([^/?]+)/measurements\.json")


@dataclass(frozen=True, slots=True)
class Options:
    """There is nothing to choose."""


class PegelonlineConnector:
    """Reads values of Pegelonline."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        return check_options(Options, source)

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The document, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each value; Unreadable when it is no document of Pegelonline."""
        reader = JsonText()
        document = reader.parse(reader.decode(raw.path.read_bytes()))
        return shape_observed(read_document(document, raw.receipt.address), columns, reader.notes)


def read_document(document: Any, address: str) -> ObservedRows:
    """Stations, one station, or measurements; those say in their address what they are of."""
    entries = document if isinstance(document, list) else [document]
    found, series = ObservedRows(), _SERIES.search(address)
    if entries and not any(isinstance(entry, dict) and _known(entry) for entry in entries):
        hint = "Ask for stations.json?includeTimeseries=true&includeCurrentMeasurement=true."
        raise Unreadable("this is no document of Pegelonline", hint=hint)
    for entry in entries:
        if not isinstance(entry, dict) or not _known(entry):
            found.reject("this is no station and no measurement", entry)
        elif "timestamp" in entry:
            station = Station(unquote(series[1]) if series else "")
            name = unquote(series[2]) if series else ""
            found.add(station, name, entry["timestamp"], entry.get("value"))
        else:
            _read_station(entry, found)
    return found


def _known(entry: dict[str, Any]) -> bool:
    return "timestamp" in entry or "uuid" in entry or "timeseries" in entry


def _read_station(entry: dict[str, Any], found: ObservedRows) -> None:
    spot = place(entry.get("longitude"), entry.get("latitude"))
    device = str(entry.get("uuid") or entry.get("number") or "")
    station = Station(device, str(entry.get("longname") or entry.get("shortname") or ""), *spot)
    series = entry.get("timeseries")
    for one in series if isinstance(series, list) else ():
        newest = one.get("currentMeasurement") if isinstance(one, dict) else None
        if not isinstance(newest, dict):
            found.missing += 1
            continue
        name, unit = str(one.get("shortname") or ""), str(one.get("unit") or "")
        found.add(station, name, newest.get("timestamp"), newest.get("value"), unit=_unit(unit))


def _unit(written: str) -> str:
    """`--` is how Pegelonline writes that there is none (pH)."""
    return "1" if set(written) == {"-"} else written
