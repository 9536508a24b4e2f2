"""Musterstadt's sensors without a broker: their messages go straight into the store, for tests and pictures."""

from __future__ import annotations

from datetime import UTC, datetime

from allmende.flow.workspace import Workspace
from allmende.model.message import Accepted, Message
from allmende.testing.musterstadt.demo import gateway
from allmende.testing.musterstadt.sensors import Device, backlog, devices, uplink
from allmende.testing.musterstadt.truth import Truth

WAY = "radio"
_AT_ONCE = 200


def fill(workspace: Workspace, days: int, now: datetime) -> int:
    """Take in what all sensors sent in the last days; returns how many messages."""
    truth = Truth()
    moments = [(at, device) for device in devices(truth) for at in backlog(truth, device, now, days)]
    moments.sort(key=lambda one: one[0])
    for start in range(0, len(moments), _AT_ONCE):
        take(workspace, moments[start : start + _AT_ONCE])
    return len(moments)


def take(workspace: Workspace, moments: list[tuple[datetime, Device]]) -> tuple[Accepted, ...]:
    """Take in one message of each device at its moment, in one transaction."""
    interpret = workspace.live.sensing.interpret(workspace.city.ways[WAY])
    sent = [uplink(Truth(), device, at, gateway()) for at, device in moments]
    received = datetime.now(UTC)
    arrivals = [interpret(Message(WAY, one.payload, received, one.topic)) for one in sent]
    return workspace.store.observations.append(arrivals)
