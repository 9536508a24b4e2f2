"""The catalogue as documents that can be searched: made once for each state of the data and kind of reader."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from allmende.model.access import Principal
from allmende.share.reads import Reads
from allmende.standards.ckan.errors import Invalid
from allmende.standards.ckan.mapping import Json, Words
from allmende.standards.ckan.query import EVERYWHERE, Document, parse_query

MOST_ROWS = 1_000
_KEPT = 4
FACETS = ("organization", "groups", "tags", "license_id", "res_format", "title", "name", "author")


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
        self._kept: OrderedDict[object, tuple[Entry, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, reads: Reads, principal: Principal, root: str) -> tuple[Entry, ...]:
        """All datasets the reader may see that have been published, by title."""
        key = (reads.generation(), id(reads.city), principal.scopes, root)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = _entries(reads, principal, Words(reads.city, root))
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


def search(entries: Sequence[Entry], wanted: Search) -> Json:
    """A page of what was found, with how many there are and how they spread over facets."""
    tests = [parse_query(text) for text in (wanted.q, *wanted.fq) if text.strip()]
    found = [entry for entry in entries if all(test(entry.document) for test in tests)]
    ordered = _sorted(found, wanted.sort)
    counts = {name: _counts(found, name, wanted.facet_limit) for name in wanted.facets}
    return {
        "count": len(found),
        "sort": wanted.sort or "score desc, metadata_modified desc",
        "results": [entry.package for entry in ordered[wanted.start : wanted.start + wanted.rows]],
        "facets": {name: dict(pairs) for name, pairs in counts.items()},
        "search_facets": {name: {"title": name, "items": _items(pairs)} for name, pairs in counts.items()},
    }


def _items(pairs: list[tuple[str, int]]) -> list[Json]:
    return [{"name": name, "display_name": name, "count": count} for name, count in pairs]


def _counts(found: Sequence[Entry], facet: str, limit: int) -> list[tuple[str, int]]:
    counted = Counter(value for entry in found for value in _values(entry.package, facet))
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return ordered if limit < 0 else ordered[:limit]


def _values(package: Json, facet: str) -> list[str]:
    if facet == "organization":
        return [package["organization"]["name"]]
    if facet in ("groups", "tags"):
        return [one["name"] for one in package[facet]]
    if facet == "res_format":
        return list(dict.fromkeys(one["format"] for one in package["resources"]))
    if facet not in FACETS:
        raise Invalid(f"there is no facet {facet[:60]!r}", where="facet.field")
    return [str(package[facet])] if package[facet] else []


def _sorted(found: list[Entry], sort: str) -> list[Entry]:
    """By the fields that were asked for; the newest first without a wish."""
    ordered = sorted(found, key=lambda entry: entry.package["name"])
    for part in reversed(
        [one.split() for one in (sort or "metadata_modified desc").split(",") if one.strip()]
    ):
        field, down = part[0], len(part) > 1 and part[1].lower() == "desc"
        name = {"title_string": "title", "score": "", "views_recent": ""}.get(field, field)
        if name not in ("", "name", "title", "metadata_modified", "metadata_created", "id"):
            raise Invalid(f"cannot sort by {field[:60]!r}", where="sort")
        if name:
            ordered.sort(key=lambda entry: str(entry.package[name] or "").casefold(), reverse=down)
    return ordered
