"""CKAN's Action API (version 3), page by page; also a DKAN that speaks it, and one dataset alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from allmende.collect.harvest.licences import licence_of
from allmende.collect.harvest.page import (
    LONGEST_TEXT,
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

ROWS = 100
SEARCH = "/api/3/action/package_search"


class CkanReader:
    """Reads answers of `package_search`, `package_show`, and a dataset as it stands in them."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The first page, in an order that stays the same while we read."""
        parts = urlsplit(catalogue.address)
        path = parts.path.partition("/api/")[0].rstrip("/") + SEARCH
        asked = {"fq": catalogue.filter, "sort": "metadata_created asc, id asc", "rows": ROWS, "start": 0}
        words = urlencode({name: value for name, value in asked.items() if value != ""})
        return urlunsplit((parts.scheme, parts.netloc, path, words, ""))

    def read(self, content: bytes, address: str) -> Page:
        """The datasets of an answer. Raises Unreadable."""
        answer = read_json(content)
        entries, count = _entries(answer)
        page = collect(entries, lambda one: _dataset(one, address))
        return replace(page, announced=count, following=_following(address, len(entries), count))


def _entries(answer: Any) -> tuple[list[Any], int | None]:
    if isinstance(answer, dict) and answer.get("success") is False:
        raise Unreadable(
            f"the portal says: {short(table(answer.get('error')).get('message')) or 'no success'}"
        )
    result = table(answer).get("result", answer)
    if isinstance(result, dict) and isinstance(result.get("results"), list):
        count = result.get("count")
        return result["results"], count if isinstance(count, int) else None
    if isinstance(result, dict) and isinstance(result.get("resources"), list):
        return [result], None
    raise Unreadable(
        "there are no datasets in this answer", hint="Give the address of a portal that speaks CKAN."
    )


def _following(address: str, rows: int, count: int | None) -> str:
    """The next page's address, while the portal has more than it has given."""
    parts = urlsplit(address)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    start = asked.get("start", "")
    if not start.isdigit() or not rows or count is None or int(start) + rows >= count:
        return ""
    return urlunsplit(parts._replace(query=urlencode({**asked, "start": str(int(start) + rows)})))


def _dataset(theirs: Mapping[str, Any], address: str) -> ForeignDataset:
    """One dataset; names of persons (author, maintainer) are not taken over."""
    written = (short(theirs.get(name)) for name in ("license_id", "license_url", "license_title", "license"))
    licence, _ = licence_of(*(one for one in written if one))
    given = short(theirs.get("license_title") or theirs.get("license_id") or theirs.get("license"))
    organisation = table(theirs.get("organization"))
    portal = address.partition("/api/")[0]
    name = short(theirs.get("name"))
    page = f"{portal}/dataset/{name}" if name and "/api/" in address else ""
    return ForeignDataset(
        identifier=short(theirs.get("id"), LONGEST_TEXT),
        title=short(theirs.get("title")) or name,
        description=plain(theirs.get("notes") or theirs.get("description")),
        publisher=short(organisation.get("title") or theirs.get("publisher")),
        licence=licence,
        licence_given=given,
        landing_page=web_address(theirs.get("url")) or web_address(page),
        modified=short(theirs.get("metadata_modified") or theirs.get("aktualisiert")),
        keywords=words_of(theirs.get("tags")),
        distributions=_distributions(theirs, address),
    )


def _distributions(theirs: Mapping[str, Any], address: str) -> tuple[ForeignDistribution, ...]:
    found = (
        ForeignDistribution(
            short(one.get("name") or one.get("title") or one.get("description")),
            next(
                (
                    a
                    for name in ("file_url", "link_to_api", "file_link", "url")
                    if (a := web_address(one.get(name), address))
                ),
                "",
            ),
            short(one.get("format"), 100),
        )
        for one in map(table, listed(theirs.get("resources"))[:MOST_PARTS])
    )
    return tuple(one for one in found if one.address)
