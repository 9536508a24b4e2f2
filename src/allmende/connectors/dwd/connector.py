"""Station data of the German weather service (DWD): ZIP files with a `produkt_….txt`, or that text itself.

Source: opendata.dwd.de/climate_environment/CDC/observations_germany/climate. Its descriptions say: -999 is
a missing value, times are UTC; 10-minute values before the year 2000 are in Central European Time.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zipfile import is_zipfile

from allmende.connectors.dwd.stations import read_stations
from allmende.connectors.dwd.units import UNITS
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.archives import contents, unpack
from allmende.structure.reading.observed import ObservedRows, Station, place, shape_observed
from allmende.structure.reading.options import check_options, read_options

PRODUCT = re.compile(r"(^|/)produkt_[^/]*\.txt$")
PLACES = re.compile(r"(^|/)Metadaten_Geographie_[^/]*\.txt$")
MISSING = frozenset({"-999", "-999.0", "-999.00", "-999.000", "-9999", ""})
_CET = timezone(timedelta(hours=1))
_UTC_SINCE = datetime(2000, 1, 1)
_FORMATS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}
_TEN_MINUTES = 12
_ABOUT = frozenset(
    {"stations_id", "mess_datum", "mess_datum_beginn", "mess_datum_ende", "mess_datum_woz", "eor"}
)
# Levels of quality stand beside the values that they are about; they are no measurements.
_LEVEL = re.compile(r"^(qn(_\d+)?|qualitaets_niveau|qualitaet[s_].*)$")


@dataclass(frozen=True, slots=True)
class Options:
    """Where the station stands and what it is called, when its file does not say it (current values do not)."""

    longitude: float | None = None
    latitude: float | None = None
    name: str = ""


class DwdConnector:
    """Reads values of the DWD's stations."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        return check_options(Options, source)

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The file, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each value; Unreadable for a ZIP that is broken or hostile, or holds no product."""
        options = read_options(Options, source)
        with tempfile.TemporaryDirectory() as folder:
            product, places = _open(raw.path, Path(folder))
            stations = read_stations(places)
        return shape_observed(read_product(product, stations, options), columns)


def _open(path: Path, folder: Path) -> tuple[str, str]:
    """The text of the product, and of the stations' places (empty when it is not there)."""
    if not is_zipfile(path):
        return _text(path.read_bytes()), ""
    names = contents(path)
    products = [name for name in names if PRODUCT.search(name)]
    if len(products) != 1:
        hint = "Take a file such as 10minutenwerte_TU_…_akt.zip or tageswerte_KL_…_akt.zip."
        raise Unreadable(f"there are {len(products)} products in the ZIP file, not one", hint=hint)
    places = [name for name in names if PLACES.search(name)][:1]
    wanted = {products[0]: "product.txt", **({places[0]: "places.txt"} if places else {})}
    unpack(path, wanted, folder)
    about = folder / "places.txt"
    return _text((folder / "product.txt").read_bytes()), _text(about.read_bytes()) if places else ""


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_product(text: str, stations: Mapping[str, Station], options: Options) -> ObservedRows:
    """The values of a product, missing ones counted. Raises Unreadable when it is none."""
    header, _, _ = text.partition("\n")
    delimiter = ";" if ";" in header else ","
    names = [name.strip() for name in header.strip().split(delimiter)]
    lower = [name.lower() for name in names]
    if "stations_id" not in lower or not {"mess_datum", "mess_datum_beginn"} & set(lower):
        raise Unreadable(
            "this is no product of the DWD", hint="The first line has STATIONS_ID and MESS_DATUM."
        )
    found = ObservedRows()
    try:
        lines = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        next(lines)
        for line in lines:
            if any(cell.strip(" \t\x1a") for cell in line):  # old files end with Ctrl-Z
                _read_line(names, lower, [cell.strip() for cell in line], stations, options, found)
    except csv.Error as error:
        raise Unreadable(f"this is no product of the DWD: {error}") from error
    return found


def _read_line(
    names: Sequence[str], lower: Sequence[str], cells: Sequence[str], stations: Mapping[str, Station],
    options: Options, found: ObservedRows,
) -> None:  # fmt: skip
    """One line: a value for each column that measures."""
    if len(cells) != len(names):
        found.reject("the line has too few or too many cells", ";".join(cells))
        return
    line = dict(zip(lower, cells, strict=True))
    try:
        time, end = _time(line.get("mess_datum") or line["mess_datum_beginn"]), _end(line)
    except ValueError:
        found.reject("the time cannot be read", ";".join(cells), "time")
        return
    station = _station(line["stations_id"], stations, options)
    for name, key, cell in zip(names, lower, cells, strict=True):
        if key in _ABOUT or _LEVEL.match(key):
            continue
        if cell in MISSING:
            found.missing += 1
        else:
            found.add(station, name, time, cell, unit=UNITS.get(name.upper(), ""), end=end)


def _time(written: str) -> datetime:
    """`YYYYMMDD` with hours and minutes when there are any; hours of sunshine write `YYYYMMDDHH:MM`."""
    digits = written.replace(":", "")
    moment = datetime.strptime(digits, _FORMATS.get(len(digits), "%Y%m%d"))
    is_cet = len(digits) == _TEN_MINUTES and ":" not in written and moment < _UTC_SINCE
    return moment.replace(tzinfo=_CET if is_cet else UTC)


def _end(line: Mapping[str, str]) -> datetime | None:
    """A month's or year's last day, whole."""
    written = line.get("mess_datum_ende")
    return _time(written) + timedelta(days=1) if written else None


def _station(number: str, stations: Mapping[str, Station], options: Options) -> Station:
    device = number.zfill(5)
    known = stations.get(device, Station(device))
    if options.longitude is None and not options.name:
        return known
    longitude, latitude = place(options.longitude, options.latitude)
    return Station(
        device, options.name or known.name, longitude or known.longitude, latitude or known.latitude
    )
