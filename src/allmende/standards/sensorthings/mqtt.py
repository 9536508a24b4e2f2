"""Observations created over MQTT (OGC 18-088, requirement `create-observations-via-mqtt`).

A message on `v1.1/Datastreams(1)/Observations` or `v1.1/Observations` is read as the body of a POST there. Who
may publish is decided by the broker, which the city names in its folder; nothing else can be written.
"""

from __future__ import annotations

from typing import Any

from allmende.errors import Unreadable
from allmende.model.access import Principal, WriteScope
from allmende.model.message import Arrival, Message
from allmende.share.writes import Writes
from allmende.standards.sensorthings import bodies
from allmende.standards.sensorthings.addresses import parse_address
from allmende.standards.sensorthings.publication import ROOT, TOPICS
from allmende.standards.sensorthings.write import WAY, Writer, given_by


class MqttCreation:
    """Interprets messages on the standard's topics."""

    def __init__(self, writes: Writes) -> None:
        principal = Principal("way", WAY, writes=(WriteScope("observations", WAY),))
        self._writer = Writer(writes, principal)

    def __call__(self, message: Message) -> Arrival:
        """The observation in a message; ignored when it is one of our own publications.

        Raises Unreadable for a topic that is none of the standard's, BadRequest for a bad body.
        """
        prefix, _, path = message.topic.rpartition(f"{TOPICS}/")
        target = self._writer.target(parse_address(path)) if path and not prefix.strip("/") else None
        if target is None:
            raise Unreadable(
                f"{message.topic!r} is no topic of SensorThings for new observations",
                hint=f"Publish to {TOPICS}/Datastreams(1)/Observations or {TOPICS}/Observations.",
            )
        body = bodies.parse_json(message.payload)
        if is_own(body):
            return Arrival([], message, "ignored", "this is what we published ourselves")
        return Arrival([self._writer.observation(body, given_by(target))], message)


def is_own(body: Any) -> bool:
    """Our publications have a self link below our root."""
    return isinstance(body, dict) and str(body.get("@iot.selfLink", "")).startswith(ROOT)
