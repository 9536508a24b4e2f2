"""Many observations at once: `components` name the columns, `dataArray` has the values (18-088, section 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from allmende.errors import AllmendeError
from allmende.model.observation import Observation
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.write import Writer

_SIMPLE = {"phenomenonTime", "result", "resultTime"}
_KNOWN = (
    *_SIMPLE,
    "resultQuality",
    "validTime",
    "parameters",
    "FeatureOfInterest/id",
    "FeatureOfInterest/@iot.id",
)
_NAMES = ("Datastream", "MultiDatastream")
_LONGEST = 300


def observations_of(body: Any, writer: Writer) -> tuple[list[Observation | None], dict[int, str]]:
    """A row for every value, in order; None for what cannot be stored, with the reason by its place.

    Raises BadRequest when the body is no list of data arrays.
    """
    if not isinstance(body, list):
        raise BadRequest("a list of data arrays is expected", where="body")
    rows: list[Observation | None] = []
    faults: dict[int, str] = {}
    for part in body:
        _read_part(part, writer, rows, faults)
    return rows, faults


def _read_part(part: Any, writer: Writer, rows: list[Observation | None], faults: dict[int, str]) -> None:
    given, components, values = _checked(part)
    simple = set(components) <= _SIMPLE
    for value in values:
        try:
            found = _fields(components, value)
            rows.append(writer.plain(found, given) if simple else writer.observation(_nested(found), given))
        except AllmendeError as error:
            faults[len(rows)] = f"error: {error}"[:_LONGEST]
            rows.append(None)


def _checked(part: Any) -> tuple[dict[str, int], Sequence[str], Sequence[Any]]:
    if not isinstance(part, dict):
        raise BadRequest("a data array is a JSON object", where="body")
    name = next((name for name in _NAMES if isinstance(part.get(name), dict)), None)
    id_ = part[name].get("@iot.id", part[name].get("id")) if name else None
    if name is None or not isinstance(id_, int):
        raise BadRequest("a data array names its Datastream", where="Datastream", hint='{"@iot.id": 1}')
    components, values = part.get("components"), part.get("dataArray")
    if not isinstance(components, list) or not isinstance(values, list):
        raise BadRequest("components and dataArray are lists", where="components")
    unknown = [component for component in components if component not in _KNOWN]
    if unknown:
        raise BadRequest(
            f"there is no component {unknown[0]!r}",
            where="components",
            hint=f"There are {', '.join(_KNOWN)}.",
        )
    return {name: id_}, components, values


def _fields(components: Sequence[str], value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or len(value) != len(components):
        raise BadRequest(f"a value has {len(components)} components", where="dataArray")
    return dict(zip(components, value, strict=True))


def _nested(found: Mapping[str, Any]) -> dict[str, Any]:
    """`FeatureOfInterest/id` as the standard's body has it."""
    body = {name: value for name, value in found.items() if "/" not in name}
    for name in ("FeatureOfInterest/id", "FeatureOfInterest/@iot.id"):
        if found.get(name) is not None:
            body["FeatureOfInterest"] = {"@iot.id": found[name]}
    return body
