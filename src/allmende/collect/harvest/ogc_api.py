"""OGC API: collections of a service (OGC 17-069r4) and records of a catalogue (OGC 20-004)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from allmende.collect.harvest.licences import licence_of
from allmende.collect.harvest.page import (
    MOST_PARTS,
    Page,
    collect,
    listed,
    plain,
    read_json,
    short,
    table,
    web_address,
    words_of,
)
from allmende.errors import Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, ForeignDistribution

DATA = ("items", "enclosure", "data", "item")
"""Relations of links that lead to data (IANA link relations; OGC 17-069r4, 7.4)."""


class OgcApiReader:
    """Reads lists of collections, and records as GeoJSON."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The list of collections, or the records whose address (`.../items`) is written."""
        address = catalogue.address.rstrip("/")
        return address if address.endswith(("/items", "/collections")) else f"{address}/collections"

    def read(self, content: bytes, address: str) -> Page:
        """Collections or records of an answer. Raises Unreadable."""
        answer = table(read_json(content))
        entries = answer.get("collections", answer.get("features"))
        if not isinstance(entries, list):
            raise Unreadable("there are neither collections nor records in this answer")
        page = collect(entries, lambda one: _dataset(one, address))
        total = answer.get("numberMatched")
        following = next((_href(one, address) for one in _links(answer) if one.get("rel") == "next"), "")
        return replace(page, following=following, announced=total if isinstance(total, int) else None)


def _dataset(theirs: Mapping[str, Any], address: str) -> ForeignDataset:
    """A collection says all itself, a record in its `properties`."""
    said = {**theirs, **table(theirs.get("properties"))}
    links = _links(theirs)
    written = [
        short(said.get("license")),
        *(_href(one, address) for one in links if one.get("rel") == "license"),
    ]
    licence, given = licence_of(*written)
    page = next(
        (_href(one, address) for rel in ("alternate", "self") for one in links if one.get("rel") == rel), ""
    )
    return ForeignDataset(
        identifier=short(theirs.get("id")),
        title=short(said.get("title")) or short(theirs.get("id")),
        description=plain(said.get("description")),
        publisher=short(said.get("publisher")),
        licence=licence,
        licence_given=given,
        landing_page=page,
        modified=short(said.get("updated")),
        keywords=words_of(said.get("keywords")),
        distributions=tuple(
            ForeignDistribution(short(one.get("title")), _href(one, address), short(one.get("type"), 100))
            for one in links[:MOST_PARTS]
            if one.get("rel") in DATA and _href(one, address)
        ),
    )


def _links(theirs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in listed(theirs.get("links")) if isinstance(one, dict)]


def _href(link: Mapping[str, Any], address: str) -> str:
    return web_address(link.get("href"), address)
