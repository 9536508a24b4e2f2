"""A wish for data ("please publish this"): anybody may ask, the city has to answer, with a reason.

Nobody has to say who they are. Who asked holds a secret link, of which only a hash is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from allmende.errors import Conflict, FormFault

WishState = Literal["received", "open", "accepted", "published", "refused", "hidden"]
WISH_STATES: tuple[WishState, ...] = get_args(WishState)
PUBLIC: tuple[WishState, ...] = ("open", "accepted", "published", "refused")
"""States that everybody sees; before somebody has read a wish, only who asked does."""
UNANSWERED: tuple[WishState, ...] = ("received", "open")
NEXT: Mapping[WishState, tuple[WishState, ...]] = {
    "received": ("open", "accepted", "published", "refused", "hidden"),
    "open": ("accepted", "published", "refused", "hidden"),
    "accepted": ("published", "refused"),
    "published": (),
    "refused": ("accepted", "published"),
    "hidden": ("open",),
}
LONGEST_TITLE, LONGEST_TEXT = 150, 3_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish with its answer. `due` is the last day to answer it; `secret` is the hash of who asked's link.

    `dataset` is what was published for it. `revision` grows with every change, so that two people do not
    overwrite each other.
    """

    id: str
    secret: str
    title: str
    text: str
    made: datetime
    due: date
    state: WishState = "received"
    answer: str = ""
    dataset: str = ""
    changed: datetime | None = None
    revision: int = 0

    def is_late(self, today: date) -> bool:
        """True when the city should have answered by now."""
        return self.state in UNANSWERED and self.due < today


@dataclass(frozen=True, slots=True)
class WishChange:
    """What somebody of the city does with a wish, made when it stood at `revision`.

    `title` and `text` are what everybody reads: names of people are taken out of them before.
    """

    revision: int
    state: WishState
    title: str
    text: str
    answer: str = ""
    dataset: str = ""


def answered(wish: Wish, change: WishChange, now: datetime) -> Wish:
    """The wish after a change. Raises Conflict (somebody was quicker, or it cannot go there), FormFault."""
    if change.revision != wish.revision:
        raise Conflict("somebody else has just changed this wish", where=wish.id, code="conflict")
    if change.state != wish.state and change.state not in NEXT[wish.state]:
        raise Conflict(f"a wish that is {wish.state} cannot become {change.state}", where=wish.id)
    check_words(change.title, change.text)
    if change.state not in UNANSWERED and not change.answer.strip():
        raise FormFault("answer", "answer_missing")
    if change.state == "published" and not change.dataset:
        raise FormFault("dataset", "dataset_missing")
    return replace(
        wish,
        state=change.state,
        title=change.title.strip(),
        text=change.text.strip(),
        answer=change.answer.strip(),
        dataset=change.dataset if change.state == "published" else "",
        changed=now,
        revision=wish.revision + 1,
    )


def check_words(title: str, text: str) -> None:
    """FormFault when a wish says nothing, or too much."""
    if not title.strip():
        raise FormFault("title", "wish_title")
    if len(title.strip()) > LONGEST_TITLE:
        raise FormFault("title", "too_long")
    if len(text.strip()) > LONGEST_TEXT:
        raise FormFault("text", "too_long")
