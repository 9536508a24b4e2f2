"""The service that tells subscribers: wakes when something is written, tries again when it is due."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence

from allmende.flow.patience import SECOND, Patience
from allmende.flow.silence import tell_silence
from allmende.flow.telling import PrincipalOf, Readable, Teller, now
from allmende.model.observation import Observation
from allmende.ports import Publisher, Sender, Store

_log = logging.getLogger(__name__)
_TURNS = 16
_LONG = 20.0
_SHORTEST = 0.05
_LOOK_FOR_SILENCE = 60.0
_CLEAR = 3600.0
KEPT_DAYS = 30
"""So long events that were given up are kept."""
STOPPING = 5.0


class Events:
    """Tells all subscriptions, in threads of its own. Several processes may run one each."""

    def __init__(
        self,
        store: Store,
        readable: Readable,
        principal_of: PrincipalOf,
        sender: Sender | None,
        publisher: Publisher | None = None,
        *,
        patience: Patience | None = None,
        seconds: float = 1.0,
    ) -> None:
        self._store = store
        self._seconds = seconds
        holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._teller = Teller(
            store.subscriptions, readable, principal_of, sender, publisher, patience or Patience(), holder
        )
        self._woken = threading.Event()
        self._busy: dict[str, float] = {}
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._rounds = [
            _Round(_LOOK_FOR_SILENCE, lambda: tell_silence(store, now())),
            _Round(_CLEAR, lambda: store.subscriptions.clear(now() - KEPT_DAYS * 86_400 * SECOND)),
        ]

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def notice(self, _: Sequence[Observation]) -> None:
        """Something was written; for the writer's thread."""
        self._woken.set()

    def close(self) -> None:
        """End after what is being sent now; what is not told waits in the store."""
        self._teller.stopping = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(STOPPING)
        end = time.monotonic() + STOPPING
        while self._busy and time.monotonic() < end:
            time.sleep(0.02)

    def _work(self) -> None:
        while not self._teller.stopping:
            try:
                self._look()
            except Exception as error:  # the store may be gone for a minute; nothing is lost meanwhile
                _log.warning("events wait: %s", error)
                time.sleep(min(self._seconds, 1.0))
            self._woken.wait(self._seconds)
            self._woken.clear()
            time.sleep(_SHORTEST)  # what is written in quick succession is told together

    def _look(self) -> None:
        for round_ in self._rounds:
            round_.run()
        for id_ in self._store.subscriptions.due(now()):
            if id_ not in self._busy and self._quick() < _TURNS:
                self._busy[id_] = time.monotonic()
                threading.Thread(target=self._tell, args=(id_,), name=f"events-{id_}", daemon=True).start()

    def _quick(self) -> int:
        """The turns that count: a receiver that keeps us waiting takes nobody else's place."""
        since = time.monotonic() - _LONG
        return sum(started > since for started in list(self._busy.values()))

    def _tell(self, id_: str) -> None:
        try:
            self._teller.tell(id_)
        except Exception as error:
            _log.warning("subscription %s waits: %s", id_, error)
        finally:
            self._busy.pop(id_, None)
            self._woken.set()


class _Round:
    """Something to do from time to time."""

    def __init__(self, seconds: float, work: Callable[[], int]) -> None:
        self._seconds = seconds
        self._work = work
        self._next = 0.0

    def run(self) -> None:
        """Do it when it is time."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._seconds
            self._work()
