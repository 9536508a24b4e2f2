"""The way in called `http`: observations that name their datastream, pushed to `/api/v1/observations`."""

from __future__ import annotations

import json

from allmende.collect.pushed import Pushed, parse_pushed
from allmende.flow.datastreams import Datastreams
from allmende.model.message import Arrival, Message
from allmende.model.observation import Observation, microseconds, result_of
from allmende.model.source import Rejected

HTTP = "http"


class Pushes:
    """Interprets pushed bodies against the datastreams that exist."""

    def __init__(self, datastreams: Datastreams) -> None:
        self._datastreams = datastreams

    def __call__(self, message: Message) -> Arrival:
        """The values that can be stored; the others are rejected with reasons. Raises Unreadable."""
        pushing = parse_pushed(message.payload, message.media_type)
        rows, rejected = list[Observation](), list(pushing.rejected)
        received = microseconds(message.received_at)
        for line, value in zip(pushing.lines, pushing.values, strict=True):
            stream = self._datastreams.find(value.datastream)
            if stream is None:
                rejected.append(_unknown(line, value))
            else:
                rows.append(observation_of(stream.id, value, received))
        if rows or not rejected:
            return Arrival(rows, message, "stored", _summary(rejected), rejected=tuple(rejected))
        return Arrival([], message, "quarantined", _summary(rejected), rejected=tuple(rejected))


def observation_of(datastream_id: int, value: Pushed, received: int) -> Observation:
    """The row of a pushed value; without a time it was measured when it was received."""
    number, text = result_of(value.result)
    return Observation(
        datastream_id,
        received if value.phenomenon_time is None else microseconds(value.phenomenon_time),
        0,
        1,
        None if value.phenomenon_end is None else microseconds(value.phenomenon_end),
        None if value.result_time is None else microseconds(value.result_time),
        number,
        text,
    )


def _unknown(line: int, value: Pushed) -> Rejected:
    return Rejected(
        line, "datastream", f"there is no datastream {value.datastream!r}", json.dumps(value.result)[:200]
    )


def _summary(rejected: list[Rejected]) -> str:
    if not rejected:
        return ""
    first = rejected[0]
    return f"{len(rejected)} not taken; the first: line {first.row}: {first.reason}"
