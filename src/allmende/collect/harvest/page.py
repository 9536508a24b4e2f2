"""What one answer of a foreign catalogue holds, and the small checks that all kinds share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from allmende.errors import Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset

LONGEST_TITLE, LONGEST_TEXT, LONGEST_ADDRESS = 500, 10_000, 2_000
MOST_PARTS = 200
"""So many keywords and distributions are kept of one dataset."""
LARGEST = 20 * 1024 * 1024
"""Bytes of one answer; what is larger should come in pages. RDF of this size takes about a gigabyte to read."""
_TAG = re.compile(r"<[^<>]{1,200}>")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its datasets, entries that could not be taken (in words), and the address of the next answer.

    `announced` is how many datasets the catalogue says it has in all; None when it does not say.
    """

    datasets: tuple[ForeignDataset, ...]
    faults: tuple[str, ...] = ()
    following: str = ""
    announced: int | None = None


class Reader(Protocol):
    """Understands one kind of catalogue."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """The address of the first answer."""
        ...

    def read(self, content: bytes, address: str) -> Page:
        """An answer that came from `address`; pure. Raises Unreadable."""
        ...


def read_json(content: bytes) -> Any:
    """JSON in UTF-8. Raises Unreadable."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON: {str(error)[:200]}") from None


def collect(entries: Iterable[Any], make: Callable[[Mapping[str, Any]], ForeignDataset]) -> Page:
    """The datasets that `make` makes of entries; one that is no entry, or has no name, becomes a fault."""
    found: list[ForeignDataset] = []
    faults: list[str] = []
    for number, entry in enumerate(entries, 1):
        made = make(entry) if isinstance(entry, dict) else None
        if made is None or not made.identifier or not made.title:
            faults.append(f"entry {number} has no identifier or no title")
        else:
            found.append(made)
    return Page(tuple(found), tuple(faults))


def short(value: Any, longest: int = LONGEST_TITLE) -> str:
    """Text of one value (German, or else the first language, when there are several), without control characters, cut."""
    if isinstance(value, dict):
        value = value.get("de") or next((one for one in value.values() if one), "")
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    clean = "".join(sign if sign.isprintable() else " " for sign in str(value)[: 2 * longest])
    return " ".join(clean.split())[:longest]


def plain(value: Any) -> str:
    """A description without tags of HTML."""
    return short(_TAG.sub(" ", value) if isinstance(value, str) else value, LONGEST_TEXT)


def web_address(value: Any, base: str = "") -> str:
    """An address that a page may link to (http or https, without a password), or nothing."""
    written = value.strip() if isinstance(value, str) else ""
    try:
        whole = urljoin(base, written) if written else ""
        parts = urlsplit(whole)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        return ""
    fits = len(whole) <= LONGEST_ADDRESS and whole.isprintable() and " " not in whole
    return whole if good and fits else ""


def words_of(values: Any) -> tuple[str, ...]:
    """Keywords: a list of texts or of objects with a name; each once."""
    if isinstance(values, str):
        values = values.split(",")
    found = (
        short(one.get("display_name") or one.get("title") or one.get("name"))
        if isinstance(one, dict)
        else short(one)
        for one in listed(values)
    )
    return tuple(dict.fromkeys(word for word in found if word))[:MOST_PARTS]


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def table(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
