"""Subscriptions and events as rows, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from allmende.model.observation import Observation
from allmende.model.subscription import (
    CONDITIONS,
    KINDS,
    Event,
    Interest,
    Progress,
    Receiver,
    Subscription,
    Topic,
)
from allmende.store.observations import row_of


def subscription_row(subscription: Subscription) -> dict[str, Any]:
    """All columns of a new subscription."""
    to = subscription.to
    body = {
        "interest": asdict(subscription.interest),
        "condition": {"kind": KINDS[type(subscription.condition)], **asdict(subscription.condition)},
        "to": {"webhook": to.address} if isinstance(to, Receiver) else {"topic": to.name},
    }
    return {
        "id": subscription.id,
        "key_id": subscription.key_id,
        "title": subscription.title,
        "body": json.dumps(body, ensure_ascii=False),
        "secret": to.secret if isinstance(to, Receiver) else "",
        "created": subscription.created,
        **dict.fromkeys(("told", "given_up", "withheld", "failures", "next_try", "held_until"), 0),
        "reason": "",
        "holder": "",
    }


def subscription_of(row: Any) -> Subscription:
    """The subscription of a row."""
    body = json.loads(row.body)
    condition = dict(body["condition"])
    to = body["to"]
    return Subscription(
        row.id,
        Interest(**{name: tuple(values) for name, values in body["interest"].items()}),
        CONDITIONS[condition.pop("kind")](**condition),
        Receiver(to["webhook"], row.secret) if "webhook" in to else Topic(to["topic"]),
        row.created,
        row.key_id,
        row.title,
    )


def progress_of(row: Any, waiting: int) -> Progress:
    """How the subscription of a row is doing."""
    next_try = row.next_try if row.failures and waiting else None
    return Progress(waiting, row.told, row.given_up, row.withheld, row.failures, row.reason, next_try)


def observation_text(row: Observation) -> str:
    """An observation as the outbox keeps it."""
    return json.dumps(row_of(row))


def event_of(row: Any) -> Event:
    """The event of a row of the outbox."""
    observation = Observation(*json.loads(row.body))
    return Event(
        row.id,
        row.subscription_id,
        row.kind,
        observation,
        row.happened,
        row.waits_since,
        row.attempts,
        row.reason,
    )
