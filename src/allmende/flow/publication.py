"""Publishing new open observations on the topics of the standards, by following their ids.

How far it has come is kept in the store, so a restart or a broker that is away for a while loses
nothing that is still hot. One process publishes, whoever has the lock.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from allmende.errors import SourceUnreachable
from allmende.flow.patience import Patience
from allmende.flow.telling import Readable
from allmende.model.access import ANONYMOUS
from allmende.model.observation import Observation
from allmende.ports import Publisher, Publishes, Store

_log = logging.getLogger(__name__)
NAME = "publication"
LOCK = "publication.lock"
_AT_ONCE = 1_000
_CORRECTIONS = 1_000
_STOPPING = 12.0


class Publication:
    """Publishes in a thread of its own. Corrections are told by the process that writes, while it is on."""

    def __init__(
        self,
        store: Store,
        readable: Readable,
        publisher: Publisher,
        standards: Sequence[Publishes],
        data: Path,
        *,
        seconds: float = 1.0,
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._readable = readable
        self._publisher = publisher
        self._standards = standards
        self._lock = data / LOCK
        self._seconds = seconds
        self._patience = patience or Patience(first=1.0, longest=60.0)
        self._corrected: deque[Observation] = deque(maxlen=_CORRECTIONS)
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="publication", daemon=True)

    def start(self) -> None:
        """Begin, as soon as no other process publishes."""
        self._thread.start()

    def notice(self, rows: Sequence[Observation]) -> None:
        """Something was written; for the writer's thread."""
        self._corrected.extend(row for row in rows if row.revision > 1)
        self._woken.set()

    def close(self) -> None:
        """End after what is being published now."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(_STOPPING)

    def _work(self) -> None:
        with self._lock.open("w") as file:
            if not self._wait_for_lock(file):
                return
            failures = 0
            while not self._stopping.is_set():
                try:
                    while self.step() and not self._stopping.is_set():
                        failures = 0
                except Exception as error:  # the broker or the store is away; the next attempt goes on there
                    failures += 1
                    level = logging.WARNING if isinstance(error, SourceUnreachable) else logging.ERROR
                    _log.log(level, "publishing waits: %s", error)
                    self._stopping.wait(self._patience.pause(failures))
                self._woken.wait(self._seconds)
                self._woken.clear()

    def _wait_for_lock(self, file: IO[str]) -> bool:
        while not self._stopping.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._stopping.wait(2 * self._seconds)
            else:
                return True
        return False

    def step(self) -> bool:
        """Publish what is next; False when there was nothing. Raises SourceUnreachable."""
        reached = self._store.subscriptions.reached(NAME)
        newest = self._store.observations.newest_id()
        if reached is None:
            self._store.subscriptions.reach(NAME, newest)
            return False
        rows = self._store.observations.since(reached, None, _AT_ONCE) if newest > reached else ()
        corrected = list(self._corrected)
        if rows or corrected:
            self._publish([*rows, *corrected])
        for _ in corrected:
            self._corrected.popleft()
        if newest > reached:
            self._store.subscriptions.reach(NAME, rows[-1].id if len(rows) == _AT_ONCE else newest)
        return bool(rows)

    def _publish(self, rows: Sequence[Observation]) -> None:
        ids = frozenset(row.datastream_id for row in rows)
        streams = {one.id: one for one in self._store.things.several("datastream", ids)}
        readable = self._readable(ANONYMOUS, ids) & streams.keys()
        multi = frozenset(id_ for id_ in readable if streams[id_].multi)
        told = [row for row in rows if row.datastream_id in readable]
        for standard in self._standards:
            self._publisher.publish(standard.messages(told, multi))
