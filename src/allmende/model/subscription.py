"""Who wants to be told of what: subscriptions, their conditions, and the events that come of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from allmende.model.observation import Observation

EventKind = Literal["observation", "correction", "began", "ended"]
"""A value, a corrected value, the beginning of what was waited for, and its end."""
Comparison = Literal["above", "at_least", "below", "at_most", "equal", "other_than"]
_RISING = ("above", "at_least")
_FALLING = ("below", "at_most")


@dataclass(frozen=True, slots=True)
class Described:
    """What a datastream belongs to, by the names that subscriptions use: keys, or numbers as text."""

    datastream_id: int
    thing: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interest:
    """Which datastreams a subscription is about: those that fit every part that is given.

    `things` are keys of things, where a * at the end stands for any rest; `properties` are keys of
    observed properties. Nothing given means every datastream that the subscriber may read.
    """

    datastreams: tuple[int, ...] = ()
    things: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    def takes(self, described: Described) -> bool:
        """Is the datastream one of them?"""
        return (
            (not self.datastreams or described.datastream_id in self.datastreams)
            and (not self.things or any(_fits(pattern, described.thing) for pattern in self.things))
            and (not self.properties or any(name in self.properties for name in described.properties))
        )


@dataclass(frozen=True, slots=True)
class EveryValue:
    """Each new value, and each correction."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Tells when values begin to fulfil a comparison, and when they end to.

    It begins when the comparison with `value` has held for `seconds` of phenomenon time. It ends with
    the first value that is back beyond `until` (by default `value` itself): the distance between the
    two is the hysteresis that keeps a value at the edge from telling again and again. Values that are
    doubted neither begin nor end anything unless `doubted` is set.
    """

    compare: Comparison
    value: float | str | bool
    until: float | None = None
    seconds: float = 0.0
    doubted: bool = False

    def __post_init__(self) -> None:
        numeric = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if self.compare in (*_RISING, *_FALLING) and not numeric:
            raise ValueError(f"{self.compare} compares numbers, not {self.value!r}")
        if self.until is None:
            return
        if not numeric or not isinstance(self.value, int | float):
            raise ValueError("`until` is for comparisons with a number")
        if self.compare in _RISING and self.until > self.value:
            raise ValueError("`until` must not be above `value`: what rose ends below it")
        if self.compare in _FALLING and self.until < self.value:
            raise ValueError("`until` must not be below `value`: what fell ends above it")
        if self.compare not in (*_RISING, *_FALLING):
            raise ValueError("`until` is for above, at_least, below and at_most")


@dataclass(frozen=True, slots=True)
class BecomesSuspect:
    """Tells when a datastream's values begin to be suspect, and when they are credible again."""


@dataclass(frozen=True, slots=True)
class BecomesSilent:
    """Tells when a datastream stops to speak, and when it speaks again.

    Without `seconds` a datastream is silent when its own limits, or its habit, say so.
    """

    seconds: float | None = None


Condition = EveryValue | Threshold | BecomesSuspect | BecomesSilent
CONDITIONS: dict[str, type[Condition]] = {
    "every_value": EveryValue,
    "threshold": Threshold,
    "becomes_suspect": BecomesSuspect,
    "becomes_silent": BecomesSilent,
}
"""Kinds of conditions by the names that are kept and written."""
KINDS = {class_: name for name, class_ in CONDITIONS.items()}


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address that is sent a signed POST for each event. `secret` is known to both sides."""

    address: str
    secret: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the city's broker, below `allmende/events/`. Only open datastreams are told there."""

    name: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """The wish to be told. What is told is what the key `key_id` may read at that moment.

    `key_id` is empty for what nobody's key made; it then tells of open data only. `title` is for people.
    """

    id: str
    interest: Interest
    condition: Condition
    to: Receiver | Topic
    created: datetime
    key_id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a condition has come for one datastream, kept from value to value.

    `holds` is true between beginning and end. `since` is the phenomenon time at which the comparison
    began to hold, None while it does not. `seen` is the newest phenomenon time that was looked at;
    older values, which come late, change nothing. Times are microseconds since 1970.
    """

    holds: bool = False
    since: int | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell one subscriber: the observation as it was when it happened.

    `id` grows within a subscription in the order of events. An event that began or ended by silence
    carries the last value there was. `attempts` and `reason` say how often and why it could not be
    told. `happened` is when it was recorded, `waits_since` since when somebody tries to tell it: the
    same, or later when it was given up and is tried again. Both are microseconds since 1970.
    """

    id: int
    subscription_id: str
    kind: EventKind
    observation: Observation
    happened: int
    waits_since: int
    attempts: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a subscription is doing: how many events wait, were told, were given up, were withheld.

    `withheld` counts events of datastreams that the key might not read when it was their turn.
    `failures` counts attempts in a row that failed, `reason` is why the last did, and `next_try`
    the time of the next (microseconds since 1970, None when nothing is to be waited for).
    """

    waiting: int = 0
    told: int = 0
    given_up: int = 0
    withheld: int = 0
    failures: int = 0
    reason: str = ""
    next_try: int | None = None


def _fits(pattern: str, key: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern


def needs_standing(condition: Condition) -> bool:
    """Does this condition have to remember anything between two values?"""
    return not isinstance(condition, EveryValue)
