"""CKAN's words and ours (Action API version 3, docs.ckan.org/en/latest/api).

CKAN calls a dataset *package* and a distribution *resource*. Names and e-mail addresses of persons
(author, maintainer) are not taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

SEARCH = "/api/3/action/package_search"
MOST_PER_PAGE = 1000
"""CKAN gives no more rows at once, whatever is asked for (`ckan.search.rows_max`)."""


def page_address(address: str, query: str, start: int, rows: int) -> str:
    """The address of one page of the portal's catalogue, in a stable order.

    `address` is the portal, or any address of its Action API.
    """
    parts = urlsplit(address)
    path = parts.path.partition("/api/")[0].rstrip("/")
    asked = {"fq": query, "sort": "metadata_created asc, id asc", "rows": str(rows), "start": str(start)}
    words = urlencode({name: value for name, value in asked.items() if value})
    return urlunsplit((parts.scheme, parts.netloc, f"{path}{SEARCH}", words, ""))


def datasets_of(answer: Any) -> tuple[list[Any], int | None] | None:
    """The datasets in an answer and how many the portal says there are; None when it is no such answer."""
    result = answer.get("result") if isinstance(answer, dict) else None
    if not answer_succeeded(answer):
        return None
    if isinstance(result, dict) and isinstance(result.get("results"), list):
        count = result.get("count")
        return result["results"], count if isinstance(count, int) else None
    return ([result], None) if isinstance(result, dict) and "resources" in result else None


def answer_succeeded(answer: Any) -> bool:
    """True for an answer that CKAN itself calls a success."""
    return isinstance(answer, dict) and answer.get("success") is True


def error_of(answer: Any) -> str:
    """What CKAN says went wrong, or nothing."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return str(error.get("message") or error.get("__type") or "") if isinstance(error, dict) else ""


def to_record(theirs: Mapping[str, Any]) -> dict[str, Any]:
    """One dataset in our words; what is missing or empty is None."""
    organisation = theirs.get("organization")
    extras = _extras(theirs)
    return {
        "id": text(theirs.get("id")),
        "name": text(theirs.get("name")),
        "title": text(theirs.get("title")),
        "description": text(theirs.get("notes")),
        "organisation": text(organisation.get("title")) if isinstance(organisation, dict) else None,
        "licence": text(theirs.get("license_id")),
        "licence_title": text(theirs.get("license_title")),
        "licence_address": text(theirs.get("license_url")),
        "homepage": text(theirs.get("url")),
        "keywords": _names(theirs.get("tags")),
        "themes": _names(theirs.get("groups")),
        "period_from": text(extras.get("temporal_coverage_from") or extras.get("temporal_start")),
        "period_to": text(extras.get("temporal_coverage_to") or extras.get("temporal_end")),
        "created": text(theirs.get("metadata_created")),
        "modified": text(theirs.get("metadata_modified")),
        "distributions": [
            _distribution(one) for one in _list(theirs.get("resources")) if isinstance(one, dict)
        ],
    }


def _distribution(theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": text(theirs.get("name")) or text(theirs.get("description")),
        "address": text(theirs.get("url")),
        "format": text(theirs.get("format")),
        "licence": text(theirs.get("license")),
        "modified": text(theirs.get("last_modified")),
    }


def text(value: Any) -> str | None:
    """Text in German, or else the first language, when a portal writes several."""
    if isinstance(value, dict):
        value = value.get("de") or next((v for v in value.values() if v), None)
    return value.strip() or None if isinstance(value, str) else None


def _names(value: Any) -> list[str]:
    names = [
        v.get("display_name") or v.get("title") or v.get("name") if isinstance(v, dict) else v
        for v in _list(value)
    ]
    return [name for one in names if (name := text(one))]


def _extras(theirs: Mapping[str, Any]) -> dict[str, Any]:
    pairs = _list(theirs.get("extras"))
    return {str(p.get("key")): p.get("value") for p in pairs if isinstance(p, dict)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
