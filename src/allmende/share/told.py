"""Observations and events as programs are told of them: in a stream, by webhook and over MQTT."""

from __future__ import annotations

import json
from typing import Any

from allmende.model.observation import SUSPECT, Observation, Quality, moment
from allmende.model.subscription import Event, Subscription

_FLAGS = {flag: (flag.name or "").lower() for flag in Quality if flag}


def told(row: Observation) -> dict[str, Any]:
    """Its fields: times in ISO 8601 (UTC), the result as it came, flags by name, unknown as null.

    `suspect` is true when one of the flags makes the value suspect.
    """
    return {
        "id": row.id,
        "revision": row.revision,
        "datastream": row.datastream_id,
        "phenomenon_time": iso(row.phenomenon_time),
        "phenomenon_end": iso(row.phenomenon_end),
        "result_time": iso(row.result_time),
        "result": row.number if row.value is None else json.loads(row.value),
        "flags": [name for flag, name in _FLAGS.items() if row.flags & flag],
        "suspect": bool(row.flags & SUSPECT),
        "recorded_at": iso(row.recorded_at),
    }


def event_id(event: Event) -> str:
    """The same for each attempt to tell an event, and for no other event: who knows it need not take it."""
    return f"{event.subscription_id}-{event.id}"


def cloud_event(subscription: Subscription, event: Event) -> dict[str, Any]:
    """An event in the form of CloudEvents 1.0 (CNCF, JSON format): the same at each attempt."""
    return {
        "specversion": "1.0",
        "id": event_id(event),
        "source": f"/api/v1/subscriptions/{subscription.id}",
        "type": f"allmende.{event.kind}",
        "subject": f"datastreams/{event.observation.datastream_id}",
        "time": iso(event.happened),
        "datacontenttype": "application/json",
        "data": {"kind": event.kind, "title": subscription.title, "observation": told(event.observation)},
    }


def iso(microseconds: int | None) -> str | None:
    """A time as text, in UTC with a Z; None stays None."""
    if microseconds is None:
        return None
    return moment(microseconds).isoformat().replace("+00:00", "Z")
