"""JSON bodies of the standard as values of ours. Raises BadRequest naming the field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from allmende.model.access import Access
from allmende.model.observation import Observation, microseconds, result_of
from allmende.model.thing import (
    ANY,
    COMPLEX,
    AnyDescribed,
    Datastream,
    Feature,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
    Unit,
)
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.mapping import EntitySet

Json = Mapping[str, Any]
MANDATORY: dict[str, tuple[str, ...]] = {
    "Things": ("name", "description"),
    "Locations": ("name", "description", "encodingType", "location"),
    "HistoricalLocations": ("time",),
    "Sensors": ("name", "description", "encodingType", "metadata"),
    "ObservedProperties": ("name", "definition", "description"),
    "Datastreams": ("name", "description", "unitOfMeasurement", "observationType"),
    "MultiDatastreams": ("name", "description", "unitOfMeasurements", "multiObservationDataTypes"),
    "FeaturesOfInterest": ("name", "description", "encodingType", "feature"),
    "Observations": ("result",),
}
_TEXTS = ("name", "description", "encodingType", "definition", "observationType")
_GIVEN_BY_US = ("@iot.id", "@iot.selfLink", "id")
_EXTRA = ("resultQuality", "validTime", "parameters")
_DEEPEST = 64
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def parse_json(body: bytes) -> Any:
    """The JSON of a body. NaN and Infinity are none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}", where="body") from error
    if b"\\u0000" in body and _NUL.search(body):  # PostgreSQL keeps no text with it
        raise BadRequest("a text has the character NUL in it", where="body")
    check_depth(found)
    return found


def check_depth(value: Any) -> None:
    """Raise BadRequest for lists and objects so deep in each other that later steps may fail."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(_DEEPEST):
        if not level:
            return
        inner = (part.values() if isinstance(part, dict) else part for part in level)
        level = [child for children in inner for child in children if isinstance(child, (dict, list))]
    raise BadRequest(f"this is nested more than {_DEEPEST} levels deep", where="body")


def check_fields(of: EntitySet, body: Any, *, whole: bool) -> Json:
    """The body as an object with fields that the set has; with `whole` the mandatory ones are there."""
    if not isinstance(body, dict):
        raise BadRequest(f"a {of.single} is a JSON object", where="body")
    for name in body:
        known = name in of.properties or name in of.links or name in _GIVEN_BY_US
        if not known and not name.endswith(("@iot.navigationLink", "@iot.count", "@iot.nextLink")):
            fields = ", ".join((*of.properties, *of.links))
            raise BadRequest(f"a {of.single} has no {name!r}", where=name, hint=f"It has {fields}.")
    missing = [name for name in MANDATORY[of.name] if body.get(name) is None]
    nulls = [name for name in missing if name in body]
    if (whole and missing) or nulls:
        missing = missing if whole else nulls
        raise BadRequest(f"{' and '.join(missing)} must be there", where=missing[0])
    for name in _TEXTS:
        if name in body and not isinstance(body[name], str):
            raise BadRequest(f"{name} is a text", where=name)
    _check_geometry(body)
    return body


def _check_geometry(body: Json) -> None:
    if "geo+json" not in body.get("encodingType", ""):
        return
    for name in ("location", "feature"):
        if name in body and not isinstance(body[name], dict):
            raise BadRequest(f"{name} is a GeoJSON object", where=name)


def properties_of(body: Json) -> dict[str, Any]:
    """The free properties; an object."""
    found = body.get("properties")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRequest("properties is a JSON object", where="properties")
    return found


def access_of(body: Json) -> str | None:
    """The access class that a body asks for in `properties/access`; None when it names none."""
    found = properties_of(body).get("access")
    if found is None:
        return None
    try:
        return Access.parse(str(found)).label
    except ValueError as error:
        raise BadRequest(str(error), where="properties/access") from error


def described(of: EntitySet, body: Json, links: Mapping[str, Any], access: Access) -> AnyDescribed:
    """A new value from a whole body; `links` has the ids it is linked with by one."""
    words: dict[str, Any] = {
        "id": 0,
        "name": body.get("name", ""),
        "description": body.get("description", ""),
    }
    words |= {"properties": properties_of(body), "access": access}
    match of.kind:
        case "thing":
            return Thing(**words)
        case "location":
            return Location(**words, encoding=body["encodingType"], geometry=body["location"])
        case "feature":
            return Feature(**words, encoding=body["encodingType"], geometry=body["feature"])
        case "sensor":
            return Sensor(**words, encoding=body["encodingType"], metadata=body["metadata"])
        case "observed_property":
            return ObservedProperty(**words, definition=body["definition"])
        case "historical_location":
            time = parse_time(body["time"], "time")
            return HistoricalLocation(0, links["Thing"], time, tuple(links.get("Locations", ())))
        case _:
            return _datastream(of, body, links, words)


def _datastream(of: EntitySet, body: Json, links: Mapping[str, Any], words: dict[str, Any]) -> Datastream:
    multi = bool(of.multi)
    properties = links["ObservedProperties"] if multi else [links["ObservedProperty"]]
    units = body["unitOfMeasurements"] if multi else [body["unitOfMeasurement"]]
    types = body.get("multiObservationDataTypes", []) if multi else []
    if not isinstance(units, list) or not isinstance(types, list):
        raise BadRequest(
            "unitOfMeasurements and multiObservationDataTypes are lists", where="unitOfMeasurements"
        )
    if multi and not len(units) == len(types) == len(properties):
        raise BadRequest(
            "unitOfMeasurements, multiObservationDataTypes and ObservedProperties have the same length",
            where="multiObservationDataTypes",
        )
    return Datastream(
        **words,
        thing_id=links["Thing"],
        sensor_id=links["Sensor"],
        observed_property_ids=tuple(properties),
        units=tuple(parse_unit(unit) for unit in units),
        observation_type=body.get("observationType") or (COMPLEX if multi else ANY),
        types=tuple(str(type_) for type_ in types),
        multi=multi,
        observed_area=body.get("observedArea"),
    )


def parse_unit(found: Any) -> Unit:
    """A unit; every part may be null (18-088 allows it where a value has no unit)."""
    if not isinstance(found, dict):
        raise BadRequest(
            "unitOfMeasurement is an object with name, symbol and definition", where="unitOfMeasurement"
        )
    parts = {name: found.get(name) for name in ("name", "symbol", "definition")}
    if any(part is not None and not isinstance(part, str) for part in parts.values()):
        raise BadRequest("name, symbol and definition of a unit are texts", where="unitOfMeasurement")
    ucum = found.get("ucumCode") or ucum_of(parts["definition"])
    return Unit(**parts, ucum=ucum if isinstance(ucum, str) else None)


def ucum_of(definition: str | None) -> str | None:
    """The UCUM code in a definition that is one: `ucum:Cel`, `http://unitsofmeasure.org/ucum.html#Cel`."""
    for mark in ("ucum:", "unitsofmeasure.org/ucum.html#"):
        if definition and mark in definition:
            return definition.partition(mark)[2][:40] or None
    return None


def changed(of: EntitySet, value: Any, body: Json) -> Any:
    """A value with what a body changes in it."""
    changes: dict[str, Any] = {name: body[name] for name in ("name", "description") if name in body}
    if "properties" in body:
        changes["properties"] = properties_of(body)
    simple = {"encodingType": "encoding", "location": "geometry", "feature": "geometry", "metadata": "metadata",
              "definition": "definition", "observationType": "observation_type", "observedArea": "observed_area"}  # fmt: skip
    changes |= {ours: body[theirs] for theirs, ours in simple.items() if theirs in body}
    if "time" in body:
        changes["time"] = parse_time(body["time"], "time")
    if "unitOfMeasurement" in body:
        changes["units"] = (parse_unit(body["unitOfMeasurement"]),)
    if "unitOfMeasurements" in body:
        changes["units"] = tuple(parse_unit(unit) for unit in body["unitOfMeasurements"])
    if "multiObservationDataTypes" in body:
        changes["types"] = tuple(body["multiObservationDataTypes"])
    return replace(value, **changes)


# --- observations ---


def parse_time(text: Any, where: str) -> datetime:
    """An ISO 8601 time with a zone."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise BadRequest(
            f"{where} is not a time: {error}", where=where, hint="2026-06-01T12:00:00Z"
        ) from error
    if found.tzinfo is None:
        raise BadRequest(f"{where} has no zone", where=where, hint="Write Z or +01:00 after it.")
    return found


def parse_span(text: Any, where: str) -> tuple[int, int | None]:
    """A time, or an interval `begin/end`, in microseconds."""
    if not isinstance(text, str):
        raise BadRequest(f"{where} is a text", where=where)
    begin, slash, end = text.partition("/")
    start = microseconds(parse_time(begin, where))
    if not slash:
        return start, None
    stop = microseconds(parse_time(end, where))
    if stop < start:
        raise BadRequest(f"{where} ends before it begins", where=where)
    return start, stop


def observation(body: Json, stream: Datastream, received: int) -> Observation:
    """A new observation from a whole body."""
    return changed_observation(Observation(stream.id, received, 0), body, stream)


def changed_observation(row: Observation, body: Json, stream: Datastream) -> Observation:
    """An observation with what a body changes in it."""
    changes: dict[str, Any] = {}
    if body.get("phenomenonTime") is not None:
        changes["phenomenon_time"], changes["phenomenon_end"] = parse_span(
            body["phenomenonTime"], "phenomenonTime"
        )
    if body.get("resultTime") is not None:
        changes["result_time"] = microseconds(parse_time(body["resultTime"], "resultTime"))
    if "result" in body:
        changes["number"], changes["value"] = result_of(_result(body["result"], stream))
        changes["raw"] = None
    if body.get("validTime") is not None:
        parse_span(body["validTime"], "validTime")
    if not isinstance(body.get("parameters"), (dict, list, type(None))):
        raise BadRequest("parameters is a JSON object", where="parameters")
    extra = {name: body[name] for name in _EXTRA if body.get(name) is not None}
    if extra:
        known = json.loads(row.extra) if row.extra else {}
        changes["extra"] = json.dumps(known | extra, ensure_ascii=False)
    return replace(row, **changes) if changes else row


def _result(result: Any, stream: Datastream) -> Any:
    if stream.multi and (not isinstance(result, list) or len(result) != len(stream.observed_property_ids)):
        raise BadRequest(
            f"the result of this MultiDatastream is a list of {len(stream.observed_property_ids)} values",
            where="result",
        )
    return result
