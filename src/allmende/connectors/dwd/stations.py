"""Where stations stand: the file `Metadaten_Geographie_….txt`, whose last line of a station is the place now."""

from __future__ import annotations

import csv
import io

from allmende.structure.reading.observed import Station, place


def read_stations(text: str) -> dict[str, Station]:
    """Stations by their number with five digits; a line that cannot be read is passed over."""
    found: dict[str, Station] = {}
    try:
        for line in csv.DictReader(io.StringIO(text), delimiter=";"):
            cells = {str(name).strip().lower(): str(cell or "").strip() for name, cell in line.items()}
            number = cells.get("stations_id", "").zfill(5)
            longitude, latitude = place(cells.get("geogr.laenge"), cells.get("geogr.breite"))
            if longitude is not None:
                found[number] = Station(number, cells.get("stationsname", ""), longitude, latitude)
    except csv.Error:
        return found
    return found
