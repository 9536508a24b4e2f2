"""From sample messages to a kind of sensor: match, decoder, properties, place. A person decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from allmende.errors import Unreadable
from allmende.model.access import Access
from allmende.model.licence import UNKNOWN_LICENCE
from allmende.model.limits import Limits
from allmende.model.sensor_type import Match, Measured, Naming, SensorType, Standing, ValueKind
from allmende.model.text import Text
from allmende.model.uplink import Gateway, Uplink
from allmende.structure.payload import as_kind
from allmende.structure.propose.fit import Fit, choose, try_all
from allmende.structure.propose.measures import Measure, is_technical, measure_of, plain_name
from allmende.structure.quality.position import SAME_PLACE, Point, metres
from allmende.structure.ucum import code_of

_LONGITUDE = re.compile(r"(^|_)(lon|lng|long|longitude|longitude_deg)$")
_LATITUDE = re.compile(r"(^|_)(lat|latitude|latitude_deg)$")
MOST_DEVICES = 50


@dataclass(frozen=True)
class SensorWish:
    """What somebody asked for. `decoder` is `byte_map:dragino_lse01`, `object` or empty: find one."""

    id: str
    way: str
    title: str = ""
    decoder: str = ""
    licence: str = ""
    owner: str = ""


@dataclass(frozen=True)
class SensorProposal:
    """A kind of sensor as proposed, and what a person should know before agreeing.

    `left` are values that became no property, with the reason; `example` the values of one message;
    `guessed` the properties whose unit nobody stated; `near` the gateway at a device's reported place.
    """

    type_: SensorType
    fits: tuple[Fit, ...]
    chosen: Fit
    left: Mapping[str, str]
    example: Mapping[str, Any]
    guessed: frozenset[str]
    devices: tuple[Uplink, ...]
    gateways: tuple[Gateway, ...]
    at_gateway: tuple[str, ...] = ()
    interval: float | None = None


def propose_sensor(
    uplinks: Sequence[Uplink], wish: SensorWish, folder: Path, received_at: datetime
) -> SensorProposal:
    """A kind of sensor for these messages. Raises Unreadable when no decoder could be meant."""
    if not uplinks:
        raise Unreadable("there is no message with values among the samples")
    fits = try_all(uplinks, received_at, folder)
    chosen = _chosen(fits, wish)
    values = _columns(chosen)
    place, at_gateway = _place(uplinks, values)
    interval = _interval(uplinks)
    measured, left, guessed = _measured(chosen, values, place, interval)
    if not measured:
        raise Unreadable("no value of the samples could be a property", hint=f"Found: {', '.join(values)}.")
    type_ = SensorType(
        wish.id, _title(wish, chosen), wish.way, chosen.decoder, measured, chosen.known.options, _match(uplinks),
        Naming(), place, homepage=chosen.known.homepage, licence=wish.licence or UNKNOWN_LICENCE,
        access=Access.OPEN if wish.licence else Access.INTERNAL, attribution=wish.owner, owner=wish.owner,
    )  # fmt: skip
    return SensorProposal(
        type_,
        fits,
        chosen,
        left,
        _example(chosen),
        guessed,
        _devices(uplinks),
        _gateways(uplinks),
        at_gateway,
        interval,
    )


def _chosen(fits: tuple[Fit, ...], wish: SensorWish) -> Fit:
    if wish.decoder:
        found = [fit for fit in fits if fit.name == wish.decoder]
        if not found:
            hint = f"These do: {', '.join(fit.name for fit in fits[:8]) or 'none'}."
            raise Unreadable(f"the decoder {wish.decoder!r} reads none of the samples", hint=hint)
        return found[0]
    found_one = choose(fits)
    if found_one is None:
        told = ", ".join(f"{fit.name} ({fit.decoded} of {fit.total})" for fit in fits[:8])
        hint = (
            f"Name one with --decoder: {told}."
            if told
            else "Put the maker's script into the city's folder decoders/, or write a byte map there."
        )
        raise Unreadable("it is not clear which decoder is meant", hint=hint)
    return found_one


def _title(wish: SensorWish, chosen: Fit) -> Text:
    if wish.title:
        return Text(wish.title, wish.title)
    words = chosen.known.title if chosen.known.homepage else wish.id.replace("-", " ").capitalize()
    return Text(words, words)


def _match(uplinks: Sequence[Uplink]) -> Match:
    """What all samples have in common: the profile, else application, else the device or topic."""
    profiles, applications = ({getattr(one, name) for one in uplinks} for name in ("profile", "application"))
    if len(profiles) == 1 and "" not in profiles:
        return Match(profile=_literal(profiles.pop()))
    if len(applications) == 1 and "" not in applications:
        return Match(application=_literal(applications.pop()))
    topics = {uplink.topic for uplink in uplinks if uplink.topic}
    if topics and "" not in topics:
        return Match(topic=_common(sorted(topics)))
    devices = {uplink.device for uplink in uplinks}
    return Match(device=_common(sorted(devices)))


def _literal(text: str) -> str:
    """A pattern that means just this text: its brackets would stand for sets of letters."""
    return text.replace("[", "?").replace("]", "?")


def _common(texts: Sequence[str]) -> str:
    """A pattern for all: parts of topics that differ become `*`, of other texts what follows the same begin."""
    if len(set(texts)) == 1:
        return _literal(texts[0])
    parts = [text.split("/") for text in texts]
    if len({len(part) for part in parts}) == 1 and len(parts[0]) > 1:
        return "/".join(
            _literal(same[0]) if len(set(same)) == 1 else "*" for same in zip(*parts, strict=True)
        )
    begin = next((n for n, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1), 0)
    return _literal(texts[0][:begin]) + "*"


def _columns(chosen: Fit) -> dict[str, list[Any]]:
    """Every value's name with what the samples say, None where they do not."""
    results = [result for result in chosen.results if result is not None]
    rows = [row for result in results for row in (result.values, *(values for _, values in result.earlier))]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _measured(
    chosen: Fit, values: Mapping[str, list[Any]], place: Standing, interval: float | None
) -> tuple[tuple[Measured, ...], dict[str, str], frozenset[str]]:
    units = {name: unit for result in chosen.results if result for name, unit in result.units.items()}
    found: list[Measured] = []
    left: dict[str, str] = {}
    guessed: set[str] = set()
    for name, column in values.items():
        reason = _reason_against(name, column, values, place)
        if reason:
            left[name] = reason
            continue
        measured, is_guess = _property(name, column, units.get(name, ""), interval)
        measured = _told_apart(measured, found)
        found.append(measured)
        if is_guess:
            guessed.add(measured.id)
    return tuple(found), left, frozenset(guessed)


def _reason_against(name: str, column: list[Any], values: Mapping[str, list[Any]], place: Standing) -> str:
    """Why a value becomes no property; empty when it does."""
    if place.kind == "payload" and name in (place.longitude_name, place.latitude_name):
        return "the device's position"
    if all(value is None for value in column):
        return "no sample has a value"
    twin = next((other for other in values if _is_twin(name, other, values)), "")
    if twin:
        return f"the same as {twin}"
    if is_technical(name):
        return "speaks of the device, not of the city"
    kind = _kind(column)
    if kind == "text" and measure_of(name) is None:
        return "a text of which nothing is known"
    return ""


def _is_twin(name: str, other: str, values: Mapping[str, list[Any]]) -> bool:
    """`water_f` is a copy of `water` when all samples agree."""
    if not (len(other) < len(name) and name.lower().startswith(other.lower())):
        return False
    try:
        pairs = [
            [as_kind(value, "number") for value in pair]
            for pair in zip(values[name], values[other], strict=True)
        ]
    except ValueError:
        return False
    return all(one == another for one, another in pairs)


def _kind(column: list[Any]) -> ValueKind:
    known = [value for value in column if value is not None]
    if all(isinstance(value, bool) for value in known):
        return "truth"
    try:
        for value in known:
            as_kind(value, "number")
    except ValueError:
        return "text"
    return "number"


def _property(name: str, column: list[Any], written: str, interval: float | None) -> tuple[Measured, bool]:
    """The property of a value, and whether its unit is only a guess."""
    measure = measure_of(name) or Measure(plain_name(name).replace("_", "-") or "value", _spelled(name))
    kind = _kind(column)
    if kind == "number" and measure.kind == "count":
        kind = "count"
    unit = code_of(written) if written else ""
    limits = _limits(measure, unit, interval) if kind in ("number", "count") else Limits()
    title = measure.title
    made = Measured(
        name, measure.id, title, measure.definition, (unit or measure.unit) if kind in ("number", "count") else "",
        kind=kind, limits=limits,
    )  # fmt: skip
    return made, not unit and kind == "number" and made.unit != "1"


def _spelled(name: str) -> Text:
    words = plain_name(name).replace("_", " ").capitalize()
    return Text(words, words)


_FACTORS = {("hPa", "Pa"): 100.0, ("hPa", "kPa"): 0.1, ("%", "m3/m3"): 0.01, ("V", "mV"): 1000.0, ("mm", "cm"): 0.1,
            ("cm", "mm"): 10.0, ("uS/cm", "mS/cm"): 0.001, ("m/s", "km/h"): 3.6}  # fmt: skip


def _limits(measure: Measure, unit: str, interval: float | None) -> Limits:
    """The measure's limits in the value's unit, or none in a unit that cannot be compared."""
    limits = measure.limits
    if unit and unit != measure.unit:
        factor = _FACTORS.get((measure.unit, unit))
        limits = replace(
            limits,
            minimum=_scaled(limits.minimum, factor),
            maximum=_scaled(limits.maximum, factor),
            max_rate=_scaled(limits.max_rate, factor),
            low=_scaled(limits.low, factor),
        )
    silence = max(3600.0, round(3 * interval, -2)) if interval else 86_400.0
    return replace(limits, silence_after=silence)


def _scaled(value: float | None, factor: float | None) -> float | None:
    return None if value is None or factor is None else round(value * factor, 6)


def _told_apart(measured: Measured, before: Sequence[Measured]) -> Measured:
    """Two values of one kind get a number, or the value's own name, behind id and title."""
    taken = {one.id for one in before}
    number = re.search(r"(\d+)$", measured.name)
    plain = plain_name(measured.name).replace("_", "-")
    wanted = [measured.id, *([f"{measured.id}-{number[1]}"] if number else []), f"{measured.id}-{plain}"]
    wanted += [f"{measured.id}-{count}" for count in range(2, len(taken) + 3)]
    id_ = next(one for one in wanted if one not in taken)
    if id_ == measured.id:
        return measured
    behind = id_.removeprefix(f"{measured.id}-").replace("-", " ")
    return replace(
        measured, id=id_, title=Text(f"{measured.title.de} ({behind})", f"{measured.title.en} ({behind})")
    )


def _place(uplinks: Sequence[Uplink], values: Mapping[str, list[Any]]) -> tuple[Standing, tuple[str, ...]]:
    """What the payload or the network says of places; and devices that are said to stand at a gateway."""
    longitude = next((name for name in values if _LONGITUDE.search(plain_name(name))), "")
    latitude = next((name for name in values if _LATITUDE.search(plain_name(name))), "")
    if longitude and latitude:
        return Standing("payload", longitude_name=longitude, latitude_name=latitude), ()
    at_gateway = tuple(dict.fromkeys(one.device for one in uplinks if _is_at_gateway(one)))
    known = [one for one in uplinks if one.position is not None]
    if known and not at_gateway:
        return Standing("network"), ()
    return Standing(), at_gateway


def _is_at_gateway(uplink: Uplink) -> bool:
    here = uplink.position
    return here is not None and any(
        gateway.longitude is not None
        and gateway.latitude is not None
        and metres(Point(here.longitude, here.latitude), Point(gateway.longitude, gateway.latitude))
        < SAME_PLACE
        for gateway in uplink.gateways
    )


def _interval(uplinks: Sequence[Uplink]) -> float | None:
    """Seconds between two messages of one device, the middle of all; None when no device sent twice."""
    times: dict[str, list[datetime]] = {}
    for uplink in uplinks:
        if uplink.time is not None:
            times.setdefault(uplink.device, []).append(uplink.time)
    gaps = list(_gaps(times.values()))
    return median(gaps) if gaps else None


def _gaps(times: Any) -> Iterator[float]:
    for moments in times:
        ordered = sorted(set(moments))
        yield from ((after - before).total_seconds() for before, after in pairwise(ordered))


def _example(chosen: Fit) -> Mapping[str, Any]:
    return next(result.values for result in chosen.results if result is not None)


def _devices(uplinks: Sequence[Uplink]) -> tuple[Uplink, ...]:
    """The first message of each device."""
    first: dict[str, Uplink] = {}
    for uplink in uplinks:
        first.setdefault(uplink.device, uplink)
    return tuple(first.values())[:MOST_DEVICES]


def _gateways(uplinks: Sequence[Uplink]) -> tuple[Gateway, ...]:
    """Gateways with a place, each once."""
    found = {
        gateway.id: gateway
        for uplink in uplinks
        for gateway in uplink.gateways
        if gateway.longitude is not None
    }
    return tuple(found.values())
