"""Byte maps: those of devices that come with the platform, and a city's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from allmende.decoders.byte_map.layout import ByteMap, parse_map
from allmende.decoders.byte_map.reading import decode
from allmende.errors import NotFound, Unreadable
from allmende.model.problem import Problem
from allmende.ports import Decode, Decoded, Known, Payload

DEVICES = Path(__file__).parent / "devices"
LARGEST = 256 * 1024


class ByteMapDecoder:
    """The decoder called `byte_map`; options: `device` or `map` (a file of the city), `constants`."""

    def known(self, folder: Path) -> Sequence[Known]:
        """The maps in the city's folder `decoders`, and those that come with the platform."""
        own = [{"map": f"decoders/{path.name}"} for path in sorted((folder / "decoders").glob("*.toml"))]
        return tuple(
            _known(options, folder) for options in (*own, *({"device": id_} for id_ in device_ids()))
        )

    def check(self, options: Mapping[str, Any], folder: Path) -> list[Problem]:
        """Faults of the options and of the city's own map."""
        faults = [
            Problem("", f"$.options.{name}", "there is no such option", "There are: device, map, constants.")
            for name in options
            if name not in ("device", "map", "constants")
        ]
        found = _find(options, folder)
        if isinstance(found, list):
            return [*faults, *found]
        return [*faults, *_check_constants(options.get("constants", {}), found)]

    def open(self, options: Mapping[str, Any], folder: Path) -> Decode:
        """The function for payloads. Raises Unreadable."""
        if faults := self.check(options, folder):
            first = faults[0]
            raise Unreadable(first.message, where=first.path, hint=first.hint)
        map_ = _find(options, folder)
        assert not isinstance(map_, list), "it was checked"
        constants = dict(options.get("constants", {}))

        def read(payload: Payload) -> Decoded:
            return decode(map_, constants, payload)

        return read


def device_ids() -> tuple[str, ...]:
    """The ids of all devices whose byte map comes with the platform."""
    return tuple(sorted(path.stem for path in DEVICES.glob("*.toml")))


@cache
def device_map(id_: str) -> ByteMap:
    """The byte map of a device. Raises NotFound, which names the nearest that exists."""
    if id_ not in device_ids():
        near = get_close_matches(id_, device_ids(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "See decoders/byte_map/devices, or write a map."
        raise NotFound(f"there is no byte map of a device {id_!r}", hint=hint)
    made = parse_map(tomllib.loads((DEVICES / f"{id_}.toml").read_text(encoding="utf-8")))
    if isinstance(made, list):
        raise Unreadable(f"the byte map is faulty: {made[0].path}: {made[0].message}", where=id_)
    return made


def _find(options: Mapping[str, Any], folder: Path) -> ByteMap | list[Problem]:
    device, file = options.get("device"), options.get("map")
    if (device is None) == (file is None):
        hint = 'Write device = "dragino_lse01" or map = "decoders/my-device.toml".'
        return [Problem("", "$.options.device", "name either a device or a map", hint)]
    if device is not None:
        try:
            return device_map(str(device))
        except (NotFound, Unreadable) as error:
            return [Problem("", "$.options.device", error.message, error.hint)]
    return _read(str(file), folder)


def _known(options: Mapping[str, str], folder: Path) -> Known:
    map_ = _find(options, folder)
    if isinstance(map_, list):
        return Known(options, ", ".join(options.values()))
    return Known(options, f"{map_.maker} {map_.model}".strip(), map_.profiles, map_.homepage)


def _read(name: str, folder: Path) -> ByteMap | list[Problem]:
    path, where = folder / name, "$.options.map"
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return [Problem("", where, "the map lies outside of the city's folder")]
        if path.stat().st_size > LARGEST:
            return [Problem("", where, f"the map is larger than {LARGEST // 1024} KiB")]
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return [Problem("", where, f"the map {name} cannot be read: {error}")]
    made = parse_map(values)
    if isinstance(made, list):
        return [Problem("", f"{where} ({name} {fault.path})", fault.message, fault.hint) for fault in made]
    return made


def _check_constants(constants: Any, map_: ByteMap) -> list[Problem]:
    if not isinstance(constants, Mapping):
        return [Problem("", "$.options.constants", "a table of numbers is wanted")]
    known = ", ".join(map_.constants) or "none"
    return [
        Problem("", f"$.options.constants.{name}", "the map has no such number", f"There are: {known}.")
        for name, value in constants.items()
        if name not in map_.constants or isinstance(value, bool) or not isinstance(value, int | float)
    ]
