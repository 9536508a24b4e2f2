"""From time to time each sensor is held against those near it; what disagrees is doubted until it agrees."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from allmende.catalogue.doubts import doubts_of
from allmende.catalogue.series_trust import judge_series, read_limits
from allmende.errors import AllmendeError
from allmende.model.limits import Doubt
from allmende.model.message import Change
from allmende.model.observation import SUSPECT, Latest, Observation, Quality, microseconds
from allmende.model.watched import Watched
from allmende.ports import Clock, Store
from allmende.structure.quality.judge import Judge, with_doubts
from allmende.structure.quality.neighbours import Near, compare_neighbours

_log = logging.getLogger(__name__)
PAUSE = 900.0
"""Seconds between two rounds."""
_OTHERS = SUSPECT & ~Quality.NEIGHBOURS
Write = Callable[[Change], Any]


class NeighbourRounds:
    """Rounds over all datastreams whose limits name a `neighbour_difference`.

    A doubt is written into the newest value as a revision, and `judge` puts it on every value that
    follows, until a round takes it back. Rounds run in a thread of their own between `start` and `stop`.
    """

    def __init__(self, store: Store, judge: Judge, write: Write, clock: Clock, pause: float = PAUSE) -> None:
        self._store = store
        self._judge = judge
        self._write = write
        self._clock = clock
        self._pause = pause
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first round comes after the first pause."""
        self._thread = threading.Thread(target=self._work, name="neighbours", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                self.go_round()
            except AllmendeError as error:
                _log.warning("sensors could not be compared with their neighbours: %s", error)

    def go_round(self) -> dict[int, Doubt]:
        """Compare once; gives the doubts by datastream."""
        now = microseconds(self._clock.now())
        watched = [
            one for one in self._store.things.watched() if read_limits(one.properties).neighbour_difference
        ]
        latest = self._store.observations.latest([one.datastream_id for one in watched])
        found: dict[int, Doubt] = {}
        for group in groups_of(watched, latest, now).values():
            found |= compare_neighbours(group)
        for one in watched:
            self._settle(one.datastream_id, found.get(one.datastream_id), latest)
        return found

    def _settle(self, datastream: int, doubt: Doubt | None, latest: Mapping[int, Latest]) -> None:
        self._judge.watch.stand(datastream, doubt)
        newest = latest[datastream].observation if datastream in latest else None
        if newest is None or bool(newest.flags & Quality.NEIGHBOURS) == (doubt is not None):
            return
        if doubt is not None:  # what agrees again is told by its next value; the old one stays as it was
            self._write(Change(newest.id, lambda row: _doubted(row, doubt)))


def groups_of(
    watched: Iterable[Watched], latest: Mapping[int, Latest], now: int
) -> dict[tuple[str, str], Sequence[Near]]:
    """What can be compared: one property in one unit, with a place, speaking now, and not doubted otherwise."""
    groups: dict[tuple[str, str], list[Near]] = {}
    for one in watched:
        near = _near(one, latest.get(one.datastream_id), now)
        if near is not None:
            groups.setdefault((one.property_key or one.property_name, one.unit), []).append(near)
    return {name: tuple(group) for name, group in groups.items()}


def _near(one: Watched, latest: Latest | None, now: int) -> Near | None:
    newest, limits = latest.observation if latest else None, read_limits(one.properties)
    if newest is None or newest.number is None or newest.flags & _OTHERS:
        return None
    if one.longitude is None or one.latitude is None:
        return None
    if judge_series(latest, limits, now).silent_since is not None:
        return None
    return Near(
        one.datastream_id,
        one.longitude,
        one.latitude,
        newest.number,
        limits.neighbour_difference or 0.0,
        newest.number in limits.resting,
    )


def _doubted(row: Observation, doubt: Doubt) -> Observation:
    others = [one for one in doubts_of(row.extra) if one.flag is not Quality.NEIGHBOURS]
    return replace(row, flags=row.flags | Quality.NEIGHBOURS, extra=with_doubts(row.extra, [*others, doubt]))
