"""What `allmende new sensor` does: read samples, propose, say how sure it is. Nothing is written here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from allmende.city.load import read_city
from allmende.cli.begin import Proposed
from allmende.cli.options import private_hosts
from allmende.collect.samples import Samples, listen, read_samples, split_samples
from allmende.errors import CityInvalid, NotFound, StoreFault, Unreadable
from allmende.model.city import City
from allmende.model.licence import LICENCES
from allmende.model.text import Text
from allmende.model.way import Broker, PlainForm, Way
from allmende.structure.propose.propose import id_of
from allmende.structure.propose.sensor import SensorProposal, SensorWish, propose_sensor
from allmende.structure.propose.sensor_text import fit_words, sensor_text, text_of
from allmende.structure.propose.write import toml

MOST_SHOWN = 8


@dataclass(frozen=True)
class SensorOrder:
    """What was asked for on the command line; either `samples` or `topic`."""

    name: str
    samples: Path | None = None
    topic: str = ""
    user: str = ""
    password: str = ""
    count: int = 20
    seconds: int = 600
    way: str = ""
    decoder: str = ""
    title: str = ""
    licence: str = ""


def propose_sensor_files(folder: Path, order: SensorOrder) -> Proposed:
    """The files for a kind of sensor, and for its way in when the city has none.

    Raises CityInvalid, NotFound, StoreFault, Unreadable, SourceUnreachable.
    """
    city = _city(folder)
    id_ = _id(city, order)
    now = datetime.now(UTC)
    broker = _broker(order)
    if broker is not None:
        messages = listen(broker, order.count, order.seconds, private_hosts())
    else:
        messages = split_samples(_content(order), now)
    samples = read_samples(messages)
    way = _way(city, order, samples, broker, id_)
    owner = city.contact.publisher
    wish = SensorWish(id_, way.id, order.title, order.decoder, order.licence, owner)
    proposal = propose_sensor(samples.uplinks, wish, folder, now)
    texts = {} if way.id in city.ways else {f"ways/{way.id}.toml": way_text(way)}
    texts[f"sensors/{id_}.toml"] = sensor_text(proposal)
    return Proposed(texts, "\n".join(summary(proposal, samples)))


def _city(folder: Path) -> City:
    """The city, also when some of its files have faults: one may be adding what is missing."""
    city, problems = read_city(folder, options=False)
    if city is None:
        raise CityInvalid(sorted(set(problems)))
    return city


def _id(city: City, order: SensorOrder) -> str:
    if order.licence and order.licence not in LICENCES:
        raise NotFound(f"there is no licence {order.licence!r}", hint=f"There are: {', '.join(LICENCES)}.")
    id_ = id_of(order.name)
    if id_ in city.sensors:
        raise StoreFault(f"the city has a kind of sensor {id_!r} already", hint="Choose another name.")
    return id_


def _content(order: SensorOrder) -> bytes:
    if order.samples is None:
        raise NotFound(
            "there are no samples", hint="Name a file with --samples, or a live topic with --topic."
        )
    try:
        return order.samples.read_bytes()
    except OSError as error:
        raise Unreadable(f"the samples cannot be read: {error.strerror}", where=str(order.samples)) from error


def _broker(order: SensorOrder) -> Broker | None:
    """The broker in `mqtt://host:port/topic`; None when samples are in a file."""
    if not order.topic:
        return None
    parts = urlsplit(order.topic.replace("#", "%23"))
    topic = parts.path.strip("/").replace("%23", "#")
    if parts.scheme not in ("mqtt", "mqtts") or not parts.netloc or not topic:
        hint = "Write mqtt://broker.example.org:1883/application/+/device/+/event/up."
        raise NotFound("this is no live topic", where=order.topic, hint=hint)
    address = f"{parts.scheme}://{parts.netloc}"
    return Broker(address, (topic,), user=order.user, password=order.password, keep_hours=0)


def _way(city: City, order: SensorOrder, samples: Samples, broker: Broker | None, id_: str) -> Way:
    """The way that was named, the only one of this kind, or a new one."""
    if order.way:
        if order.way not in city.ways:
            known = ", ".join(city.ways) or "none"
            raise NotFound(f"the city has no way in {order.way!r}", hint=f"There are: {known}.")
        return city.ways[order.way]
    same = [way for way in city.ways.values() if _is_same(way, samples, broker)]
    if len(same) == 1:
        return same[0]
    if len(same) > 1:
        raise NotFound(
            "several ways in could be meant", hint=f"Name one with --way: {', '.join(w.id for w in same)}."
        )
    name = id_ if id_ not in {*city.ways, *city.sources} else f"{id_}-messages"
    return Way(
        name, Text(name, name), samples.kind, broker, plain=samples.plain, owner=city.contact.publisher
    )


def _is_same(way: Way, samples: Samples, broker: Broker | None) -> bool:
    if way.kind != samples.kind or (way.kind == "plain" and way.plain != samples.plain):
        return False
    return broker is None or (way.broker is not None and way.broker.address == broker.address)


def way_text(way: Way) -> str:
    """The text of `ways/<id>.toml`."""
    lines = [
        "# How the messages come in. Secrets are never written here, only the names of environment variables.",
        f"title = {text_of(way.title)}",
        f"kind = {toml(way.kind)}",
        f"owner = {toml(way.owner)}",
        "",
        *(_broker_lines(way.broker) if way.broker else _webhook_lines(way.id)),
    ]
    if way.kind == "plain":
        lines += ["", "[plain]  # where a message says it"]
        lines += [
            f"{name} = {toml(getattr(way.plain, name))}"
            for name in ("device", "time", "values", "longitude", "latitude")
            if getattr(way.plain, name) or name == "device" or getattr(PlainForm(), name)
        ]
    return "\n".join(lines) + "\n"


def _broker_lines(broker: Broker) -> Iterator[str]:
    yield "[broker]"
    yield f"address = {toml(broker.address)}"
    yield f"topics = {toml(list(broker.topics))}"
    for name in ("user", "password"):
        if value := getattr(broker, name):
            yield f"{name} = {toml(value)}"


def _webhook_lines(id_: str) -> Iterator[str]:
    variable = "WAY_" + id_.upper().replace("-", "_") + "_TOKEN"
    yield "# The samples do not say where they came from. Either senders post to /api/v1/ways/" + id_ + " ..."
    yield "[webhook]"
    yield 'header = "Authorization"'
    yield f'token = "env:{variable}"'
    yield "# ... or Allmende listens to a broker:"
    yield "# [broker]"
    yield '# address = "mqtts://broker.example.org:8883"'
    yield '# topics = ["application/+/device/+/event/+"]'


def summary(proposal: SensorProposal, samples: Samples) -> Iterator[str]:
    """What a person should know before agreeing."""
    yield f"{len(samples.uplinks)} of {samples.read} samples are uplinks, of {len(proposal.devices)} device(s)."
    yield from (f"  {count} not: {reason}" for reason, count in samples.refused.items())
    yield "Decoders that read them, the best first:"
    for fit in proposal.fits[:MOST_SHOWN]:
        yield f"  {'->' if fit is proposal.chosen else '  '} {fit.name}: {fit_words(fit)}"
    if len(proposal.fits) > MOST_SHOWN:
        yield f"     and {len(proposal.fits) - MOST_SHOWN} more"
    yield "Values of one sample:"
    for measured in proposal.type_.properties:
        value = proposal.example.get(measured.name, "not in this one")
        guess = " (unit guessed)" if measured.id in proposal.guessed else ""
        yield f"  {measured.name} = {value} {measured.unit}: {measured.title.en}{guess}"
    yield from _doubts(proposal)


def _doubts(proposal: SensorProposal) -> Iterator[str]:
    if proposal.type_.place.kind == "none":
        yield "Where the sensors stand is not known: fill in [place], or they are on no map."
    for device in proposal.at_gateway:
        yield f"  {device} is said to stand where a gateway is; that place was not taken."
    if proposal.type_.access.label != "open":
        yield "Not public yet: no one vouches for the licence. Ask the owner, then use --licence."
    if os.environ.get("ALLMENDE_OFFLINE"):
        yield "ALLMENDE_OFFLINE is set: brokers are not listened to."
