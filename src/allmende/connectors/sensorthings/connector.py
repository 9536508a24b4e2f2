"""A foreign SensorThings server (OGC 15-078r6, 18-088): its datastreams with their newest observations.

Pages are followed by `@iot.nextLink`, at the same server only, and kept one after the other as they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from allmende.connectors.sensorthings.entries import PROPERTY_NAMES, read_pages
from allmende.errors import SourceRefused
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.observed import shape_observed
from allmende.structure.reading.options import check_options, read_options

_NEXT = "@iot.nextLink"
MOST_NEWEST = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """`filter` is a condition on datastreams in the words of SensorThings; `newest` is how many observations
    of each are asked for; `most` ends a server that pages without end; `property` is what tells a thing's
    values apart: `observed_property` or, when several have the same, `datastream`."""

    filter: str = ""
    newest: int = 1
    most: int = 1000
    property: str = "observed_property"


class SensorThingsConnector:
    """Reads what another server has observed."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        problems, file = check_options(Options, source), f"sources/{source.id}.toml"
        newest, name = source.options.get("newest", 1), source.options.get("property", PROPERTY_NAMES[0])
        if isinstance(newest, int) and not 1 <= newest <= MOST_NEWEST:
            problems.append(
                Problem(file, "$.options.newest", f"{newest} cannot be asked for", f"1 to {MOST_NEWEST}.")
            )
        if isinstance(name, str) and name not in PROPERTY_NAMES:
            hint = f"It is one of {', '.join(PROPERTY_NAMES)}."
            problems.append(Problem(file, "$.options.property", f"{name!r} tells nothing apart", hint))
        return problems

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """All pages as one answer, a line break between."""
        options = read_options(Options, source)
        pages = follow(first_page(source.address, options), http, options.most)
        first, replayed = next(pages)
        yield Fetched(
            source.address,
            _joined(first, pages),
            media_type="application/json",
            file_name="datastreams.json",
            replayed=replayed,
        )

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """One row for each observation; Unreadable when it is no answer of SensorThings."""
        options, reader = read_options(Options, source), JsonText()
        found = read_pages(reader.decode(raw.path.read_bytes()), reader, options.property)
        return shape_observed(found, columns, reader.notes)


def first_page(address: str, options: Options) -> str:
    """The address as it is when it asks already, else one that asks for datastreams with their newest values."""
    if "?" in address or "/Datastreams" in address:
        return address
    newest = f"Observations($orderby=phenomenonTime desc;$top={options.newest})"
    expand = f"Thing($expand=Locations),ObservedProperty,{newest}"
    condition = f"&$filter={quote(options.filter)}" if options.filter else ""
    return f"{address.rstrip('/')}/Datastreams?$top=100&$expand={quote(expand, safe='$=(),;/')}{condition}"


def follow(address: str, http: Http, most: int) -> Iterator[tuple[bytes, bool]]:
    """The pages in order. Raises SourceRefused when one is no page, leads elsewhere, or in a circle."""
    home, seen = urlsplit(address)[:2], {address}
    for _ in range(most):
        fetched = http.fetch(address)
        if fetched is None:
            return
        content = b"".join(fetched.chunks)
        yield content, fetched.replayed
        following = _next(content, address)
        if following is None:
            return
        address = urljoin(address, following)
        if urlsplit(address)[:2] != home:
            raise SourceRefused("the next page is said to lie at another server", where=address)
        if address in seen:
            raise SourceRefused("the pages lead in a circle", where=address)
        seen.add(address)


def _next(content: bytes, address: str) -> str | None:
    try:
        page: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceRefused("this is no JSON", where=address) from error
    if not isinstance(page, dict):
        raise SourceRefused("this is no page of a SensorThings server", where=address)
    following = page.get(_NEXT)
    return following if isinstance(following, str) else None


def _joined(first: bytes, rest: Iterator[tuple[bytes, bool]]) -> Iterator[bytes]:
    yield first
    for content, _ in rest:
        yield b"\n"
        yield content
