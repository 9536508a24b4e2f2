"""Lists in the form of DCAT-US 1.1 (`data.json`), which DKAN and ArcGIS Hub publish (resources.data.gov/resources/dcat-us)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allmende.collect.harvest.ckan import CkanReader
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
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, ForeignDistribution


class DcatUsReader:
    """Reads the list, which is one document; `path` is where such portals have it."""

    path = "/data.json"

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The list's address; a file is taken as it is written."""
        address = catalogue.address
        return address if address.endswith(".json") else address.rstrip("/") + self.path

    def read(self, content: bytes, address: str) -> Page:
        """The datasets of the list; what DKAN says in CKAN's words is read, too. Raises Unreadable."""
        answer = read_json(content)
        entries = table(answer).get("dataset")
        if not isinstance(entries, list):
            return CkanReader().read(content, address)
        return collect(entries, _dataset)


class HubReader(DcatUsReader):
    """ArcGIS Hub, which has the list at another place."""

    path = "/api/feed/dcat-us/1.1.json"


def _dataset(theirs: Mapping[str, Any]) -> ForeignDataset:
    identifier = short(theirs.get("identifier"), 2000)
    licence, given = licence_of(short(theirs.get("license"), 2000))
    return ForeignDataset(
        identifier=identifier,
        title=short(theirs.get("title")),
        description=plain(theirs.get("description")),
        publisher=short(table(theirs.get("publisher")).get("name")),
        licence=licence,
        licence_given=given,
        landing_page=web_address(theirs.get("landingPage")) or web_address(identifier),
        modified=short(theirs.get("modified")),
        keywords=words_of(theirs.get("keyword")),
        distributions=tuple(map(_distribution, map(table, listed(theirs.get("distribution"))[:MOST_PARTS]))),
    )


def _distribution(theirs: Mapping[str, Any]) -> ForeignDistribution:
    return ForeignDistribution(
        short(theirs.get("title")),
        web_address(theirs.get("downloadURL")) or web_address(theirs.get("accessURL")),
        short(theirs.get("format") or theirs.get("mediaType"), 100),
    )
