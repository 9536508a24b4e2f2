"""A process that writes, corrects, deletes and moves, and is killed at a step of the mover. Run by its test.

python history_worker.py URL FOLDER KILL_AT: every step of the mover is counted, and at the KILL_AT-th
one the process kills itself (0: never). What is about to be done and what is acknowledged is printed,
so that the test knows what must be there afterwards.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from allmende.engine.series import SeriesReader
from allmende.flow.mover import Mover
from allmende.lake import history as lake
from allmende.lake.history import History
from allmende.model.message import Arrival, Change, Message
from allmende.model.observation import Observation, microseconds
from allmende.model.series import Wanted
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock

MINUTE = 60_000_000
START = datetime(2026, 5, 30, tzinfo=UTC)
_said = threading.Lock()


def say(*words: object) -> None:
    """One line for the test, at once."""
    with _said:
        sys.stdout.write(" ".join(map(str, words)) + "\n")
        sys.stdout.flush()


class Steps:
    """Counts the steps of the mover, and kills the process at one of them."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed = 0

    def step(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Count before and after a method."""
        inner: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.step()
            result = inner(*arguments, **named)
            self.step()
            return result

        setattr(owner, name, counted)


class Writer:
    """Writes to two datastreams; in the first nothing is ever corrected or deleted."""

    def __init__(self, store: SqlStore, streams: list[int]) -> None:
        self.store, self.streams = store, streams
        self.time = microseconds(START) + (store.observations.newest_id() or 0) * MINUTE
        self.number = 0

    def add(self, stream: int) -> int:
        """One value; its number."""
        self.time += 7 * MINUTE
        self.number += 1
        message = Message("way", b"1", START, key=f"{os.getpid()}-{self.number}")
        arrival = Arrival([Observation(stream, self.time, 0, number=1.0)], message)
        id_ = self.store.observations.append([arrival])[0].observation_ids[0]
        say("added", stream, id_)
        return id_

    def correct(self, id_: int, number: float) -> None:
        say("correcting", id_, number)
        self.store.observations.change(Change(id_, lambda row: _with(row, number)))
        say("corrected", id_, number)

    def delete(self, id_: int) -> None:
        say("deleting", id_)
        self.store.observations.change(Change(id_, lambda row: None))
        say("deleted", id_)

    def keep_on(self, stopped: threading.Event) -> None:
        """Write, correct and delete while the mover is at work."""
        while not stopped.is_set():
            self.add(self.streams[0])
            first, second = self.add(self.streams[1]), self.add(self.streams[1])
            self.correct(first, 2.0)
            self.delete(second)
            stopped.wait(0.02)  # enough to race with, without leaving thousands of rows to the next life


def _with(row: Observation, number: float) -> Observation:
    row.number = number
    return row


def old_ones(reader: SeriesReader, stream: int) -> list[int]:
    """Some values that may have been moved long ago."""
    return [row[2] for row in reader.read(Wanted(frozenset({stream}), top=10_000))][-4:]


def main(url: str, folder: Path, kill_at: int) -> None:
    """One life of the process."""
    store = SqlStore.open(url)
    history = History(folder)
    reader = SeriesReader(store, history)
    store.observations.current, store.observations.edges = reader.observation, reader.ends
    streams = [stream.id for stream in store.things.several("datastream")]
    writer = Writer(store, streams)
    for _ in range(6):
        for stream in streams:
            writer.add(stream)
    old = old_ones(reader, streams[1])
    writer.correct(old[0], 3.0)
    writer.delete(old[1])
    steps, moves = Steps(kill_at), Moves(store.engine)
    for owner, names in (
        (moves, ("begin", "finish", "cancel", "fold")),
        (history, ("write", "commit", "replace", "clean")),
        (lake._Table, ("commit", "sync")),
    ):
        for name in names:
            steps.around(owner, name)
    stopped = threading.Event()
    writing = threading.Thread(target=writer.keep_on, args=(stopped,))
    writing.start()
    newest = datetime.fromtimestamp(writer.time // 1_000_000, UTC)
    try:
        Mover(moves, history, FixedClock(newest), timedelta(minutes=20)).run(5 if kill_at else 1_000)
    finally:
        stopped.set()
        writing.join()
    say("steps", steps.passed)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
