"""A subscription as a program writes it: JSON to what is wished, and back. Pure."""

from __future__ import annotations

import math
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from allmende.errors import RecipeInvalid
from allmende.model.subscription import (
    KINDS,
    BecomesSilent,
    BecomesSuspect,
    Comparison,
    Condition,
    Event,
    EveryValue,
    Progress,
    Receiver,
    Subscription,
    Threshold,
)
from allmende.share.told import cloud_event, iso

_MOST_NAMES = 1_000
_LONGEST_TOPIC = 200
Json = dict[str, Any]


class _EveryValue(msgspec.Struct, tag="every_value", tag_field="kind", forbid_unknown_fields=True):
    """`{"kind": "every_value"}`."""

    def condition(self) -> Condition:
        return EveryValue()


class _Threshold(msgspec.Struct, tag="threshold", tag_field="kind", forbid_unknown_fields=True):
    """`{"kind": "threshold", "compare": "below", "value": 10, "until": 12, "seconds": 600}`."""

    compare: Literal[Comparison]
    value: float | str | bool
    until: float | None = None
    seconds: float = 0.0
    doubted: bool = False

    def condition(self) -> Condition:
        numbers = [n for n in (self.value, self.until, self.seconds) if isinstance(n, float)]
        if not all(map(math.isfinite, numbers)) or self.seconds < 0:
            raise ValueError("numbers have to be finite, and `seconds` not below 0")
        return Threshold(self.compare, self.value, self.until, self.seconds, self.doubted)


class _BecomesSuspect(msgspec.Struct, tag="becomes_suspect", tag_field="kind", forbid_unknown_fields=True):
    """`{"kind": "becomes_suspect"}`."""

    def condition(self) -> Condition:
        return BecomesSuspect()


class _BecomesSilent(msgspec.Struct, tag="becomes_silent", tag_field="kind", forbid_unknown_fields=True):
    """`{"kind": "becomes_silent", "seconds": 3600}`."""

    seconds: float | None = None

    def condition(self) -> Condition:
        if self.seconds is not None and not 0 < self.seconds < 1e9:
            raise ValueError("`seconds` has to be above 0")
        return BecomesSilent(self.seconds)


class Wished(msgspec.Struct, forbid_unknown_fields=True):
    """What a program posts; see docs/howto/get-told.md."""

    when: _EveryValue | _Threshold | _BecomesSuspect | _BecomesSilent
    datastreams: tuple[int | str, ...] = ()
    things: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    webhook: str = ""
    secret: str = ""
    topic: str = ""
    title: str = ""

    def condition(self) -> Condition:
        """What is waited for. Raises RecipeInvalid for a condition that makes no sense."""
        try:
            return self.when.condition()
        except ValueError as error:
            raise RecipeInvalid(str(error), where="when") from None


_DECODER = msgspec.json.Decoder(Wished)


def parse_wished(body: bytes) -> Wished:
    """The wish in a body. Raises RecipeInvalid, naming the field."""
    try:
        wished = _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecipeInvalid(f"the subscription cannot be read: {error}") from error
    if sum(map(len, (wished.datastreams, wished.things, wished.properties))) > _MOST_NAMES:
        raise RecipeInvalid(f"more than {_MOST_NAMES} names", hint="Name things with a * or a property.")
    if len(wished.title) > _LONGEST_TOPIC:
        raise RecipeInvalid(f"the title is longer than {_LONGEST_TOPIC} characters", where="title")
    if bool(wished.webhook) == bool(wished.topic):
        raise RecipeInvalid("it needs a webhook or a topic, and not both", where="webhook")
    if wished.topic:
        check_topic(wished.topic)
    else:
        check_address(wished.webhook)
    return wished


def check_topic(topic: str) -> None:
    """A topic to publish on: no wildcards, no control characters, not too long. Raises RecipeInvalid."""
    plain = topic.isprintable() and not any(mark in topic for mark in "+#$\\") and topic.strip("/ ") == topic
    if not plain or not 1 <= len(topic.encode()) <= _LONGEST_TOPIC:
        raise RecipeInvalid(
            "this is no topic to publish on", where="topic", hint="Write it like water/alarm."
        )


def check_address(address: str) -> None:
    """An address to post to: http or https, with a host and without a password. Raises RecipeInvalid.

    Whether it lies in a private network is looked at whenever something is sent.
    """
    try:
        parts = urlsplit(address)
        good = (
            parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.password
        )
    except ValueError:
        good = False
    if not good or len(address) > 2_000 or not address.isprintable():
        hint = "Write https://hooks.example.org/allmende, without a password."
        raise RecipeInvalid("this is no address to post to", where="webhook", hint=hint)


def shape_subscription(subscription: Subscription, progress: Progress | None = None) -> Json:
    """A subscription for its owner; its secret is not in it."""
    to = subscription.to
    when = msgspec.to_builtins(subscription.condition)
    return {
        "id": subscription.id,
        "title": subscription.title,
        "datastreams": list(subscription.interest.datastreams),
        "things": list(subscription.interest.things),
        "properties": list(subscription.interest.properties),
        "when": {"kind": KINDS[type(subscription.condition)], **when},
        **({"webhook": to.address} if isinstance(to, Receiver) else {"topic": to.name}),
        "created": subscription.created.isoformat().replace("+00:00", "Z"),
        **(shape_progress(progress) if progress else {}),
    }


def shape_progress(progress: Progress) -> Json:
    """How it is doing. What was withheld is not counted here: the number would tell of closed series."""
    return {
        "waiting": progress.waiting,
        "told": progress.told,
        "given_up": progress.given_up,
        "failures": progress.failures,
        "reason": progress.reason,
        "next_try": iso(progress.next_try),
    }


def shape_given_up(subscription: Subscription, event: Event) -> Json:
    """An event that nobody tries any more: as it would have been sent, with the reason."""
    return {
        "number": event.id,
        "attempts": event.attempts,
        "reason": event.reason,
        "event": cloud_event(subscription, event),
    }
