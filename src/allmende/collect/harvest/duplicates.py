"""Which foreign datasets are the same: by identifier, by their page, or by publisher and title."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from allmende.model.harvest import ForeignDataset

Other = tuple[str, str]
NEAR = 95.0
"""So alike (of 100) titles of one publisher are that mean the same; years and numbers have to be equal."""
MOST_OF_ONE = 300
"""Titles of one publisher that are compared; of larger ones only equal titles count."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Datasets of other catalogues: by what no two share, and their titles by publisher and the numbers in them."""

    marks: dict[str, Other] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, list[Other]] = field(default_factory=lambda: defaultdict(list))


def find_same(
    here: Sequence[ForeignDataset], others: Iterable[tuple[str, ForeignDataset]]
) -> dict[str, Other]:
    """For datasets of one catalogue, by identifier: the same one in another (its catalogue and identifier)."""
    every = list(others)
    single = _single_pages(here) & _single_pages(one for _, one in every)
    known = _Known()
    for catalogue, one in every:
        place = (catalogue, one.identifier)
        for mark in _marks(one, single):
            known.marks.setdefault(mark, place)
        if one.publisher:
            known.titles[_group(one)].append(_plain(one.title))
            known.places[_group(one)].append(place)
    found = ((one.identifier, _same(one, _marks(one, single), known)) for one in here)
    return {identifier: place for identifier, place in found if place is not None}


def _single_pages(datasets: Iterable[ForeignDataset]) -> set[str]:
    """Pages that describe one dataset alone; the page of a whole portal says nothing."""
    return {page for page, number in Counter(one.landing_page for one in datasets).items() if number == 1}


def _marks(one: ForeignDataset, single: Set[str]) -> tuple[str, ...]:
    """What no two datasets share: long identifiers, pages, and the title within a publisher."""
    named = (f"id {one.identifier}",) if len(one.identifier) >= 30 else ()
    page = (f"page {one.landing_page}",) if one.landing_page and one.landing_page in single else ()
    title = (f"title {_plain(one.publisher)}\n{_plain(one.title)}",) if one.publisher else ()
    return (*named, *page, *title)


def _same(one: ForeignDataset, marks: Iterable[str], known: _Known) -> Other | None:
    exact: Mapping[str, Other] = known.marks
    found = next((exact[mark] for mark in marks if mark in exact), None)
    titles = known.titles.get(_group(one), []) if one.publisher else []
    if found is not None or not titles or len(titles) > MOST_OF_ONE:
        return found
    near = process.extractOne(_plain(one.title), titles, scorer=fuzz.ratio, score_cutoff=NEAR)
    return known.places[_group(one)][near[2]] if near else None


def _group(one: ForeignDataset) -> str:
    """The publisher with all words of the title that hold a digit."""
    numbers = [word for word in _plain(one.title).split() if any(map(str.isdigit, word))]
    return "\n".join((_plain(one.publisher), *numbers))


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())
