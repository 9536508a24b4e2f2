"""The catalogue as documents that can be searched: made once for each state of the data and kind of reader."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from allmende.model.access import Principal
from allmende.share.reads import Reads
from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.index import EVERYWHERE, Document, Index, places_of
from allmende.standards.ckan.mapping import Json, Words
from allmende.standards.ckan.query import parse_query

MOST_ROWS = 1_000
_KEPT = 4
FACETS = ("organization", "groups", "tags", "license_id", "res_format", "author")
SORTED = ("name", "title", "metadata_modified", "metadata_created", "id")


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset as its reader sees it: as CKAN's clients want it, and as words to search in."""

    package: Json
    document: Document


@dataclass(frozen=True, slots=True)
class Search:
    """A question to the catalogue."""

    q: str = ""
    fq: tuple[str, ...] = ()
    sort: str = ""
    start: int = 0
    rows: int = 10
    facets: tuple[str, ...] = ()
    facet_limit: int = 50


class Catalogues:
    """Catalogues by the state of the data and what a reader may see. The last four are remembered."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Shelf] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, reads: Reads, principal: Principal, root: str) -> Shelf:
        """All datasets the reader may see that have been published, by title."""
        key = (reads.generation(), id(reads.city), principal.scopes, root)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = Shelf(_entries(reads, principal, Words(reads.city, root)))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _entries(reads: Reads, principal: Principal, words: Words) -> tuple[Entry, ...]:
    views = (view for view in reads.datasets(principal) if view.version is not None)
    return tuple(entry_of(words.package(view)) for view in views)


def entry_of(package: Json) -> Entry:
    """A dataset with the words it can be found by, in small letters."""
    fields: dict[str, Iterable[Any]] = {
        "id": [package["id"]],
        "name": [package["name"]],
        "title": [package["title"]],
        "notes": [package["notes"]],
        "author": [package["author"]],
        "license_id": [package["license_id"]],
        "organization": [package["organization"]["name"]],
        "owner_org": [package["owner_org"]],
        "groups": [one["name"] for one in package["groups"]],
        "tags": [one["name"] for one in package["tags"]],
        "res_format": [one["format"] for one in package["resources"]],
        "metadata_modified": [package["metadata_modified"] or ""],
        "metadata_created": [package["metadata_created"] or ""],
        "state": ["active"],
        "type": ["dataset"],
        "dataset_type": ["dataset"],
        "private": ["false"],
        "capacity": ["public"],
    }
    document = {name: tuple(str(one).casefold() for one in values) for name, values in fields.items()}
    titles = package["title_translated"].values()
    said = " ".join([*titles, package["notes"], package["name"], *(one["name"] for one in package["tags"])])
    return Entry(package, {**document, EVERYWHERE: (said.casefold(),)})


@dataclass(frozen=True)
class Shelf:
    """A catalogue with its index, and its datasets in every order that can be asked for."""

    entries: tuple[Entry, ...]

    @cached_property
    def index(self) -> Index:
        """What is searched in."""
        return Index([entry.document for entry in self.entries])

    @cached_property
    def keys(self) -> dict[str, list[str]]:
        """What datasets are compared by, for each field that can be sorted by."""
        packages = [entry.package for entry in self.entries]
        return {name: [str(one[name] or "").casefold() for one in packages] for name in SORTED}

    @cached_property
    def orders(self) -> dict[str, list[int]]:
        """Places by field, ascending; equal ones by name."""
        by_name = sorted(range(len(self.entries)), key=self.keys["name"].__getitem__)
        return {name: sorted(by_name, key=self.keys[name].__getitem__) for name in SORTED}

    def ranks(self, field: str) -> Mapping[int, int]:
        """Each place with its rank; equal ones have the same."""
        ranks, keys, rank = dict[int, int](), self.keys[field], -1
        last: str | None = None
        for place in self.orders[field]:
            rank += keys[place] != last
            ranks[place], last = rank, keys[place]
        return ranks


def search(shelf: Shelf, wanted: Search) -> Json:
    """A page of what was found, with how many there are and how they spread over facets."""
    found = shelf.index.every
    for text in (wanted.q, *wanted.fq):
        if text.strip():
            found &= parse_query(text)(shelf.index)
    page = _page(shelf, found, wanted)
    counts = {name: _counts(shelf, found, name, wanted.facet_limit) for name in wanted.facets}
    return {
        "count": found.bit_count(),
        "sort": wanted.sort or "score desc, metadata_modified desc",
        "results": [shelf.entries[place].package for place in page],
        "facets": {name: dict(pairs) for name, pairs in counts.items()},
        "search_facets": {name: {"title": name, "items": _items(pairs)} for name, pairs in counts.items()},
    }


def _items(pairs: list[tuple[str, int]]) -> list[Json]:
    return [{"name": name, "display_name": name, "count": count} for name, count in pairs]


def _counts(shelf: Shelf, found: int, facet: str, limit: int) -> list[tuple[str, int]]:
    """Values as they are written, the most frequent first."""
    if facet not in FACETS:
        raise Invalid(f"there is no facet {facet[:60]!r}", where="facet.field")
    named = Counter[str]()
    for value, bits in shelf.index.values(facet).items():
        count = (bits & found).bit_count()
        if count:
            named[_written(shelf, value, bits, facet)] += count
    ordered = sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))
    return ordered if limit < 0 else ordered[:limit]


def _written(shelf: Shelf, value: str, bits: int, facet: str) -> str:
    """A value as the first of its datasets writes it; the index has it in small letters."""
    first = shelf.entries[(bits & -bits).bit_length() - 1]
    return next((one for one in _values(first.package, facet) if one.casefold() == value), value)


def _values(package: Json, facet: str) -> list[str]:
    if facet == "organization":
        return [package["organization"]["name"]]
    if facet in ("groups", "tags"):
        return [one["name"] for one in package[facet]]
    if facet == "res_format":
        return [one["format"] for one in package["resources"]]
    return [str(package[facet])]


def _page(shelf: Shelf, found: int, wanted: Search) -> list[int]:
    """The places on a page. By one field the prepared order is walked; by several, ranks are compared."""
    orders = _orders(wanted.sort)
    end = wanted.start + wanted.rows
    if len(orders) == 1:
        (name, down), walked = orders[0], list[int]()
        ordered, bits = shelf.orders[name], found.to_bytes(len(shelf.entries) // 8 + 1, "little")
        for place in reversed(ordered) if down else ordered:
            if bits[place >> 3] >> (place & 7) & 1:
                walked.append(place)
                if len(walked) >= end:
                    break
        return walked[wanted.start : end]
    ranks = [(shelf.ranks(name), -1 if down else 1) for name, down in orders]
    places = sorted(places_of(found), key=lambda place: [sign * rank[place] for rank, sign in ranks])
    return places[wanted.start : end]


def _orders(sort: str) -> list[tuple[str, bool]]:
    """Fields with True for down; the newest first without a wish."""
    found = list[tuple[str, bool]]()
    for part in (one.split() for one in sort.split(",") if one.strip()):
        name = {"title_string": "title", "score": "", "views_recent": ""}.get(part[0], part[0])
        if name not in ("", *SORTED):
            raise Invalid(f"cannot sort by {part[0][:60]!r}", where="sort")
        if name:
            found.append((name, len(part) > 1 and part[1].lower() == "desc"))
    return found or [("metadata_modified", True)]
