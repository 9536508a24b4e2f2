"""JSON Patch (RFC 6902) on the standard's JSON: what a body changes, worked out on what is there."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from allmende.standards.sensorthings.bodies import check_depth
from allmende.standards.sensorthings.faults import BadRequest

JSON_PATCH = "application/json-patch+json"
_MOST = 1_000
_LARGEST = 1_000_000  # bytes; copies of copies would grow without end
Json = dict[str, Any]


def patched(shown: Json, operations: Any) -> Json:
    """The properties that operations change, as a body for PATCH.

    `shown` is the thing as readers see it. Raises BadRequest for an operation that cannot be done;
    then nothing is changed.
    """
    if not isinstance(operations, list) or len(operations) > _MOST:
        raise BadRequest("a JSON Patch is a list of operations", where="body")
    before = {name: value for name, value in shown.items() if "@iot." not in name}
    after: Json = copy.deepcopy(before)
    for number, operation in enumerate(operations, 1):
        try:
            _apply(after, operation)
        except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
            raise BadRequest(
                f"operation {number} cannot be done: {error}", where=f"operation {number}"
            ) from error
    check_depth(after)
    removed = {name: None for name in before if name not in after}
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | removed


def _apply(whole: Json, operation: Any) -> None:
    name, path = operation["op"], _steps(operation["path"])
    if name == "test":
        if _get(whole, path) != operation["value"]:
            raise ValueError(f"{operation['path']} has another value")
    elif name == "add":
        _add(whole, path, operation["value"])
    elif name == "remove":
        _remove(whole, path)
    elif name == "replace":
        _get(whole, path)
        _remove(whole, path)
        _add(whole, path, operation["value"])
    elif name in ("move", "copy"):
        start = _steps(operation["from"])
        value = copy.deepcopy(_get(whole, start))
        if name == "move":
            _remove(whole, start)
        _add(whole, path, value)
        if len(msgspec.json.encode(whole)) > _LARGEST:
            raise ValueError(f"the whole becomes longer than {_LARGEST} bytes")
    else:
        raise ValueError(f"there is no operation {name!r}")


def _steps(pointer: Any) -> list[str]:
    """A JSON Pointer (RFC 6901) as steps."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} does not start with /")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _get(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _add(whole: Json, steps: list[str], value: Any) -> None:
    place, last = _get(whole, steps[:-1]), steps[-1]
    if isinstance(place, list):
        number = len(place) if last == "-" else int(last)
        if not 0 <= number <= len(place):
            raise IndexError(f"there is no place {last} in the list")
        place.insert(number, value)
    else:
        place[last] = value


def _remove(whole: Json, steps: list[str]) -> None:
    place, last = _get(whole, steps[:-1]), steps[-1]
    if isinstance(place, list):
        del place[int(last)]
    else:
        del place[last]
