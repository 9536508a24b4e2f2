"""The power may go at any moment: what was moved is on disk before the hot rows go.

delta-rs and pyarrow sync nothing by themselves. Here every call that makes bytes or names durable is
written down with what the file or folder was then; when hot rows are about to be deleted, everything
in the history's folders must be as it was when it was last synced.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.engine.series import SeriesReader
from allmende.flow.mover import Mover
from allmende.lake.history import History
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, microseconds
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing
from allmende.store.moves import Move, Moves
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock

START = datetime(2026, 5, 31, tzinfo=UTC)
DAY = timedelta(days=1)


class Disk:
    """What is durable below a folder: files as they were, and names of folders, at their last sync."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.durable: dict[int, object] = {}
        real = os.fsync

        def fsync(descriptor: int) -> None:
            real(descriptor)
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            self.durable[os.fstat(descriptor).st_ino] = _state(path)

        monkeypatch.setattr(os, "fsync", fsync)

    def lost(self) -> list[str]:
        """What a power cut would take now: files and folders that are not as they were synced."""
        found = [self.folder, *self.folder.rglob("*")]
        return [
            str(path.relative_to(self.folder))
            for path in found
            if not path.name.startswith(("_last_checkpoint", "mover.lock"))
            and self.durable.get(path.stat().st_ino) != _state(path)
        ]


def _state(path: Path) -> object:
    """The bytes of a file; of a folder the names that matter after a power cut."""
    if path.is_file():
        return path.read_bytes()
    return sorted(
        name.name for name in path.iterdir() if not name.name.startswith(("mover.lock", "_last", "_tmp"))
    )


class Watched(Moves):
    """Moves that look at the disk before hot rows or ends are given up."""

    disk: Disk
    seen: list[list[str]]

    def finish(self, move: Move, rows: Sequence[tuple[Any, ...]]) -> int:
        self.seen.append(self.disk.lost())
        return super().finish(move, rows)

    def fold(self, move: Move, ended: Sequence[tuple[int, int]]) -> None:
        self.seen.append(self.disk.lost())
        super().fold(move, ended)


def test_everything_moved_is_on_disk_before_the_hot_rows_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, the log and the folders of both tables; when rows move, and when a month is written anew."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    things = store.things
    thing, sensor = things.add(Thing(0, "T")), things.add(Sensor(0, "S"))
    observed = things.add(ObservedProperty(0, "P", "urn:p"))
    stream = things.add(Datastream(0, "d", thing.id, sensor.id, (observed.id,))).id
    folder = tmp_path / "history"
    disk = Disk(folder, monkeypatch)
    moves = Watched(store.engine)
    moves.disk, moves.seen = disk, []
    reader = SeriesReader(store, History(folder))
    store.observations.current, store.observations.edges = reader.observation, reader.ends
    for day in range(3):
        time = microseconds(START + day * DAY)
        rows = [Observation(stream, time + hour * 3_600_000_000, 0, number=1.0) for hour in range(24)]
        accepted = store.observations.append([Arrival(rows)])[0]
        Mover(moves, History(folder), FixedClock(START + (day + 2) * DAY), DAY).run(at_once=10)
        store.observations.change(Change(accepted.observation_ids[0], lambda row: None))
    Mover(moves, History(folder), FixedClock(START + 9 * DAY), DAY).run()
    assert len(moves.seen) > 6
    assert [lost for lost in moves.seen if lost] == []


def test_the_watch_sees_what_was_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without a sync, one that grew after it, and a new name in a folder."""
    disk = Disk(tmp_path, monkeypatch)
    file = tmp_path / "a"
    file.write_bytes(b"1")
    assert set(disk.lost()) == {".", "a"}
    for path in (file, tmp_path):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    assert disk.lost() == []
    file.write_bytes(b"12")
    assert disk.lost() == ["a"]
