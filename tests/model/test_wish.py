"""Wishes: every answer has a reason, nobody is overwritten, and what is settled stays settled."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.errors import AllmendeError, Conflict, FormFault
from allmende.model.wish import NEXT, PUBLIC, UNANSWERED, WISH_STATES, Wish, WishChange, WishState, answered

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WISH = Wish("w1", "hash", "Parkplätze", "Wie viele gibt es?", NOW, date(2026, 7, 31))
_changes = st.builds(
    WishChange,
    st.integers(0, 3),
    st.sampled_from(WISH_STATES),
    st.sampled_from(["Parkplätze", " ", "x" * 151]),
    st.sampled_from(["", "Text", "x" * 3001]),
    st.sampled_from(["", " ", "Weil."]),
    st.sampled_from(["", "parking"]),
)


@given(st.lists(_changes, max_size=12))
def test_no_sequence_leads_around_a_reason(changes: list[WishChange]) -> None:
    """Whatever is tried in whatever order: what is answered has a reason, what is published names a dataset."""
    wish = WISH
    for change in changes:
        before = wish
        try:
            wish = answered(wish, change, NOW)
        except AllmendeError:
            continue
        assert wish.revision == before.revision + 1
        assert wish.state == before.state or wish.state in NEXT[before.state]
        assert wish.state in UNANSWERED or wish.answer
        assert (wish.state == "published") == bool(wish.dataset)
        assert 0 < len(wish.title) <= 150


def test_two_people_do_not_overwrite_each_other() -> None:
    """The second one is told."""
    after = answered(WISH, WishChange(0, "open", "Parkplätze", ""), NOW)
    with pytest.raises(Conflict):
        answered(after, WishChange(0, "refused", "Parkplätze", "", "Nein."), NOW)


@pytest.mark.parametrize(("state", "day", "late"), [
    ("received", 31, False), ("received", 32, True), ("open", 32, True), ("accepted", 32, False), ("hidden", 32, False),
])  # fmt: skip
def test_late_is_what_nobody_answered(state: WishState, day: int, late: bool) -> None:
    """After the last day, unless there is an answer."""
    change = WishChange(0, state, "Parkplätze", "", "Weil.")
    wish = WISH if state == "received" else answered(WISH, change, NOW)
    assert wish.is_late(date.fromordinal(date(2026, 6, 30).toordinal() + day)) is late


def test_what_nobody_read_is_not_public() -> None:
    """Neither is what was hidden."""
    assert set(PUBLIC) == set(WISH_STATES) - {"received", "hidden"}


@pytest.mark.parametrize("title", ["", "   ", "x" * 200])
def test_a_wish_says_something(title: str) -> None:
    """In one line that can be read."""
    with pytest.raises(FormFault):
        answered(WISH, WishChange(0, "open", title, ""), NOW)
