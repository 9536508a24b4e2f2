"""Telling of series that fell silent: no value comes, so the clock has to look."""

from __future__ import annotations

from collections.abc import Mapping

from allmende.catalogue.series_trust import SECOND, judge_series, read_limits
from allmende.model.observation import Latest
from allmende.model.subscription import BecomesSilent, Described, Subscription
from allmende.model.thing import Datastream
from allmende.ports import Store


def tell_silence(store: Store, now: int) -> int:
    """Write the events of series that fell silent since the last look; returns how many.

    `now` is in microseconds since 1970. Any number of processes may do it: each silence is told once.
    """
    waiting = [one for one in store.subscriptions.all() if isinstance(one.condition, BecomesSilent)]
    if not waiting:
        return 0
    described = store.subscriptions.described()
    return sum(_tell(store, subscription, described, now) for subscription in waiting)


def _tell(store: Store, subscription: Subscription, described: tuple[Described, ...], now: int) -> int:
    known = store.subscriptions.silent(subscription.id)
    taken = [one.datastream_id for one in described if subscription.interest.takes(one)]
    latest = store.observations.latest([id_ for id_ in taken if id_ not in known])
    streams = {one.id: one for one in store.things.several("datastream", latest)}
    return sum(
        store.subscriptions.fall_silent(subscription, id_, last)
        for id_, last in _silent(subscription.condition, latest, streams, now)
    )


def _silent(
    condition: object, latest: Mapping[int, Latest], streams: Mapping[int, Datastream], now: int
) -> list[tuple[int, int]]:
    """The series that are silent, with the time of their newest value."""
    assert isinstance(condition, BecomesSilent)
    found = []
    for id_, one in latest.items():
        if one.last_time is None or id_ not in streams:
            continue
        if condition.seconds is None:
            limits = read_limits(streams[id_].properties)
            silent = judge_series(one, limits, now).silent_since is not None
        else:
            silent = now - one.last_time > condition.seconds * SECOND
        if silent:
            found.append((id_, one.last_time))
    return found
