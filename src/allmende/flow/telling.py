"""Telling one subscription what waits for it, in order, until all is told or something fails.

What was sent is marked afterwards: a crash in between sends it again, with the same id.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from allmende.errors import AllmendeError, NotAllowed, NotFound, SourceRefused, SourceUnreachable
from allmende.flow.patience import SECOND, Patience
from allmende.model.access import ANONYMOUS, Principal
from allmende.model.subscription import Event, Subscription, Topic
from allmende.ports import Publisher, Sender, Subscriptions
from allmende.share.signatures import sign
from allmende.share.told import cloud_event, event_id

_log = logging.getLogger(__name__)
TOPICS = "allmende/events/"
_AT_ONCE = 50
_MARK_AFTER = 1.0
HOLD = 30.0
_OLD = 1_000
Readable = Callable[[Principal, frozenset[int]], frozenset[int]]
PrincipalOf = Callable[[str], Principal]


def now() -> int:
    """The moment, in microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class _Turn:
    """One subscription's turn: what has been done but not marked yet."""

    subscription: Subscription
    told: list[int] = field(default_factory=list)
    marked: float = field(default_factory=time.monotonic)


class Teller:
    """Tells subscriptions; one turn each at a time, whatever process takes it.

    `readable` and `principal_of` are the gate's: what the subscriber's key may read now.
    """

    def __init__(
        self,
        store: Subscriptions,
        readable: Readable,
        principal_of: PrincipalOf,
        sender: Sender | None,
        publisher: Publisher | None,
        patience: Patience,
        holder: str,
    ) -> None:
        self._store = store
        self._readable = readable
        self._principal_of = principal_of
        self._sender = sender
        self._publisher = publisher
        self._patience = patience
        self._holder = holder
        self.stopping = False

    def tell(self, subscription_id: str) -> None:
        """Tell what waits, unless another process does."""
        if not self._hold(subscription_id):
            return
        try:
            self._tell(_Turn(self._store.get(subscription_id)))
        except NotFound:
            return  # it was removed meanwhile
        finally:
            self._store.release(subscription_id, self._holder)

    def _hold(self, subscription_id: str) -> bool:
        moment = now()
        return self._store.hold(subscription_id, self._holder, moment, moment + int(HOLD * SECOND))

    def _tell(self, turn: _Turn) -> None:
        id_ = turn.subscription.id
        going = True
        while going and not self.stopping and self._hold(id_):
            events = self._store.waiting(id_, _AT_ONCE)
            going = bool(events) and self._tell_events(turn, events)

    def _tell_events(self, turn: _Turn, events: Sequence[Event]) -> bool:
        """True when the next ones can be told."""
        try:
            principal = self._principal(turn.subscription)
        except NotAllowed as error:
            self._store.give_up(turn.subscription.id, [event.id for event in events], str(error))
            return True
        readable = self._readable(principal, frozenset(event.observation.datastream_id for event in events))
        withheld = [event.id for event in events if event.observation.datastream_id not in readable]
        if withheld:
            self._store.settle(turn.subscription.id, (), withheld)
        for event in events:
            if event.observation.datastream_id in readable and not self._tell_event(turn, event):
                return False
        self._mark(turn)
        return True

    def _principal(self, subscription: Subscription) -> Principal:
        """Whose eyes count. What others on the way or at the broker can read carries open data only."""
        principal = self._principal_of(subscription.key_id)
        to = subscription.to
        legible = isinstance(to, Topic) or not to.address.startswith("https://")
        return ANONYMOUS if legible else principal

    def _tell_event(self, turn: _Turn, event: Event) -> bool:
        """True when the next one can be told: this one was, or was given up."""
        try:
            self._send(turn.subscription, event)
        except SourceRefused as error:
            self._mark(turn)
            return self._refused(event, error)
        except SourceUnreachable as error:
            self._mark(turn)
            return self._failed(event, error)
        turn.told.append(event.id)
        if time.monotonic() - turn.marked > _MARK_AFTER:
            self._mark(turn)
            return not self.stopping and self._hold(turn.subscription.id)
        return True

    def _send(self, subscription: Subscription, event: Event) -> None:
        body = msgspec.json.encode(cloud_event(subscription, event))
        if isinstance(subscription.to, Topic):
            if self._publisher is None:
                raise SourceUnreachable(
                    "no broker to publish on is named", hint="Set ALLMENDE_PUBLISH_BROKER."
                )
            self._publisher.publish([(TOPICS + subscription.to.name, body)])
            return
        if self._sender is None:
            raise SourceUnreachable("this process does not post")
        headers = sign(subscription.to.secret, event_id(event), int(time.time()), body)
        headers["content-type"] = "application/cloudevents+json"
        self._sender.send(subscription.to.address, body, headers)

    def _mark(self, turn: _Turn) -> None:
        if turn.told:
            self._store.settle(turn.subscription.id, turn.told)
        turn.told, turn.marked = [], time.monotonic()

    def _refused(self, event: Event, error: AllmendeError) -> bool:
        if event.attempts + 1 >= self._patience.refusals:
            self._store.give_up(event.subscription_id, [event.id], str(error))
            return True
        self._postpone(event, error, event.attempts + 1)
        return False

    def _failed(self, event: Event, error: AllmendeError) -> bool:
        moment = now()
        if event.attempts and self._patience.is_over(event.waits_since, moment):
            waiting = self._store.waiting(event.subscription_id, _OLD)
            old = [one.id for one in waiting if self._patience.is_over(one.waits_since, moment)]
            self._store.give_up(event.subscription_id, old, str(error))
        self._postpone(event, error, self._store.progress(event.subscription_id).failures + 1)
        return False

    def _postpone(self, event: Event, error: AllmendeError, failures: int) -> None:
        pause = self._patience.pause(failures)
        _log.info("subscription %s waits %.0f s: %s", event.subscription_id, pause, error)
        self._store.postpone(event, str(error), now() + int(pause * SECOND))
