"""uData (France, Luxembourg, Portugal and others): `/api/1/datasets/`, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

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


class UdataReader:
    """Reads pages of datasets."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The first page; the filter is a search in all fields."""
        portal = catalogue.address.partition("/api/")[0].rstrip("/")
        asked = {"page_size": "100", **({"q": catalogue.filter} if catalogue.filter else {})}
        return f"{portal}/api/1/datasets/?{urlencode(asked)}"

    def read(self, content: bytes, address: str) -> Page:
        """The datasets of a page. Raises Unreadable."""
        answer = table(read_json(content))
        if not isinstance(answer.get("data"), list):
            raise Unreadable(
                "there are no datasets in this answer", hint="Give the address of a uData portal."
            )
        total = answer.get("total")
        page = collect(answer["data"], _dataset)
        following = web_address(answer.get("next_page"), address)
        return replace(page, following=following, announced=total if isinstance(total, int) else None)


def _dataset(theirs: Mapping[str, Any]) -> ForeignDataset:
    licence, given = licence_of(short(theirs.get("license")))
    return ForeignDataset(
        identifier=short(theirs.get("id")),
        title=short(theirs.get("title")),
        description=plain(theirs.get("description")),
        publisher=short(table(theirs.get("organization")).get("name")),
        licence=licence,
        licence_given=given,
        landing_page=web_address(theirs.get("page")),
        modified=short(theirs.get("last_modified")),
        keywords=words_of(theirs.get("tags")),
        distributions=tuple(
            ForeignDistribution(
                short(one.get("title")), web_address(one.get("url")), short(one.get("format"), 100)
            )
            for one in map(table, listed(theirs.get("resources"))[:MOST_PARTS])
        ),
    )
