"""Reading hot rows and history as one while the mover is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.engine.series import SeriesReader
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.lake.history_files import HistoryFile
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, microseconds
from allmende.model.query import Order
from allmende.model.query import Path as Field
from allmende.model.series import Wanted
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.ended import moving
from allmende.store.moves import Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock

START = datetime(2026, 5, 31, 12, tzinfo=UTC)
HOUR = 3_600_000_000


class Place:
    """Twelve values, six of them in the history, and a mover that can be set off at any moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = SqlStore.open(f"sqlite:///{folder / 'store.sqlite'}")
        things = self.store.things
        thing, sensor = things.add(Thing(0, "T")), things.add(Sensor(0, "S"))
        observed = things.add(ObservedProperty(0, "P", "urn:p"))
        self.stream = things.add(Datastream(0, "d", thing.id, sensor.id, (observed.id,))).id
        rows = [
            Observation(self.stream, microseconds(START) + hour * HOUR, 0, number=1.0) for hour in range(12)
        ]
        self.ids = self.store.observations.append([Arrival(rows)])[0].observation_ids
        self.reader = SeriesReader(self.store, History(folder / "history"))
        self.store.observations.current = self.reader.observation
        self.store.observations.edges = self.reader.ends
        self.move(6)

    def move(self, hours: int) -> None:
        """Everything of the first hours goes to the history."""
        clock = FixedClock(START + timedelta(hours=hours))
        Mover(Moves(self.store.engine), History(self.folder / "history"), clock, timedelta()).run()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place of its own for each test."""
    found = Place(tmp_path)
    yield found
    found.reader.close()
    found.store.close()


def _read(place: Place) -> int:
    rows = place.reader.read(Wanted(frozenset({place.stream}), top=100))
    assert len({row[2] for row in rows}) == len(rows)
    return len(rows)


def _in_own_order(place: Place) -> int:
    order = (Order(Field(("phenomenon_time",))),)
    return len(place.reader.read(Wanted(frozenset({place.stream}), order=order, top=100)))


def _count(place: Place) -> int:
    return place.reader.count(Wanted(frozenset({place.stream}), after=(2**62, 0)))


def _sums(place: Place) -> int:
    found = place.reader.sums([place.stream], (0, 2**60, HOUR))
    return int(sum(row["credible"] for row in found.to_pylist()))


@pytest.mark.parametrize("ask", [_read, _in_own_order, _count, _sums])
@pytest.mark.parametrize("again", [False, True], ids=["moved", "moved and rewritten"])
def test_a_move_between_two_looks_is_not_seen_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Place], int], again: bool
) -> None:
    """The hot rows are read, then the mover carries them away, then the history is opened."""

    moved: list[bool] = []

    def move_first(db: Any) -> object:
        found = moving(db)
        if not moved:
            moved.append(True)
            place.move(9)
            if again:
                place.store.observations.change(Change(place.ids[0], lambda row: row))
                place.move(10)
        return found

    monkeypatch.setattr("allmende.engine.series.moving", move_first)
    assert ask(place) == 12
    assert moved


def test_two_revisions_are_never_known_at_once(place: Place) -> None:
    """The history keeps the moment of recording in milliseconds; within one, the newer revision counts."""
    place.store.observations.change(Change(place.ids[0], lambda row: _with(row, 2.0)))
    place.move(12)
    revisions = place.reader.revisions(place.ids[0])
    assert [row.number for row in revisions] == [1.0, 2.0]
    ended = revisions[0].superseded_at
    assert ended is not None
    for moment in range(ended - 2000, ended + 2000, 50):
        rows = place.reader.read(Wanted(frozenset({place.stream}), top=100, known_on=moment))
        found = [row[6] for row in rows if row[2] == place.ids[0]]
        assert found == ([1.0] if moment // 1000 < ended // 1000 else [2.0])
        assert place.reader.count(Wanted(frozenset({place.stream}), known_on=moment)) == 12


def _with(row: Observation, number: float) -> Observation:
    row.number = number
    return row


def test_a_value_that_was_given_an_earlier_time_keeps_all_its_revisions(place: Place) -> None:
    """Its second revision lies in the history while the first one is still hot."""
    late, early = place.ids[10], microseconds(START) + 5 * HOUR + 1
    place.store.observations.change(Change(late, lambda row: replace(row, phenomenon_time=early)))
    place.move(6)
    assert [row.revision for row in place.reader.revisions(late)] == [1, 2]
    found = place.reader.observation(late)
    assert found is not None
    assert found.phenomenon_time == early


def test_the_oldest_values_come_from_the_first_files_only(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page from the beginning opens no month behind it."""
    june = [Observation(place.stream, microseconds(START) + hour * HOUR, 0, number=2.0) for hour in (20, 21)]
    place.store.observations.append([Arrival(june)])
    place.move(24)
    assert {file.month for file in History(place.folder / "history").files()} == {"2026-05", "2026-06"}
    opened: list[str] = []
    path = History.path

    def noted(self: History, file: HistoryFile) -> str:
        opened.append(file.month)
        return path(self, file)

    monkeypatch.setattr(History, "path", noted)
    order = (Order(Field(("phenomenon_time",))),)
    rows = place.reader.read(Wanted(frozenset({place.stream}), order=order, top=3))
    assert [row[2] for row in rows] == list(place.ids[:3])
    assert set(opened) == {"2026-05"}


def test_days_hours_and_rows_give_the_same_sums(place: Place) -> None:
    """The sums beside the history, by day and by hour, are those of its rows."""
    place.move(24)
    day = 24 * HOUR
    start = microseconds(START) // day * day
    for length in (day, HOUR):
        kept = place.reader.sums([place.stream], (start, start + 2 * day, length))
        counted = place.reader.sums([place.stream], (start, start + 2 * day, length), 2**60)
        assert kept.num_rows
        assert kept.equals(counted)
