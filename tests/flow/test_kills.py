"""Killed again and again while it writes and moves: what was acknowledged is found, once.

`make test` kills five times, `make test-slow` a hundred times, on both databases.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from allmende.engine.series import SeriesReader
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.series import Wanted
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.store.thing_tables import MESSAGE_KEY
from allmende.testing.clock import FixedClock
from allmende.testing.observations_contract import small_things
from tests.postgres import Postgres, running

WRITING = """
import itertools, sys, threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.message import Arrival, Message
from allmende.model.observation import Observation, microseconds
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.store.writer import GroupWriter
from allmende.testing.clock import FixedClock

url, folder, stream, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
store = SqlStore.open(url)
writer = GroupWriter(store.observations)
numbers, lock = itertools.count(first), threading.Lock()
now = microseconds(FixedClock().now())

def write():
    while True:
        with lock:
            number = next(numbers)
            print("sent", number, flush=True)
        row = Observation(stream, now - number * 1_000_000, 0, number=float(number))
        message = Message("test", str(number).encode(), datetime.now(UTC), key=str(number))
        writer.submit(Arrival([row], message)).result()
        with lock:
            print("acknowledged", number, flush=True)

for _ in range(8):
    threading.Thread(target=write, daemon=True).start()
mover = Mover(Moves(store.engine), History(folder / "history"), FixedClock(), hot=timedelta(seconds=5))
while True:
    mover.run(at_once=200)
"""


class Killed:
    """What a hundred short lives wrote: sent and acknowledged numbers."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        store = SqlStore.open(url)
        self.stream = small_things(store)["datastream"].id
        store.close()
        self.sent: set[int] = set()
        self.acknowledged: set[int] = set()

    def live(self, seconds: float) -> None:
        """Write and move for a while, then be killed without a word."""
        first = max(self.sent, default=0) + 1
        command = [sys.executable, "-c", WRITING, self.url, str(self.folder), str(self.stream), str(first)]
        with (self.folder / "log").open("w+") as log, (self.folder / "errors").open("w") as errors:
            with subprocess.Popen(command, stdout=log, stderr=errors) as process:
                until = time.monotonic() + 60
                while "acknowledged" not in (self.folder / "log").read_text():
                    assert process.poll() is None, (self.folder / "errors").read_text()
                    assert time.monotonic() < until
                    time.sleep(0.02)
                time.sleep(seconds)
                process.kill()
            for line in (self.folder / "log").read_text().splitlines():
                word, _, number = line.partition(" ")
                if number.isdecimal():
                    {"sent": self.sent, "acknowledged": self.acknowledged}[word].add(int(number))

    def found(self) -> Counter[int]:
        """How often each number is there, after the mover has recovered."""
        store = SqlStore.open(self.url)
        history = History(self.folder / "history")
        Mover(Moves(store.engine), history, FixedClock()).run()
        series = SeriesReader(store, history)
        rows = series.read(Wanted(frozenset({self.stream}), top=10**7))
        count = store.observations.latest()[self.stream].count
        with store.engine.connect() as db:
            kept = {int(key) for key in db.scalars(select(MESSAGE_KEY.c.key))}
        store.close()
        found = Counter(int(row[6]) for row in rows)
        assert kept == set(found), "a message without its value, or the other way round"
        assert count == len(rows), "the counter is not what can be read"
        return found


@pytest.fixture(scope="module")
def durable() -> Iterator[Postgres]:
    """A PostgreSQL that waits for the disk."""
    with running(durable=True) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def killed(request: pytest.FixtureRequest) -> Iterator[Killed]:
    """An empty store of either kind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if request.param == "sqlite":
            yield Killed(f"sqlite:///{folder / 'store.sqlite'}", folder)
        else:
            yield Killed(request.getfixturevalue("durable").database(), folder)


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_acknowledged_is_found_once(killed: Killed, times: int) -> None:
    """Every acknowledged value is found exactly once, whatever was under way; nothing was made up."""
    dice = random.Random(times)
    for _ in range(times):
        killed.live(dice.uniform(0.0, 0.4))
    found = killed.found()
    duplicates = sum(number - 1 for number in found.values())
    lost = killed.acknowledged - set(found)
    print(f"{times} kills: {len(killed.acknowledged)} acknowledged, {len(found)} found, "
          f"{len(lost)} lost, {duplicates} duplicates")  # fmt: skip
    assert not lost
    assert not duplicates
    assert set(found) <= killed.sent
    assert len(killed.acknowledged) >= times
