"""The connector: page through the portal, keep its answers one after the other, read them to rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from allmende.connectors.ckan.mapping import MOST_PER_PAGE, datasets_of, error_of, page_address, to_record
from allmende.errors import SourceRefused, Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.jsontext import JsonText
from allmende.structure.reading.options import check_options, read_options
from allmende.structure.reading.shape import FoundColumn, shape
from allmende.structure.reading.values import Fault

NAMES = tuple(to_record({}))
TYPES: dict[str, Any] = {
    **dict.fromkeys(NAMES, "text"),
    **dict.fromkeys(("keywords", "themes", "distributions"), "json"),
    **dict.fromkeys(("created", "modified"), "datetime"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """`query` filters in the words of the portal (`organization:stadt-jena`); `page` is rows at once;
    `most` ends a harvest that does not end by itself."""

    query: str = ""
    page: int = 100
    most: int = 100_000


class CkanConnector:
    """Harvests a portal that speaks CKAN's Action API."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options."""
        problems = check_options(Options, source)
        page = source.options.get("page")
        if isinstance(page, int) and not 1 <= page <= MOST_PER_PAGE:
            message = f"{page} rows at once are not possible"
            problems.append(
                Problem(f"sources/{source.id}.toml", "$.options.page", message, f"1 to {MOST_PER_PAGE}.")
            )
        return problems

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """All pages as one answer: the bytes of each as they came, with a line break between."""
        options = read_options(Options, source)
        pages = _pages(source.address, options, http)
        first, replayed = next(pages)
        yield Fetched(
            source.address,
            _joined(first, pages),
            media_type="application/json",
            file_name="catalogue.json",
            replayed=replayed,
        )

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Datasets to rows; Unreadable for anything that is no answer of a portal."""
        reader = JsonText()
        records, count = read_answers(reader.decode(raw.path.read_bytes()), reader)
        faults = find_faults(records)
        good = [to_record(record) if isinstance(record, dict) else {} for record in records]
        detected = {**reader.notes, "datasets": str(len(records))}
        if count is not None and count != len(records):
            detected["datasets_announced"] = str(count)
        return shape(
            [FoundColumn(name, [record.get(name) for record in good], TYPES[name]) for name in NAMES],
            len(records),
            columns,
            raw_of=lambda index: json.dumps(records[index], ensure_ascii=False),
            faults=faults,
            detected=detected,
            zone=ZoneInfo("UTC"),
        )


def _pages(address: str, options: Options, http: Http) -> Iterator[tuple[bytes, bool]]:
    """The answers in order until a page is not full; SourceRefused when a page is none."""
    for start in range(0, options.most, options.page):
        page = page_address(address, options.query, start, options.page)
        fetched = http.fetch(page)
        if fetched is None:
            return
        content = b"".join(fetched.chunks)
        yield content, fetched.replayed
        if _datasets_in(content, page) < options.page:
            return


def _datasets_in(content: bytes, page: str) -> int:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    found = datasets_of(answer)
    if found is None:
        raise SourceRefused(
            f"this is no answer of a CKAN portal {error_of(answer)}".strip(),
            where=page,
            hint="Write the portal's address, such as https://opendata.example.org.",
        )
    return len(found[0])


def _joined(first: bytes, rest: Iterator[tuple[bytes, bool]]) -> Iterator[bytes]:
    yield first
    for content, _ in rest:
        yield b"\n"
        yield content


def read_answers(text: str, reader: JsonText) -> tuple[list[Any], int | None]:
    """All datasets of all answers in `text`, and how many the portal announced last."""
    records: list[Any] = []
    count: int | None = None
    place = 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        answer, place = reader.parse_first(text, place)
        found = datasets_of(answer)
        if found is None:
            raise Unreadable(f"this is no answer of a CKAN portal {error_of(answer)}".strip())
        records += found[0]
        count = found[1]
    if not place:
        raise Unreadable("the file is empty")
    return records, count


def find_faults(records: Sequence[Any]) -> list[Fault]:
    """Rows that are no datasets, and datasets that came twice (the portal changed while we paged)."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, record in enumerate(records):
        id_ = record.get("id") if isinstance(record, dict) else None
        if not isinstance(id_, str) or not id_:
            faults.append(Fault(index, "id", "this is no dataset: it has no id"))
        elif id_ in seen:
            faults.append(Fault(index, "id", f"the dataset {id_} came twice"))
        else:
            seen.add(id_)
    return faults
