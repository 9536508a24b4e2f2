"""What the files of ways in say: brokers, topics, who may post, and secrets that are only named."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from urllib.parse import urlsplit

from allmende.city.decode import did_you_mean
from allmende.city.secrets import START
from allmende.errors import SourceRefused
from allmende.model.city import City
from allmende.model.licence import LICENCES, UNKNOWN_LICENCE
from allmende.model.problem import Problem
from allmende.model.way import Broker, Way, Webhook

HTTP = "http"
OWN_NAMES = "sensorthings"
_TOPIC_PART = "topic:"

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool


def parse_broker_address(address: str) -> BrokerAddress:
    """`mqtt://host[:1883]` or `mqtts://host[:8883]`. Raises SourceRefused for anything else."""
    hint = "Write mqtts://broker.example.org:8883, or mqtt:// for one without encryption."
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SourceRefused(f"this is no address of a broker: {error}", where=address, hint=hint) from error
    if parts.scheme not in PORTS or not host or parts.path.strip("/"):
        raise SourceRefused("this is no address of a broker", where=address, hint=hint)
    if parts.username or parts.password:
        raise SourceRefused(
            "user and password do not belong into the address",
            where=f"{parts.scheme}://{host}",
            hint='Write user = "env:MQTT_USER" and password = "env:MQTT_PASSWORD".',
        )
    return BrokerAddress(host, port or PORTS[parts.scheme], parts.scheme == "mqtts")


def check_ways(city: City, broken: Set[str] = frozenset()) -> Iterator[Problem]:
    """Faults of all ways in, and of sensor types whose way is none. A file in `broken` still lends its name."""
    for way in city.ways.values():
        file = f"ways/{way.id}.toml"
        if way.id == HTTP or way.id in city.sources:
            hint = "Sensor types name ways and sources alike, so all must differ."
            yield Problem(file, "$", f"{way.id!r} is already the name of another way in", hint)
        if way.broker is None and way.webhook is None:
            hint = "Write a section [broker] with its address and topics, or [webhook] with a token."
            yield Problem(file, "$", "nothing can come in this way", hint)
        if way.broker is not None:
            yield from _check_broker(way.broker, file)
        if way.webhook is not None:
            yield from _check_webhook(way.webhook, file)
        yield from _check_kind(way, file)
        known = {*LICENCES, UNKNOWN_LICENCE}
        if way.licence not in known:
            hint = did_you_mean(way.licence, known)
            yield Problem(file, "$.licence", f"there is no licence {way.licence!r}", hint)
    yield from _check_sensors(city, broken)


def _check_sensors(city: City, broken: Set[str]) -> Iterator[Problem]:
    lent = {
        file.partition("/")[2].removesuffix(".toml")
        for file in broken
        if file.startswith(("ways/", "sources/"))
    }
    known = {*city.ways, *city.sources, HTTP, *lent}
    for sensor in city.sensors.values():
        file, way = f"sensors/{sensor.id}.toml", city.ways.get(sensor.way)
        if way is not None and way.kind == OWN_NAMES:
            yield Problem(file, "$.way", "messages of SensorThings name their datastream themselves")
        if sensor.way not in known:
            hint = did_you_mean(sensor.way, known)
            yield Problem(file, "$.way", f"there is no way in {sensor.way!r}", hint)


def _check_broker(broker: Broker, file: str) -> Iterator[Problem]:
    try:
        parse_broker_address(broker.address)
    except SourceRefused as error:
        yield Problem(file, "$.broker.address", error.message, error.hint)
    if not broker.topics:
        hint = 'Write topics = ["application/+/device/+/event/+"].'
        yield Problem(file, "$.broker.topics", "no topic is named", hint)
    for number, topic in enumerate(broker.topics):
        if not is_topic_filter(topic):
            hint = "+ stands for one whole part, # for all that follow: application/+/device/#."
            yield Problem(file, f"$.broker.topics[{number}]", f"{topic!r} is no topic filter", hint)
    if broker.password and not broker.user:
        yield Problem(file, "$.broker.user", "a password needs a user")
    if broker.key_file and not broker.certificate_file:
        yield Problem(file, "$.broker.certificate_file", "a key needs a certificate")
    if broker.keep_hours < 1:
        yield Problem(file, "$.broker.keep_hours", "the broker must keep messages for one hour at least")
    for name in ("user", "password", "ca_file", "certificate_file", "key_file"):
        yield from _check_secret(getattr(broker, name), file, f"$.broker.{name}")


def _check_webhook(webhook: Webhook, file: str) -> Iterator[Problem]:
    if not webhook.token and not webhook.secret:
        hint = 'Write token = "env:NAME" or, when the sender signs, secret = "env:NAME".'
        yield Problem(file, "$.webhook.token", "anybody could post here", hint)
    if webhook.token and webhook.secret:
        hint = "The header holds a token or a signature: take one of them out."
        yield Problem(file, "$.webhook.secret", "a sender shows one thing, a token or a signature", hint)
    if not webhook.header or not webhook.header.isascii() or " " in webhook.header:
        yield Problem(file, "$.webhook.header", f"{webhook.header!r} is not the name of a header")
    for name in ("token", "secret"):
        yield from _check_secret(getattr(webhook, name), file, f"$.webhook.{name}")


def _check_secret(written: str, file: str, path: str) -> Iterator[Problem]:
    if written and (not written.startswith(START) or not written.removeprefix(START).isidentifier()):
        hint = 'This folder is public: write "env:NAME" and set NAME where Allmende is started.'
        yield Problem(file, path, "only the name of an environment variable may stand here", hint)


def _check_kind(way: Way, file: str) -> Iterator[Problem]:
    if way.kind == OWN_NAMES and way.webhook is not None:
        hint = "Post to /sta/v1.1 with a key instead."
        yield Problem(file, "$.webhook", "observations of SensorThings are not posted here", hint)
    device = way.plain.device
    number = device.removeprefix(_TOPIC_PART)
    if device.startswith(_TOPIC_PART) and not (number.isdecimal() and 0 < int(number) < 100):
        hint = 'Parts are counted from 1: "topic:2".'
        yield Problem(file, "$.plain.device", f"{device!r} is no part of a topic", hint)


def is_topic_filter(topic: str) -> bool:
    """True for what a broker takes as a filter (MQTT 5, section 4.7)."""
    parts = topic.split("/")
    whole = all(part in ("+", "#") or not {"+", "#"} & set(part) for part in parts)
    return (
        bool(topic) and len(topic.encode()) < 65536 and whole and "#" not in parts[:-1] and "\0" not in topic
    )
