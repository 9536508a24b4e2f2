"""Group commit: one thread writes, and everybody who waits shares the next write to disk."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from allmende.errors import AllmendeError, StoreBusy
from allmende.model.message import Accepted, Arrival, Change
from allmende.model.observation import Observation

_log = logging.getLogger(__name__)
_ROWS_AT_ONCE = 20_000
_ARRIVALS_AT_ONCE = 2_000
Listener = Callable[[Sequence[Observation]], None]


class Written(Protocol):
    """What the writer needs of the store."""

    def append(self, arrivals: Sequence[Arrival]) -> tuple[Accepted, ...]: ...
    def change(self, change: Change) -> Observation | None: ...


class Waiting(Protocol):
    """Where an answer goes; both kinds of Future are."""

    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...
    def done(self) -> bool: ...


@dataclass(slots=True)
class _Entry:
    work: Arrival | Change
    waiting: Waiting
    loop: asyncio.AbstractEventLoop | None = None
    answer: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class Counts:
    """What the writer did since it started."""

    commits: int = 0
    observations: int = 0
    messages: int = 0
    refused: int = 0
    listeners: list[Listener] = field(default_factory=list)


class GroupWriter:
    """Writes arrivals in groups, in the order in which they came.

    `listen` adds somebody who is told of new observations after they are on disk, in the writer's
    thread: it must be quick and is not allowed to fail.
    """

    def __init__(self, store: Written) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.counts = Counts()

    def submit(self, work: Arrival | Change) -> Future[Any]:
        """Queue it; the future has the answer (Accepted or the new Observation) once it is on disk."""
        future: Future[Any] = Future()
        self._put(_Entry(work, future))
        return future

    def submit_async(self, work: Arrival | Change) -> asyncio.Future[Any]:
        """The same for a coroutine; a whole group wakes the event loop only once."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(_Entry(work, future, loop))
        return future

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of all new observations from now on."""
        self.counts.listeners.append(listener)

    def close(self) -> None:
        """Write what is queued and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _put(self, entry: _Entry) -> None:
        self._queue.put(entry)
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            group, more = self._gather(entry)
            self._write(group)
            if not more:
                return

    def _gather(self, first: _Entry) -> tuple[list[_Entry], bool]:
        """Everything that waits already, up to a bound; False when the writer is to end."""
        group, rows = [first], _rows(first)
        while rows < _ROWS_AT_ONCE and len(group) < _ARRIVALS_AT_ONCE:
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                return group, False
            group.append(entry)
            rows += _rows(entry)
        return group, True

    def _write(self, group: list[_Entry]) -> None:
        """Arrivals between two changes go together; a change stands alone, in its place."""
        together: list[_Entry] = []
        for entry in group:
            if isinstance(entry.work, Change):
                self._append(together)
                together = []
                self._change(entry, entry.work)
            else:
                together.append(entry)
        self._append(together)
        _resolve(group)

    def _append(self, entries: list[_Entry]) -> None:
        if not entries:
            return
        arrivals = [entry.work for entry in entries if isinstance(entry.work, Arrival)]
        try:
            answers = self._store.append(arrivals)
        except StoreBusy as error:
            self._refuse(entries, error)
        except Exception as error:
            self._append_alone(entries, error)
        else:
            for entry, answer in zip(entries, answers, strict=True):
                entry.answer = answer
            self._tell(arrivals, answers)

    def _append_alone(self, entries: list[_Entry], error: Exception) -> None:
        """One bad arrival must not take its neighbours along: each is tried alone."""
        if len(entries) == 1:
            if not isinstance(error, AllmendeError):
                _log.exception("an arrival could not be written", exc_info=error)
            self._refuse(entries, error)
            return
        for entry in entries:
            self._append([entry])

    def _change(self, entry: _Entry, change: Change) -> None:
        try:
            entry.answer = self._store.change(change)
        except Exception as error:
            self._refuse([entry], error)
        else:
            self.counts.commits += 1
            if entry.answer is not None:
                self._call([entry.answer])

    def _refuse(self, entries: list[_Entry], error: BaseException) -> None:
        self.counts.refused += len(entries)
        for entry in entries:
            entry.error = error

    def _tell(self, arrivals: Sequence[Arrival], answers: Sequence[Accepted]) -> None:
        rows = [
            row
            for arrival, answer in zip(arrivals, answers, strict=True)
            if not answer.repeated
            for row in arrival.observations
        ]
        self.counts.commits += 1
        self.counts.observations += len(rows)
        self.counts.messages += sum(arrival.message is not None for arrival in arrivals)
        if rows:
            self._call(rows)

    def _call(self, rows: Sequence[Observation]) -> None:
        for listener in self.counts.listeners:
            try:
                listener(rows)
            except Exception as error:
                _log.exception("a listener failed", exc_info=error)


def _rows(entry: _Entry) -> int:
    return len(entry.work.observations) if isinstance(entry.work, Arrival) else 1


def _resolve(group: Sequence[_Entry]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[_Entry]] = {}
    for entry in group:
        if entry.loop is None:
            _settle(entry)
        else:
            loops.setdefault(entry.loop, []).append(entry)
    for loop, entries in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_all, entries)
        except RuntimeError:  # the loop has ended; nobody waits any more
            _log.warning("%d answers had nobody waiting", len(entries))


def _settle_all(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        _settle(entry)


def _settle(entry: _Entry) -> None:
    if entry.waiting.done():
        return
    if entry.error is not None:
        entry.waiting.set_exception(entry.error)
    else:
        entry.waiting.set_result(entry.answer)
