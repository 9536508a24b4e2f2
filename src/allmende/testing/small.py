"""A tiny city made in memory: one source of benches, read by a connector of a few lines.

city = small_city(columns=(Column("number", "integer", required=True), ...), key=("number",))
receive(store, lake, clock, [["number", "name"], [1, "Am Markt"]])
publish_dataset(city, city.datasets["benches"], Lists(), store, lake, clock)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from allmende.errors import Unreadable
from allmende.model.access import Access
from allmende.model.city import City, Contact
from allmende.model.dataset import Column, Dataset
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Clock, Fetched, Http, Lake, Parsed, Raw, Store
from allmende.structure.reading.shape import FoundColumn, shape

ADDRESS = "https://city.example/benches.json"


class Lists:
    """A connector for JSON lists of rows, the first of which holds the names."""

    def check(self, source: Source) -> list[Problem]:
        """It has no options, so nothing can be wrong."""
        return []

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The one answer of the address."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Rows by name; Unreadable when it is not a list of rows of equal length."""
        try:
            header, *rows = json.loads(raw.path.read_bytes())
            cells = list(zip(*rows, strict=True)) if rows else [()] * len(header)
            found = [FoundColumn(name, values) for name, values in zip(header, cells, strict=True)]
        except (ValueError, TypeError) as error:
            raise Unreadable(f"not a list of rows: {error}", hint="Write [[names], [values], ...].") from None
        return shape(found, len(rows), columns, raw_of=lambda index: json.dumps(rows[index]))


def small_city(**changes: Any) -> City:
    """Kleinstadt with the source and dataset `benches`; `changes` are fields of the dataset."""
    source = Source("benches", Text("Bänke", "Benches"), "lists", ADDRESS, "hourly", "cc0-1.0", "Kleinstadt")
    dataset = Dataset("benches", Text("Bänke", "Benches"), source="benches", access=Access.OPEN)
    return City(
        "kleinstadt",
        Text("Kleinstadt"),
        Contact("Stadt Kleinstadt"),
        sources={"benches": source},
        datasets={"benches": replace(dataset, **changes)},
    )


def receive(
    store: Store, lake: Lake, clock: Clock, rows: list[list[Any]] | bytes, source: str = "benches"
) -> Receipt:
    """Keep rows (or any bytes) as if they had just been fetched from the source."""
    content = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    sha256, size = lake.keep_raw([content])
    receipt = Receipt(source, ADDRESS, sha256, size, clock.now(), "application/json")
    store.add_receipt(receipt)
    return receipt
