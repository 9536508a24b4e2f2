"""The gate of subscriptions: who may make them, see them and end them.

A key sees its own subscriptions only; another's are like none. What a subscription tells is decided
when it is told, by what its key may read then.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from allmende.errors import NotAllowed, NotFound, RecipeInvalid
from allmende.model.access import Principal
from allmende.model.subscription import Event, Interest, Progress, Receiver, Subscription, Topic
from allmende.ports import Subscriptions
from allmende.share.reads import Reads
from allmende.share.signatures import is_secret, make_secret
from allmende.share.subscription_bodies import Wished

MOST = 100
"""Subscriptions of one key."""
_COUNTED = 1_000


class Subscribing:
    """Subscriptions of whoever asks."""

    def __init__(self, subscriptions: Subscriptions, reads: Reads) -> None:
        self._subscriptions = subscriptions
        self._reads = reads

    def add(self, principal: Principal, wished: Wished, now: datetime) -> Subscription:
        """Make a subscription. Raises NotAllowed, NotFound for an unknown datastream, RecipeInvalid."""
        if len(self.all(principal)) >= MOST:
            raise RecipeInvalid(f"this key has {MOST} subscriptions already", hint="Delete some of them.")
        return self.make(principal, wished, now)

    def make(self, principal: Principal, wished: Wished, now: datetime) -> Subscription:
        """The same for the operator, who may make one for anybody. Raises NotFound, RecipeInvalid."""
        names = [str(name) for name in wished.datastreams]
        streams = self._reads.followed(principal, names, Interest()) if names else frozenset[int]()
        made = Subscription(
            secrets.token_hex(8),
            Interest(tuple(sorted(streams)), wished.things, wished.properties),
            wished.condition(),
            _to(wished),
            now,
            principal.key_id,
            wished.title,
        )
        self._subscriptions.add(made)
        return made

    def all(self, principal: Principal) -> tuple[Subscription, ...]:
        """The subscriptions of this key, oldest first. Raises NotAllowed."""
        if not principal.may_write("subscriptions"):
            raise NotAllowed(
                "subscriptions need a key",
                hint="`allmende key CITY make --name NAME --scope write:subscriptions`",
            )
        return tuple(one for one in self._subscriptions.all() if one.key_id == principal.key_id)

    def one(self, principal: Principal, subscription_id: str) -> Subscription:
        """That subscription; NotFound when this key has none like it."""
        found = next((one for one in self.all(principal) if one.id == subscription_id), None)
        if found is None:
            raise NotFound("there is no such subscription", where=subscription_id)
        return found

    def progress(self, principal: Principal, subscription: Subscription) -> Progress:
        """How it is doing; only events of what the key may read are counted (up to a thousand each)."""
        found = self._subscriptions.progress(subscription.id)
        waiting = self._seen(principal, self._subscriptions.waiting(subscription.id, _COUNTED))
        given_up = self._seen(principal, self._subscriptions.given_up(subscription.id, 0, _COUNTED))
        return replace(found, waiting=len(waiting), given_up=len(given_up), withheld=0)

    def remove(self, principal: Principal, subscription_id: str) -> None:
        """End it, with everything that waits for it."""
        self._subscriptions.remove(self.one(principal, subscription_id).id)

    def given_up(self, principal: Principal, subscription: Subscription, after: int) -> tuple[Event, ...]:
        """Events that nobody tries any more, of what the key may read now."""
        return self._seen(principal, self._subscriptions.given_up(subscription.id, after))

    def retry(self, principal: Principal, subscription_id: str, numbers: Collection[int] | None) -> int:
        """Try events that were given up (all, or these) again; returns how many."""
        return self._subscriptions.retry(self.one(principal, subscription_id).id, numbers)

    def backlog(self) -> tuple[int, int]:
        """How many events of all subscriptions wait, and how many were given up; for the operator."""
        return self._subscriptions.backlog()

    def _seen(self, principal: Principal, events: Collection[Event]) -> tuple[Event, ...]:
        ids = frozenset(event.observation.datastream_id for event in events)
        readable = self._reads.readable(principal, ids) if ids else ids
        return tuple(event for event in events if event.observation.datastream_id in readable)


def _to(wished: Wished) -> Receiver | Topic:
    if wished.topic:
        return Topic(wished.topic)
    secret = wished.secret or make_secret()
    if not is_secret(secret):
        hint = "Leave it out and one is made, or write whsec_ and 24 to 64 bytes in base64."
        raise RecipeInvalid("this secret cannot sign", where="secret", hint=hint)
    return Receiver(wished.webhook, secret)
