"""What the files of sensor types say: patterns, units, limits, places and the options of their decoders."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

from allmende.city.decode import did_you_mean
from allmende.city.standing import read_standing
from allmende.errors import AllmendeError
from allmende.extensions import decoder_ids, load_decoder
from allmende.model.city import City
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE
from allmende.model.problem import Problem
from allmende.model.sensor_type import Measured, SensorType

PLACEHOLDERS = ("device", "name", "profile", "application")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# UCUM codes are printable ASCII without blanks (UCUM 2.1, section 2).
_UNIT = re.compile(r"[!-~]{1,40}")


def check_sensors(city: City, folder: Path, options: bool) -> Iterator[Problem]:
    """Faults of all sensor types; with `options` their decoders check theirs, which loads their code."""
    for sensor in city.sensors.values():
        file = f"sensors/{sensor.id}.toml"
        yield from _check_properties(sensor, file)
        yield from _check_texts(sensor, file)
        yield from _check_place(sensor, file, folder)
        yield from _check_licence(sensor, file)
        yield from _check_decoder(sensor, file, folder, options)


def _check_properties(sensor: SensorType, file: str) -> Iterator[Problem]:
    if not sensor.properties:
        yield Problem(file, "$.properties", "nothing is measured", "Write a [[properties]] for each value.")
    names, ids = set[str](), set[str]()
    for number, measured in enumerate(sensor.properties):
        path = f"$.properties[{number}]"
        if measured.name in names:
            yield Problem(file, f"{path}.name", f"the value {measured.name!r} is there twice")
        if measured.id in ids:
            hint = "Tell them apart by their ids: soil-moisture-10cm, soil-moisture-30cm."
            yield Problem(file, f"{path}.id", f"the property {measured.id!r} is there twice", hint)
        names.add(measured.name)
        ids.add(measured.id)
        yield from _check_measured(measured, file, path)


def _check_measured(measured: Measured, file: str, path: str) -> Iterator[Problem]:
    limits = measured.limits
    if not measured.name:
        yield Problem(file, f"{path}.name", "the name of the decoded value is missing")
    if not _ID.fullmatch(measured.id):
        hint = "Write it like soil-moisture: lower case, digits, hyphens."
        yield Problem(file, f"{path}.id", f"{measured.id!r} is not the id of a property", hint)
    if measured.unit and not _UNIT.fullmatch(measured.unit):
        hint = "Units are UCUM codes: Cel, %, kPa, uS/cm, m/s; what people see is the symbol."
        yield Problem(file, f"{path}.unit", f"{measured.unit!r} is not a UCUM code", hint)
    if None not in (limits.minimum, limits.maximum) and limits.minimum > limits.maximum:  # type: ignore[operator]
        yield Problem(file, f"{path}.limits.minimum", "the minimum is larger than the maximum")
    for name in ("max_rate", "stuck_after", "silence_after"):
        value = getattr(limits, name)
        if value is not None and value <= 0:
            yield Problem(file, f"{path}.limits.{name}", "this must be more than 0", "Leave it out for none.")
    if measured.correction.points and measured.correction.coefficients:
        yield Problem(file, f"{path}.correction", "a correction has coefficients or points, not both")


def _check_texts(sensor: SensorType, file: str) -> Iterator[Problem]:
    for text in sensor.placeholders():
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            yield Problem(file, "$.thing", f"{text!r}: {error}", "Braces stand around placeholders: {name}.")
            continue
        for name in sorted(used - set(PLACEHOLDERS)):
            hint = did_you_mean(name, PLACEHOLDERS)
            yield Problem(file, "$.thing", f"there is no placeholder {{{name}}}", hint)


def _check_place(sensor: SensorType, file: str, folder: Path) -> Iterator[Problem]:
    yield from read_standing(sensor.place, file, folder).problems


def _check_licence(sensor: SensorType, file: str) -> Iterator[Problem]:
    known = {*LICENCES, UNKNOWN_LICENCE}
    if sensor.licence not in known:
        hint = did_you_mean(sensor.licence, known)
        yield Problem(file, "$.licence", f"there is no licence {sensor.licence!r}", hint)


def _check_decoder(sensor: SensorType, file: str, folder: Path, options: bool) -> Iterator[Problem]:
    if sensor.decoder not in decoder_ids():
        hint = did_you_mean(sensor.decoder, decoder_ids())
        yield Problem(file, "$.decoder", f"there is no decoder {sensor.decoder!r}", hint)
    elif options:
        try:
            faults = load_decoder(sensor.decoder).check(sensor.options, folder)
        except AllmendeError as error:
            faults = [Problem(file, "$.decoder", error.message, error.hint)]
        yield from (Problem(file, fault.path, fault.message, fault.hint) for fault in faults)
