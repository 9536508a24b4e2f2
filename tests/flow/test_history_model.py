"""Hot rows and history together against a plain model: whatever is written, corrected, deleted and moved.

Hypothesis finds the order of steps; after each of them every way to read must say what the model says.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import allmende.store.observations as stored
from allmende.engine.series import SeriesReader
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.message import Arrival, Change
from allmende.model.observation import SUSPECT, Observation, Quality, microseconds, moment
from allmende.model.query import Call, Expression, Order, constant
from allmende.model.query import Path as Field
from allmende.model.series import Wanted
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from tests.postgres import Postgres

MINUTE = 60_000_000
HOUR = 60 * MINUTE
# Three days around the end of a month, in steps of ten minutes; few, so that times meet.
FIRST = microseconds(datetime(2026, 5, 30, tzinfo=UTC))
TIMES = st.integers(0, 3 * 24 * 6).map(lambda ten: FIRST + ten * 10 * MINUTE)
NUMBERS = st.one_of(st.none(), st.integers(-50, 50).map(float))
FLAGS = st.sampled_from([0, 0, 0, int(Quality.RANGE), int(Quality.DUPLICATE), int(Quality.GAP)])
UNCOUNTED = int(SUSPECT | Quality.DUPLICATE)
STREAMS = 3
BY_TIME = (Order(Field(("phenomenon_time",))), Order(Field(("id",))))


@dataclass
class Model:
    """All revisions there ever were; nothing is forgotten."""

    rows: list[Observation] = field(default_factory=list)

    def current(self) -> list[Observation]:
        return self.known(None)

    def known(self, on: int | None) -> list[Observation]:
        """What is current, or was on a moment, newest first."""
        found = [
            row
            for row in self.rows
            if (
                row.superseded_at is None
                if on is None
                else row.recorded_at <= on and (row.superseded_at or 2**62) > on
            )
        ]
        return sorted(found, key=lambda row: (-row.phenomenon_time, -row.id))

    def end(self, id_: int, moment_: int) -> Observation:
        row = next(row for row in self.rows if row.id == id_ and row.superseded_at is None)
        row.superseded_at = moment_
        return row


class Histories(RuleBasedStateMachine):
    """One store with its history; `url` is set by the test that runs it."""

    urls: Any = None

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="allmende-history-"))
        self.store = SqlStore.open(type(self).urls(self.folder))
        self.tick = FIRST + 30 * 24 * HOUR
        self.before, stored.now = stored.now, self._now
        things = self.store.things
        thing, sensor = things.add(Thing(0, "T")), things.add(Sensor(0, "S"))
        observed = things.add(ObservedProperty(0, "P", "urn:p"))
        made = [Datastream(0, "d", thing.id, sensor.id, (observed.id,)) for _ in range(STREAMS)]
        self.ids = [things.add(one).id for one in made]
        self.model = Model()
        self.moments: list[int] = []
        self._open()

    def _now(self) -> int:
        """The clock of the store: each write a millisecond after the one before."""
        self.tick += 1000
        return self.tick

    def _open(self) -> None:
        history = History(self.folder / "history")
        self.reader = SeriesReader(self.store, history)
        self.store.observations.current = self.reader.observation
        self.store.observations.edges = self.reader.ends

    def teardown(self) -> None:
        stored.now = self.before
        self.reader.close()
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what happens ---

    @rule(
        data=st.lists(st.tuples(st.integers(0, STREAMS - 1), TIMES, NUMBERS, FLAGS), min_size=1, max_size=8)
    )
    def arrive(self, data: list[tuple[int, int, float | None, int]]) -> None:
        """Values come in, in any order and as late as they like, several at one time."""
        rows = [
            Observation(
                self.ids[s],
                time,
                0,
                number=number,
                value=None if number is not None else '"dry"',
                flags=flags,
            )
            for s, time, number, flags in data
        ]
        self.store.observations.append([Arrival(rows)])
        self.model.rows += [replace(row) for row in rows]

    @precondition(lambda self: self.model.current())
    @rule(data=st.data(), number=st.integers(100, 150), time=st.none() | TIMES)
    def correct(self, data: st.DataObject, number: int, time: int | None) -> None:
        """A value is corrected, sometimes to another time; it may be hot or long moved."""
        id_ = data.draw(st.sampled_from([row.id for row in self.model.current()]))
        self.store.observations.change(Change(id_, lambda row: self._corrected(row, float(number), time)))
        before = self.model.end(id_, self.tick)
        after = self._corrected(replace(before), float(number), time)
        self.model.rows.append(
            replace(after, revision=before.revision + 1, recorded_at=self.tick, superseded_at=None)
        )

    @staticmethod
    def _corrected(row: Observation, number: float, time: int | None) -> Observation:
        return replace(
            row, number=number, value=None, phenomenon_time=row.phenomenon_time if time is None else time
        )

    @precondition(lambda self: self.model.current())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A value is deleted; it stays known as of before."""
        id_ = data.draw(st.sampled_from([row.id for row in self.model.current()]))
        self.store.observations.change(Change(id_, lambda row: None))
        self.model.end(id_, self.tick)

    @rule(hours=st.integers(0, 80), at_once=st.sampled_from([1, 3, 100]))
    def move(self, hours: int, at_once: int) -> None:
        """Everything before a moment goes to the history."""
        clock = FixedClock(moment(FIRST + hours * HOUR))
        history = History(self.folder / "history")
        Mover(Moves(self.store.engine), history, clock, timedelta()).run(at_once)
        assert all(row[1] >= FIRST + hours * HOUR for row in self._hot())

    @rule()
    def restart(self) -> None:
        """Another process reads from here on."""
        self.reader.close()
        self._open()

    @rule()
    def remember(self) -> None:
        """From now on it is asked what was known at this moment."""
        self.moments.append(self.tick)

    # --- what must hold ---

    @invariant()
    def every_page_is_right(self) -> None:
        """Current values, newest first, page by page, by offset and by continuation."""
        if not hasattr(self, "model"):
            return
        wanted, expected = Wanted(frozenset(self.ids), top=3), self.model.current()
        shown: list[Observation] = []
        while page := [Observation(*row) for row in self.reader.read(wanted)]:
            shown += page
            wanted = replace(wanted, after=(page[-1].phenomenon_time, page[-1].id))
        assert shown == expected
        skipped = self.reader.read(Wanted(frozenset(self.ids), top=4, skip=2))
        assert [Observation(*row) for row in skipped] == expected[2:6]
        oldest = self.reader.read(Wanted(frozenset(self.ids), order=BY_TIME, top=4, skip=1))
        assert [Observation(*row) for row in oldest] == expected[::-1][1:5]

    @invariant()
    def what_was_known_stays_known(self) -> None:
        """At each remembered moment, and of each value all its revisions."""
        if not hasattr(self, "model"):
            return
        for on in self.moments[-3:]:
            wanted = Wanted(frozenset(self.ids), top=1000, known_on=on)
            shown = [(row[2], row[3], row[6]) for row in self.reader.read(wanted)]
            assert shown == [(row.id, row.revision, row.number) for row in self.model.known(on)]
            assert self.reader.count(wanted) == len(shown)
        for id_ in {row.id for row in self.model.rows[-3:]}:
            revisions = sorted(
                (row for row in self.model.rows if row.id == id_), key=lambda row: row.revision
            )
            assert self.reader.revisions(id_) == revisions
            newest = revisions[-1]
            assert self.reader.observation(id_) == (newest if newest.superseded_at is None else None)

    @invariant()
    def counters_are_right(self) -> None:
        """The newest value, how many there are, and from when to when; with conditions too."""
        if not hasattr(self, "model"):
            return
        current = self.model.current()
        for id_, latest in self.store.observations.latest(self.ids).items():
            mine = [row for row in current if row.datastream_id == id_]
            times = [row.phenomenon_time for row in mine]
            newest = mine[0] if mine else None
            assert (latest.count, latest.first_time, latest.last_time) == (
                len(mine), min(times, default=None), max(times, default=None),
            )  # fmt: skip
            assert (latest.observation.id if latest.observation else None) == (newest.id if newest else None)
        middle = FIRST + 36 * HOUR
        wanted = Wanted(frozenset(self.ids[:2]), _before(middle), top=1000)
        expected = [
            row for row in current if row.datastream_id in self.ids[:2] and row.phenomenon_time < middle
        ]
        assert self.reader.count(wanted) == len(expected)
        assert [row[2] for row in self.reader.read(wanted)] == [row.id for row in expected]

    @invariant()
    def sums_are_right(self) -> None:
        """By day, by hour and by ten minutes, now and as known before."""
        if not hasattr(self, "model"):
            return
        for length in (24 * HOUR, HOUR, 10 * MINUTE):
            for on in (None, *self.moments[-1:]):
                found = self.reader.sums(self.ids, (FIRST, FIRST + 96 * HOUR, length), on)
                assert found.to_pylist() == _sums(self.model.known(on), length)

    def _hot(self) -> list[tuple[Any, ...]]:
        return Moves(self.store.engine).rows(self.ids, 2**62, 10_000)


def _before(time: int) -> Expression:
    return Call("lt", (Field(("phenomenon_time",)), constant(moment(time))))


def _sums(rows: list[Observation], length: int) -> list[dict[str, Any]]:
    steps: dict[tuple[int, int], list[Observation]] = {}
    for row in rows:
        if row.number is not None or row.flags & UNCOUNTED:
            start = row.phenomenon_time - row.phenomenon_time % length
            steps.setdefault((row.datastream_id, start), []).append(row)
    found = []
    for (stream, start), some in sorted(steps.items()):
        numbers = [row.number for row in some if row.number is not None and not row.flags & UNCOUNTED]
        found.append({
            "datastream_id": stream, "start": start, "credible": len(numbers),
            "doubted": sum(1 for row in some if row.flags & UNCOUNTED),
            "minimum": min(numbers, default=None), "maximum": max(numbers, default=None),
            "sum": sum(numbers) if numbers else None,
        })  # fmt: skip
    return found


def _run(urls: Any, examples: int) -> None:
    machine = type("Machine", (Histories,), {"urls": staticmethod(urls)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_history_and_hot_rows_are_one_on_sqlite() -> None:
    """Late, corrected, moved, deleted: every way to read agrees with the model."""
    _run(lambda folder: f"sqlite:///{folder / 'store.sqlite'}", 12)


def test_history_and_hot_rows_are_one_on_postgresql(postgres: Postgres) -> None:
    """The same steps on the other database."""
    _run(lambda folder: postgres.database(), 6)


@pytest.mark.slow
def test_history_and_hot_rows_are_one_for_long() -> None:
    """Many more orders of steps."""
    _run(lambda folder: f"sqlite:///{folder / 'store.sqlite'}", 300)
