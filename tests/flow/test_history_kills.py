"""The process is killed at every step of the mover: what was acknowledged is there, once, and readers
that look on all the while never see less than before."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from allmende.engine.series import SeriesReader
from allmende.lake.history import History
from allmende.model.series import Wanted
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.sql import SqlStore
from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("history_worker.py")
EVER = (0, 2**60, 3_600_000_000)


@dataclass
class Known:
    """What the worker said: values that must be there, with their numbers, and those that must not."""

    streams: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, set[float]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    steps: int = 0

    def hear(self, line: str) -> None:
        word, *rest = line.split()
        id_ = int(rest[0])
        if word == "added":
            self.streams[int(rest[1])], self.numbers[int(rest[1])] = id_, {1.0}
        elif word == "correcting":
            self.numbers.setdefault(id_, {1.0, 2.0, 3.0}).add(float(rest[1]))
        elif word == "corrected":
            self.numbers[id_] = {float(rest[1])}
        elif word == "deleting":
            self.unsure.add(id_)
        elif word == "deleted":
            self.gone.add(id_)
        else:
            self.steps = id_

    def must(self) -> set[int]:
        """What has to be there."""
        return set(self.streams) - self.gone - self.unsure


class Site:
    """A store with its history, on which one worker after another lives and dies."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.known = url, folder, Known()
        self.store = SqlStore.open(url)
        things = self.store.things
        thing, sensor = things.add(Thing(0, "T")), things.add(Sensor(0, "S"))
        observed = things.add(ObservedProperty(0, "P", "urn:p"))
        made = [Datastream(0, "d", thing.id, sensor.id, (observed.id,)) for _ in range(2)]
        self.streams = [things.add(one).id for one in made]
        self.reader = SeriesReader(self.store, History(folder))

    def live(self, kill_at: int) -> bool:
        """One worker; True when it was killed at that step, False when it had fewer steps."""
        command = [sys.executable, str(WORKER), self.url, str(self.folder), str(kill_at)]
        with Onlooker(self), subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as worker:
            assert worker.stdout is not None
            for line in worker.stdout:
                if line.endswith("\n"):
                    self.known.hear(line)
        assert worker.returncode in (0, -signal.SIGKILL)
        return worker.returncode != 0

    def check(self) -> None:
        """Everything acknowledged is there once, as it was acknowledged; counters and sums agree."""
        rows = self.reader.read(Wanted(frozenset(self.streams), top=1_000_000))
        ids = [row[2] for row in rows]
        assert len(ids) == len(set(ids)), "a value is there twice"
        assert self.known.must() <= set(ids), "an acknowledged value is lost"
        assert not self.known.gone & set(ids), "a deleted value is back"
        wrong = [row[2] for row in rows if row[6] not in self.known.numbers.get(row[2], {1.0, 2.0, 3.0})]
        assert wrong == [], "a correction is lost"
        latest = self.store.observations.latest(self.streams)
        assert sum(one.count for one in latest.values()) == len(ids)
        sums = self.reader.sums(self.streams, EVER)
        assert sum(row["credible"] for row in sums.to_pylist()) == len(ids)
        assert sum(row["sum"] for row in sums.to_pylist()) == pytest.approx(sum(row[6] for row in rows))


class Onlooker:
    """Reads the datastream in which nothing is ever deleted, all the while; it must never see less."""

    def __init__(self, site: Site) -> None:
        self.store = SqlStore.open(site.url)
        self.reader = SeriesReader(self.store, History(site.folder))
        self.wanted = Wanted(frozenset(site.streams[:1]), top=1_000_000)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.faults: list[str] = []

    def look(self) -> None:
        before: set[int] = set()
        while not self.stopped.is_set():
            try:
                ids = [row[2] for row in self.reader.read(self.wanted)]
            except Exception as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                return
            if len(ids) != len(set(ids)):
                self.faults.append("a value was seen twice")
            if not before <= set(ids):
                self.faults.append(f"{len(before - set(ids))} values were gone")
            before = set(ids)

    def __enter__(self) -> Onlooker:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()
        self.reader.close()
        self.store.close()
        assert self.faults == []


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """An empty site on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database()
    found = Site(url, tmp_path / "history")
    yield found
    found.reader.close()
    found.store.close()


def _kill(site: Site, points: Callable[[int], int], rounds: int) -> int:
    """So many lives, each killed at the next point; gives how many were."""
    killed = 0
    for number in range(rounds):
        killed += site.live(points(number))
        site.check()
    assert not site.live(0)
    site.check()
    assert site.known.steps > 12
    return killed


def test_killed_at_some_steps_nothing_is_lost_or_doubled(site: Site) -> None:
    """A step at the beginning, in the middle and late in the move."""
    assert _kill(site, lambda number: (3, 8, 15, 26)[number], 4) >= 3


@pytest.mark.slow
def test_killed_a_hundred_times_nothing_is_lost_or_doubled(site: Site) -> None:
    """Each of the first forty steps, then any."""
    rng = random.Random(11)
    assert _kill(site, lambda number: number + 1 if number < 40 else rng.randint(1, 120), 100) >= 60
