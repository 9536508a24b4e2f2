"""Pages of datastreams to observations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allmende.errors import Unreadable
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import ObservedRows, Station, place

PROPERTY_NAMES = ("observed_property", "datastream")
_ID = "@iot.id"


def read_pages(text: str, reader: JsonText, named_by: str) -> ObservedRows:
    """Every observation on every page. Raises Unreadable when one is no page of datastreams."""
    found = ObservedRows()
    for page in _pages(text.strip(), reader):
        entries = page.get("value") if isinstance(page, dict) else None
        if not isinstance(entries, list):
            hint = "Write the server's address, such as https://example.org/v1.1."
            raise Unreadable("this is no page of a SensorThings server", hint=hint)
        for entry in entries:
            if isinstance(entry, dict) and _ID in entry:
                _read_datastream(entry, found, named_by)
            else:
                found.reject("this is no datastream", entry)
    return found


def _pages(text: str, reader: JsonText) -> Iterator[Any]:
    """One JSON value after the other."""
    if not text:
        raise Unreadable("the file holds nothing but white space")
    start = 0
    while start < len(text):
        page, start = reader.parse_first(text, start)
        while start < len(text) and text[start].isspace():
            start += 1
        yield page


def _read_datastream(entry: dict[str, Any], found: ObservedRows, named_by: str) -> None:
    observations = entry.get("Observations")
    if not isinstance(observations, list) or not observations:
        found.missing += 1
        return
    station, name = _station(entry), _name(entry, named_by)
    unit = _unit(entry.get("unitOfMeasurement"))
    for observation in observations:
        if not isinstance(observation, dict):
            found.reject("this is no observation", observation)
            continue
        result = observation.get("result")
        start, end = _span(observation.get("phenomenonTime"))
        is_text = isinstance(result, str | bool | dict | list)
        found.add(station, name, start, result, unit=unit, end=end, raw=observation, words=is_text)


def _span(written: Any) -> tuple[Any, Any]:
    """Start and end of an interval `a/b`; a moment has no end."""
    if isinstance(written, str) and "/" in written:
        start, _, end = written.partition("/")
        return start, end
    return written, None


def _station(entry: dict[str, Any]) -> Station:
    """The thing, or the datastream itself where the server does not say which thing it is of."""
    thing = entry.get("Thing")
    if not isinstance(thing, dict):
        return Station(str(entry[_ID]), str(entry.get("name") or ""), *_place(entry.get("observedArea")))
    locations = thing.get("Locations")
    first = locations[0] if isinstance(locations, list) and locations else None
    shape = first.get("location") if isinstance(first, dict) else entry.get("observedArea")
    return Station(str(thing.get(_ID, "")), str(thing.get("name") or ""), *_place(shape))


def _place(shape: Any) -> tuple[float | None, float | None]:
    """A point; other shapes have no one place."""
    if isinstance(shape, dict) and isinstance(shape.get("geometry"), dict):
        shape = shape["geometry"]
    coordinates = (
        shape.get("coordinates") if isinstance(shape, dict) and shape.get("type") == "Point" else None
    )
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        return place(coordinates[0], coordinates[1])
    return None, None


def _name(entry: dict[str, Any], named_by: str) -> str:
    observed = entry.get("ObservedProperty")
    if named_by == "observed_property" and isinstance(observed, dict) and observed.get("name"):
        return str(observed["name"])
    return str(entry.get("name") or entry[_ID])


def _unit(unit: Any) -> str:
    return str(unit.get("symbol") or unit.get("name") or "") if isinstance(unit, dict) else ""
