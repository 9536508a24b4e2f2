"""Datastreams by number or key, remembered: every value that comes in asks for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from allmende.model.thing import Datastream
from allmende.ports import Things

_SECONDS = 1.0  # so often at most the store is asked for datastreams that it did not have


class Datastreams:
    """Remembers every datastream of the store.

    What another process adds is found when it is asked for; what it changes is seen after
    `forget`, or a minute later.
    """

    def __init__(self, things: Things, seconds: float = 60.0) -> None:
        self._things = things
        self._seconds = seconds
        self._by_id: dict[int, Datastream] = {}
        self._by_key: dict[str, Datastream] = {}
        self._until = 0.0
        self._missed: dict[int | str, float] = {}
        self._lock = threading.Lock()
        self._told: list[Callable[[Iterable[int] | None], None]] = []

    def tell(self, listener: Callable[[Iterable[int] | None], None]) -> None:
        """Tell `listener` which datastreams (None: any) are to be read again."""
        self._told.append(listener)

    def find(self, name: int | str) -> Datastream | None:
        """The datastream with this id or key; None when there is none."""
        if time.monotonic() >= self._until:
            self._load()
        found = self._look(name)
        if found is None and self._may_ask(name):
            self._load()
            found = self._look(name)
        return found

    def all(self) -> tuple[Datastream, ...]:
        """Every datastream, by id."""
        if time.monotonic() >= self._until:
            self._load()
        return tuple(self._by_id.values())

    def forget(self, ids: Iterable[int] | None = None) -> None:
        """Read them again at the next question."""
        self._until = 0.0
        self._missed.clear()
        known = None if ids is None else tuple(ids)
        for listener in self._told:
            listener(known)

    def learn(self, streams: Sequence[Datastream]) -> None:
        """These were made or changed just now by this process: no need to read all of them again."""
        with self._lock:
            self._by_id |= {stream.id: stream for stream in streams}
            self._by_key |= {stream.key: stream for stream in streams if stream.key}
        for stream in streams:
            self._missed.pop(stream.key or stream.id, None)
        for listener in self._told:
            listener([stream.id for stream in streams])

    def _look(self, name: int | str) -> Datastream | None:
        return self._by_id.get(name) if isinstance(name, int) else self._by_key.get(name)

    def _may_ask(self, name: int | str) -> bool:
        """A producer that names a datastream which does not exist must not make us read all of them."""
        now = time.monotonic()
        if len(self._missed) > 10_000:
            self._missed.clear()
        if self._missed.get(name, 0.0) > now:
            return False
        self._missed[name] = now + _SECONDS
        return True

    def _load(self) -> None:
        with self._lock:
            found: tuple[Datastream, ...] = self._things.several("datastream")
            self._by_id = {stream.id: stream for stream in found}
            self._by_key = {stream.key: stream for stream in found if stream.key}
            self._until = time.monotonic() + self._seconds
