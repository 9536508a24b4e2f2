"""The audit log's chain shows every change in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.model.audit import BEGINNING, Entry, first_fault, hash_of

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def chain(length: int) -> list[Entry]:
    """A whole chain."""
    made: list[Entry] = []
    for number in range(1, length + 1):
        previous = made[-1].hash if made else BEGINNING
        entry = Entry(number, NOW, "anna", "approve", f"release:{number}", "fine", previous)
        made.append(replace(entry, hash=hash_of(entry)))
    return made


@given(st.integers(0, 12))
def test_a_whole_chain_has_no_fault(length: int) -> None:
    """Of any length."""
    assert first_fault(chain(length)) == ""


@given(st.integers(2, 10), st.data(), st.sampled_from(["actor", "action", "subject", "detail", "at"]))
def test_a_changed_entry_is_found(length: int, data: st.DataObject, field: str) -> None:
    """Whatever was changed, also when its own hash was made anew."""
    entries, place = chain(length), data.draw(st.integers(0, length - 2))
    value = datetime(2025, 1, 1, tzinfo=UTC) if field == "at" else "somebody else"
    changed = replace(entries[place], **{field: value})  # type: ignore[arg-type]
    entries[place] = changed
    assert first_fault(entries) == f"entry {place + 1} was changed"
    entries[place] = replace(changed, hash=hash_of(changed))
    assert first_fault(entries) == f"entry {place + 2} does not follow the one before it"


@pytest.mark.parametrize(
    ("order", "said"), [([0, 2, 3], "missing"), ([1, 0, 2], "missing"), ([1, 2, 3], "missing")]
)
def test_missing_and_moved_entries_are_found(order: list[int], said: str) -> None:
    """In the middle and at the beginning."""
    entries = chain(4)
    assert said in first_fault([entries[place] for place in order])
