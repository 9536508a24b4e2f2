"""Raw messages are found by their number, in the store and in segments."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from allmende.engine.messages import Messages
from allmende.errors import NotFound
from allmende.lake.local import LocalLake
from allmende.lake.segments import read_segment, write_segment
from allmende.model.message import Arrival, KeptMessage, Message
from allmende.model.observation import microseconds
from allmende.store.sql import SqlStore
from allmende.testing.clock import START

DAY = timedelta(days=1)


def message(days: int, payload: bytes = b"\x00\xff") -> Message:
    """A message received some days after the start."""
    return Message("broker", payload, START + days * DAY, "a/b", "application/json", f"k{days}")


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """A store with five messages, the third of them quarantined."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    arrivals = [Arrival([], message(day)) for day in range(5)]
    arrivals[2].status, arrivals[2].reason = "quarantined", "not JSON"
    store.observations.append(arrivals)
    return store


def test_old_messages_move_and_are_found_as_before(tmp_path: Path, store: SqlStore) -> None:
    """What moved reads the same; new and quarantined messages stay; sent again they are still known."""
    messages = Messages(store, LocalLake(tmp_path))
    before = {number: messages.message(number) for number in range(1, 6)}
    assert messages.move(microseconds(START + 4 * DAY), at_once=2) == 3
    assert {kept.id for kept in store.observations.messages()} == {3, 5}
    assert {number: messages.message(number) for number in range(1, 6)} == before
    assert messages.move(microseconds(START + 4 * DAY)) == 0
    assert store.observations.append([Arrival([], message(0))])[0].repeated
    with pytest.raises(NotFound):
        messages.message(99)


def test_an_interrupted_move_is_repeated(
    tmp_path: Path, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the file and the deletion nothing is lost, and the next run ends it."""
    lake = LocalLake(tmp_path)
    messages = Messages(store, lake)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("allmende.store.segment_rows.SegmentRows.moved", fail)
        with pytest.raises(KeyboardInterrupt):
            messages.move(microseconds(START + 9 * DAY))
    assert len(store.observations.messages()) == 5
    assert messages.move(microseconds(START + 9 * DAY)) == 4
    assert messages.message(1).message == message(0)


def test_a_segment_comes_back() -> None:
    """Every byte of a payload survives, and the same messages have the same name."""
    kept = [KeptMessage(1, message(0, bytes(range(256))), "stored", "grün", "dev")]
    assert list(read_segment(write_segment(kept))) == kept
    assert write_segment(kept) == write_segment(kept)
