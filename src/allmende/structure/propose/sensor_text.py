"""A proposed kind of sensor as the file that an official can read, with the reasons beside each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from allmende.model.limits import Limits
from allmende.model.sensor_type import Measured, SensorType
from allmende.model.text import Text
from allmende.structure.propose.fit import Fit
from allmende.structure.propose.sensor import SensorProposal
from allmende.structure.propose.write import one_line, toml


def sensor_text(proposal: SensorProposal) -> str:
    """The text of `sensors/<id>.toml`."""
    type_ = proposal.type_
    lines = [
        "# One kind of sensor. Proposed from sample messages; please read every line.",
        f"title = {text_of(type_.title)}",
        f"way = {toml(type_.way)}",
        f"decoder = {toml(type_.decoder)}  # {one_line(fit_words(proposal.chosen))}",
        *([f"options = {toml(dict(type_.options))}"] if type_.options else []),
        *([f"homepage = {toml(type_.homepage)}"] if type_.homepage else []),
        *_access(type_),
        f"attribution = {toml(type_.attribution)}",
        f"owner = {toml(type_.owner)}  # the office that answers for the sensors",
        "",
        "[match]  # which messages are of this kind; * stands for anything",
        *_match(type_),
        "",
        "[thing]  # {name} is what the network server calls a device, {device} its id",
        f"name = {text_of(type_.thing.name)}",
        "",
        *_place(proposal),
        *(line for measured in type_.properties for line in ("", *_property(measured, proposal))),
        *_left(proposal),
    ]
    return "\n".join(lines) + "\n"


def fit_words(fit: Fit) -> str:
    """How well a decoder fits, in one line."""
    words = f"{fit.known.title}: {fit.decoded} of {fit.total} samples decoded"
    if fit.agreed is not None:
        words += f", {fit.agreed:.0%} of its numbers are also the network server's"
    if fit.named:
        words += ", known device profile"
    if fit.faults:
        words += "; refused: " + ", ".join(f"{fault} {count}" for fault, count in fit.faults.items())
    return words


def text_of(text: Text) -> str:
    """A text in both languages, or once when they are equal."""
    return toml(text.de) if text.de == text.en else toml({"de": text.de, "en": text.en})


def _access(type_: SensorType) -> Iterator[str]:
    if type_.access.label == "open":
        yield 'access = "open"'
    else:
        yield "# Only the city's own staff see the values, until someone has made sure that they may be published."
        yield f"access = {toml(type_.access.label)}"
    asked = "" if type_.access.label == "open" else "  # ask the owner, then write for example dl-de/by-2-0"
    yield f"licence = {toml(type_.licence)}{asked}"


def _match(type_: SensorType) -> Iterator[str]:
    match = type_.match
    for name in ("profile", "application", "device", "topic"):
        if value := getattr(match, name):
            yield f"{name} = {toml(value)}"
    if match.ports:
        yield f"ports = {toml(list(match.ports))}"


def _place(proposal: SensorProposal) -> Iterator[str]:
    place = proposal.type_.place
    if place.kind == "payload":
        yield "[place]  # every message says where the device is; write moves = true if it travels"
        yield 'kind = "payload"'
        yield f"longitude_name = {toml(place.longitude_name)}"
        yield f"latitude_name = {toml(place.latitude_name)}"
        return
    if place.kind == "network":
        yield "[place]  # the network server knows where the devices are; is that where they stand?"
        yield 'kind = "network"'
        return
    yield from _unknown_place(proposal)


def _unknown_place(proposal: SensorProposal) -> Iterator[str]:
    """No place is guessed: a gateway's is named as such, and the devices are listed to be filled in."""
    yield "# Where the sensors stand is not in the messages. Fill in longitude and latitude, then take the # away."
    for device in proposal.at_gateway:
        yield f"# {one_line(device)} is said to stand where a gateway is: that was not taken."
    for gateway in proposal.gateways[:5]:
        where = f"{gateway.longitude}, {gateway.latitude}"
        yield f"# (a gateway stands at {where}: it heard them, but they are not there)"
    yield "[place]"
    yield 'kind = "none"  # then: table'
    yield "# [place.devices]"
    for uplink in proposal.devices:
        name = f"  # {one_line(uplink.name)}" if uplink.name else ""
        yield f"# {toml(uplink.device)} = [11.58, 50.93]{name}"


def _property(measured: Measured, proposal: SensorProposal) -> Iterator[str]:
    example = proposal.example.get(measured.name)
    yield f"[[properties]]  # {one_line(measured.name)} was {one_line(str(example))}"
    yield f"name = {toml(measured.name)}"
    yield f"id = {toml(measured.id)}"
    yield f"title = {text_of(measured.title)}"
    if measured.definition:
        yield f"definition = {toml(measured.definition)}"
    if measured.kind in ("number", "count"):
        guess = "  # a guess from the name: is it right?" if measured.id in proposal.guessed else ""
        guess = guess if measured.unit else "  # which? UCUM, like Cel, %, mm; 1 for counts"
        yield f"unit = {toml(measured.unit)}{guess}"
    if measured.kind != "number":
        yield f"kind = {toml(measured.kind)}"
    if limits := _limits(measured.limits):
        yield f"limits = {toml(limits)}"


def _limits(limits: Limits) -> dict[str, Any]:
    found = {field.name: getattr(limits, field.name) for field in fields(limits) if field.name != "live"}
    return {
        name: [_short(one) for one in value] if isinstance(value, tuple) else _short(value)
        for name, value in found.items()
        if value is not None and value != ()
    }


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _left(proposal: SensorProposal) -> Iterator[str]:
    if proposal.left:
        yield ""
        yield "# Not taken (the messages keep them): write a [[properties]] for what is wanted."
        for name, reason in proposal.left.items():
            yield f"# {one_line(name)}: {one_line(reason)}"
