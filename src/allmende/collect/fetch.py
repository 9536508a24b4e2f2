"""Fetch a source: its raw bytes are kept, then a receipt says where they came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from urllib.parse import urlsplit

from allmende.errors import AllmendeError, SourceRefused, Unreadable
from allmende.model.run import Run, Step
from allmende.model.source import Receipt, Source
from allmende.ports import Clock, Connector, Fetched, Http, Lake, Store

HEAD = 4096
TRY_AGAIN = "Open the address in a browser; if it works there, run again. The last version stays public."
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html)\b", re.I | re.S
)


def fetch_source(
    source: Source, connector: Connector, http: Http, store: Store, lake: Lake, clock: Clock
) -> Run:
    """Ask the source's address once; outcome `new`, `unchanged` or `failed`, never an exception of ours.

    Bytes that arrived are kept even when they are useless (the message names their SHA-256), but
    only useful ones get a receipt: the newest receipt is what datasets are published from.
    """
    started = clock.now()
    known = next(iter(store.receipts(source.id)), None)
    try:
        receipts = tuple(
            _receive(source, fetched, lake, clock) for fetched in _answers(source, connector, http, known)
        )
    except AllmendeError as error:
        return _failed(source, clock, started, error)
    for receipt in receipts:
        if known is None or _told(receipt) != _told(known):
            store.add_receipt(receipt)
    fresh = [r for r in receipts if known is None or r.sha256 != known.sha256]
    return Run(
        step=Step("fetch", source.id),
        started=started,
        finished=clock.now(),
        outcome="new" if fresh else "unchanged",
        message=_summary(fresh),
    )


def _answers(source: Source, connector: Connector, http: Http, known: Receipt | None) -> Iterator[Fetched]:
    """What the connector fetches; a fault in a stranger's code ends this source only."""
    try:
        yield from connector.fetch(source, http, known)
    except AllmendeError:
        raise
    except Exception as error:
        raise Unreadable(
            f"the connector {source.connector!r} failed: {type(error).__name__}: {error}",
            where=source.address,
            hint="This is a fault of the connector; tell its owner.",
        ) from error


def _receive(source: Source, fetched: Fetched, lake: Lake, clock: Clock) -> Receipt:
    """Keep the bytes, then judge them; SourceRefused when they cannot be data."""
    chunks = iter(fetched.chunks)
    first = next(chunks, b"")
    sha256, size = lake.keep_raw(chain([first], chunks))
    refuse_useless(fetched.address, first[:HEAD], size, sha256)
    return Receipt(
        source=source.id,
        address=fetched.address,
        sha256=sha256,
        size=size,
        fetched_at=clock.now(),
        media_type=fetched.media_type,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        file_name=fetched.file_name,
        replayed=fetched.replayed,
    )


def refuse_useless(address: str, head: bytes, size: int, sha256: str) -> None:
    """SourceRefused for no bytes at all, or a web page where data belong (a login, an error page)."""
    if size == 0:
        raise SourceRefused(
            "the address answered with an empty file", where=address, hint="The last version stays public."
        )
    if is_web_page(head):
        raise SourceRefused(
            f"the address answered with a web page instead of data (kept as {sha256[:12]})",
            where=address,
            hint="Open it in a browser: often it is a login or an error page; use the address of the file.",
        )


def is_web_page(head: bytes) -> bool:
    """True when the first bytes of a file are those of an HTML page."""
    return _HTML.match(head) is not None


def _told(receipt: Receipt) -> tuple[str, ...]:
    """What makes two receipts of a source worth keeping both."""
    return receipt.sha256, receipt.address, receipt.etag, receipt.last_modified


def _summary(fresh: list[Receipt]) -> str:
    if not fresh:
        return "nothing new"
    size = sum(receipt.size for receipt in fresh)
    place = "recorded files" if fresh[0].replayed else urlsplit(fresh[0].address).netloc or fresh[0].address
    return f"{size} bytes from {place}"


def _failed(source: Source, clock: Clock, started: datetime, error: AllmendeError) -> Run:
    return Run(
        step=Step("fetch", source.id),
        started=started,
        finished=clock.now(),
        outcome="failed",
        message=f"{error.where or source.address}: {error.message}",
        hint=error.hint or TRY_AGAIN,
        transient=error.transient,
    )
