"""New observations on the standard's MQTT topics (OGC 18-088, requirement `receive-updates-via-mqtt`).

Each goes to the collection of its datastream and to the collection of all. Payloads are those of the
service; they have a self link, by which the service knows its own messages when they come back to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from allmende.model.observation import Observation
from allmende.standards.sensorthings.shape import observations_text, row_of

ROOT = "/sta/v1.1"
TOPICS = "v1.1"


def messages_of(rows: Sequence[Observation], multi: Collection[int]) -> list[tuple[str, bytes]]:
    """Topic and payload for observations; `multi` are the datastreams with several properties."""
    return [message for row in rows for message in _messages(row, row.datastream_id in multi)]


def _messages(row: Observation, multi: bool) -> tuple[tuple[str, bytes], ...]:
    stream, streams = ("MultiDatastream", "MultiDatastreams") if multi else ("Datastream", "Datastreams")
    payload = observations_text(ROOT, [row_of(row)], stream)[1:-1]
    return (
        (f"{TOPICS}/{streams}({row.datastream_id})/Observations", payload),
        (f"{TOPICS}/Observations", payload),
    )
