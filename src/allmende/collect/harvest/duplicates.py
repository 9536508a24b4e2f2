"""Which foreign datasets are the same: by identifier, by their page, or by publisher and title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz

from allmende.model.harvest import ForeignDataset

Other = tuple[str, str]
NEAR = 95.0
"""So alike (of 100) titles of one publisher are that mean the same; years and numbers have to be equal."""
MOST_OF_ONE = 300
"""Titles of one publisher that are compared; of larger ones only equal titles count."""


def find_same(
    here: Iterable[ForeignDataset], others: Iterable[tuple[str, ForeignDataset]]
) -> dict[str, Other]:
    """For datasets of one catalogue, by identifier: the same one in another (its catalogue and identifier)."""
    marks: dict[str, Other] = {}
    publishers: dict[str, list[tuple[str, Other]]] = defaultdict(list)
    for catalogue, one in others:
        place = (catalogue, one.identifier)
        for mark in _marks(one):
            marks.setdefault(mark, place)
        if one.publisher:
            publishers[_plain(one.publisher)].append((_plain(one.title), place))
    found = {one.identifier: _same(one, marks, publishers) for one in here}
    return {identifier: place for identifier, place in found.items() if place is not None}


def _marks(one: ForeignDataset) -> tuple[str, ...]:
    """What no two datasets share: addresses, long identifiers, and the title within a publisher."""
    named = (f"id {one.identifier}",) if len(one.identifier) >= 30 else ()
    page = (f"page {one.landing_page}",) if one.landing_page.count("/") > 3 else ()
    title = (f"title {_plain(one.publisher)}\n{_plain(one.title)}",) if one.publisher else ()
    return (*named, *page, *title)


def _same(
    one: ForeignDataset, marks: Mapping[str, Other], publishers: Mapping[str, Sequence[tuple[str, Other]]]
) -> Other | None:
    known = next((marks[mark] for mark in _marks(one) if mark in marks), None)
    titles = publishers.get(_plain(one.publisher), ()) if one.publisher else ()
    if known is not None or len(titles) > MOST_OF_ONE:
        return known
    mine = _plain(one.title)
    return next((place for title, place in titles if _near(mine, title)), None)


def _near(mine: str, title: str) -> bool:
    numbers = [[word for word in text.split() if any(map(str.isdigit, word))] for text in (mine, title)]
    return numbers[0] == numbers[1] and fuzz.ratio(mine, title) >= NEAR


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())
