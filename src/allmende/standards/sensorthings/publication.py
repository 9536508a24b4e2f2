"""New observations on the standard's MQTT topics (OGC 18-088, requirement `receive-updates-via-mqtt`).

Each goes to the collection of its datastream, of its feature if it has one, and of all; a corrected one
to its own topic too. Payloads are those of the service; they have a self link, by which the service knows
its own messages when they come back to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from allmende.model.observation import Observation
from allmende.standards.sensorthings.columns import Columns
from allmende.standards.sensorthings.shape import row_of

ROOT = "/sta/v1.1"
TOPICS = "v1.1"


def messages_of(rows: Sequence[Observation], multi: Collection[int]) -> list[tuple[str, bytes]]:
    """Topic and payload for observations; `multi` are the datastreams with several properties."""
    return [message for row in rows for message in _messages(row, row.datastream_id in multi)]


def _messages(row: Observation, multi: bool) -> list[tuple[str, bytes]]:
    stream, streams = ("MultiDatastream", "MultiDatastreams") if multi else ("Datastream", "Datastreams")
    topics = [f"{streams}({row.datastream_id})/Observations", "Observations"]
    if row.feature_id is not None:
        topics.append(f"FeaturesOfInterest({row.feature_id})/Observations")
    if row.revision > 1:
        topics.append(f"Observations({row.id})")
    payload = Columns([row_of(row)]).json(ROOT, stream)[1:-1]
    return [(f"{TOPICS}/{topic}", payload) for topic in topics]
