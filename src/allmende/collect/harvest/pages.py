"""Reading a whole foreign catalogue: all its answers or none, within bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from allmende.collect.harvest.kinds import READ_AS, READERS
from allmende.collect.harvest.page import LARGEST, Page
from allmende.errors import SourceRefused, SourceUnreachable, Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, Harvest
from allmende.model.source import Receipt
from allmende.ports import Fetched, Http

MOST_PAGES = 2_000
MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Read:
    """All datasets of a catalogue, each once, and what to remember of the harvest."""

    datasets: tuple[ForeignDataset, ...]
    harvest: Harvest


def read_catalogue(
    catalogue: ForeignCatalogue, http: Http, known: Harvest | None, now: datetime
) -> Read | None:
    """Everything that `catalogue` lists; None when it says that nothing has changed since `known`.

    Raises SourceUnreachable, SourceRefused or Unreadable when a single answer is missing or cannot be read: half
    a catalogue would look as if the other half had been deleted.
    """
    reader = READERS[catalogue.kind]
    address, hashed = reader.first(catalogue), hashlib.sha256()
    if known is not None and not is_of(known, catalogue):
        known = None
    asked: set[str] = set()
    pages: list[Page] = []
    mark = Harvest(catalogue.id, now, "")
    while address:
        _check_address(address, catalogue, asked)
        asked.add(address)
        fetched = http.fetch(address, _receipt(catalogue, known) if known and not pages else None)
        if fetched is None:
            return None
        content = read_bounded(fetched)
        hashed.update(content)
        pages.append(reader.read(content, address))
        mark = replace(mark, etag=fetched.etag, last_modified=fetched.last_modified)
        address = pages[-1].following
    if len(pages) > 1:  # the mark of one page says nothing of the others
        mark = replace(mark, etag="", last_modified="")
    datasets, faults = joined(pages, catalogue)
    return Read(
        datasets, replace(mark, fingerprint=_definition(catalogue) + hashed.hexdigest()[:48], faults=faults)
    )


def is_of(known: Harvest, catalogue: ForeignCatalogue) -> bool:
    """True when the harvest was made with the catalogue's address, kind and filter as they are now."""
    return known.fingerprint.startswith(_definition(catalogue))


def _definition(catalogue: ForeignCatalogue) -> str:
    words = f"{READ_AS} {catalogue.kind} {catalogue.address} {catalogue.filter}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def read_bounded(fetched: Fetched) -> bytes:
    """The bytes of an answer. Raises SourceRefused as soon as it is too large."""
    found = bytearray()
    for chunk in fetched.chunks:
        found += chunk
        if len(found) > LARGEST:
            hint = "Ask its owner for pages, or narrow it with `filter`."
            size = LARGEST // 1024**2
            raise SourceRefused(f"the answer is larger than {size} MiB", where=fetched.address, hint=hint)
    return bytes(found)


def joined(
    pages: Sequence[Page], catalogue: ForeignCatalogue
) -> tuple[tuple[ForeignDataset, ...], tuple[str, ...]]:
    """All datasets, each once, with what could not be taken. Raises SourceRefused when some are missing."""
    found = {one.identifier: one for page in pages for one in page.datasets}
    faults = [fault for page in pages for fault in page.faults]
    given = sum(len(page.datasets) + len(page.faults) for page in pages)
    announced = pages[0].announced
    if announced is not None and given < announced:
        hint = "It may have changed meanwhile; it is asked again."
        raise SourceUnreachable(
            f"it announced {announced} datasets and gave {given}", where=catalogue.address, hint=hint
        )
    return tuple(found.values()), tuple(faults[:MOST_FAULTS])


def _receipt(catalogue: ForeignCatalogue, known: Harvest) -> Receipt | None:
    """What we remember, as the one that asks needs it; None when there is nothing to ask with."""
    if not known.etag and not known.last_modified:
        return None
    return Receipt(catalogue.id, catalogue.address, "", 0, known.at, "", known.etag, known.last_modified)


def _check_address(address: str, catalogue: ForeignCatalogue, asked: set[str]) -> None:
    """The next page lies on the same host as the catalogue, and was not read yet."""
    if address in asked:
        raise Unreadable("its pages lead in a circle", where=address)
    if len(asked) >= MOST_PAGES:
        raise SourceRefused(f"it has more than {MOST_PAGES} pages", where=catalogue.address)
    here, there = urlsplit(catalogue.address), urlsplit(address)
    if there.scheme not in (here.scheme, "https") or there.hostname != here.hostname:
        raise SourceRefused("its next page lies on another host", where=address)
