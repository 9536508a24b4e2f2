"""Values of ours as the standard's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from allmende.model.observation import Latest, Observation, Quality, moment
from allmende.model.thing import Datastream, Unit
from allmende.standards.sensorthings.mapping import EntitySet

Json = dict[str, Any]
Row = Sequence[Any]
# Places in a row of observations: see the fields of `Observation`.
STREAM, TIME, ID, END, RESULT_TIME, NUMBER, VALUE = 0, 1, 2, 4, 5, 6, 7
FLAGS, FEATURE, EXTRA = 9, 13, 14
_EPOCH = moment(0).replace(tzinfo=None)


def written(time: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 in UTC."""
    if time is None:
        return None
    found = _EPOCH + timedelta(microseconds=time)
    return found.isoformat(timespec="milliseconds" if time % 1_000_000 and not time % 1_000 else "auto") + "Z"


def interval(start: int | None, end: int | None) -> str | None:
    """A time, or begin and end with a slash."""
    if start is None:
        return None
    return f"{written(start)}/{written(end)}" if end is not None else written(start)


def result_of(row: Row) -> Any:
    """The result: a number (whole ones without a point), or what the JSON text says."""
    number = row[NUMBER]
    if number is None:
        return None if row[VALUE] is None else json.loads(row[VALUE])
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def unit(found: Unit) -> Json:
    """A unit as the standard has it; the UCUM code stands beside when it is known."""
    shaped: Json = {"name": found.name, "symbol": found.symbol, "definition": found.definition}
    return shaped | ({"ucumCode": found.ucum} if found.ucum else {})


def properties_of(of: EntitySet, value: Any, latest: Latest | None = None) -> Json:
    """The properties of a value other than its id and links."""
    if of.kind == "datastream":
        return _datastream(of, value, latest)
    if of.kind == "historical_location":
        return {"time": _iso(value.time)}
    shaped = {name: _plain(getattr(value, steps[0])) for name, steps in of.properties.items()}
    if not shaped.get("properties"):
        shaped.pop("properties", None)
    return shaped


def _datastream(of: EntitySet, stream: Datastream, latest: Latest | None) -> Json:
    shaped: Json = {"name": stream.name, "description": stream.description}
    if of.multi:
        shaped["unitOfMeasurements"] = [unit(one) for one in stream.units]
        shaped["multiObservationDataTypes"] = list(stream.types)
    else:
        shaped["unitOfMeasurement"] = unit(stream.units[0] if stream.units else Unit())
    shaped["observationType"] = stream.observation_type
    if stream.observed_area is not None:
        shaped["observedArea"] = stream.observed_area
    if latest is not None and latest.count:
        shaped["phenomenonTime"] = interval(latest.first_time, latest.last_time)
        if latest.first_result_time is not None:
            shaped["resultTime"] = interval(latest.first_result_time, latest.last_result_time)
    if stream.properties:
        shaped["properties"] = stream.properties
    return shaped


def observation(row: Row) -> Json:
    """The properties of an observation."""
    shaped: Json = {
        "phenomenonTime": interval(row[TIME], row[END]),
        "resultTime": written(row[RESULT_TIME]),
        "result": result_of(row),
    }
    return shaped | said_of(row[EXTRA], row[FLAGS])


def said_of(extra: str | None, flags: int) -> Json:
    """What is said about a value: by its producer, else, about its quality, by our rules."""
    if not extra and not flags:
        return {}
    known = json.loads(extra) if extra else {}
    if flags and "resultQuality" not in known:
        names = [(flag.name or "").lower() for flag in Quality if flag and flag in Quality(flags)]
        known["resultQuality"] = {"flags": names, "doubts": known.get("doubts", [])}
    return {name: known[name] for name in ("resultQuality", "validTime", "parameters") if name in known}


def entity(root: str, of: EntitySet, id_: int, properties: Mapping[str, Any]) -> Json:
    """Id, self link, properties and navigation links."""
    link = f"{root}/{of.name}({id_})"
    shaped: Json = {"@iot.id": id_, "@iot.selfLink": link, **properties}
    for name in of.links:
        shaped[f"{name}@iot.navigationLink"] = f"{link}/{name}"
    return shaped


def selected(shaped: Json, select: Sequence[Sequence[str]]) -> Json:
    """Only what `$select` names; without any, everything. `properties/soil` keeps that part only."""
    if not select or ("*",) in select:
        return shaped
    wanted = {path[0] for path in select}
    names = {"@iot.id" if name == "id" else name for name in wanted}
    names |= {f"{name}@iot.navigationLink" for name in wanted}
    found = {name: value for name, value in shaped.items() if name in names}
    for name in wanted:
        paths = [path[1:] for path in select if path[0] == name]
        if all(paths) and isinstance(found.get(name), dict):
            found[name] = selected(found[name], paths)
    return found


def row_of(found: Observation) -> Row:
    """An observation as a row."""
    return tuple(getattr(found, name) for name in Observation.__slots__)


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
