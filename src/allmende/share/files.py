"""Downloads and raw files over HTTP: names, headers, streams."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.response import File, Stream

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.share.digests import Digests
from allmende.share.downloads.about import About, about
from allmende.share.downloads.formats import DESCRIPTION, FOR_SPREADSHEETS, FORMATS, FileName, Format
from allmende.share.downloads.text import csvw
from allmende.share.given import GivenCity, GivenDigests, GivenPrincipal, GivenReads
from allmende.share.reads import Reads
from allmende.share.series_files import series_file
from allmende.share.views import RowStream

_PUBLIC = re.compile(r"(?:/en)?/(?P<kind>d|raw)/(?P<name>[^/]+)")
_SERIES = re.compile(r"(?:/en)?/t/(?P<thing>[^/]+)/(?P<name>[^/]+\.(?:csv|json|parquet))")
_ENDINGS = (*(f".{name}" for name in FORMATS), f".{DESCRIPTION}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 64 * 1024


def inner_path(path: str) -> str | None:
    """Where a public address of a file is answered inside; None when the address is not a file's.

    `/d/trees` is a page and `/d/trees.csv` a file: a router by segments cannot tell them apart.
    """
    series = _SERIES.fullmatch(path)
    if series is not None:
        return f"/-/series/{series['thing']}/{series['name']}"
    found = _PUBLIC.fullmatch(path)
    if found is None:
        return None
    if found["kind"] == "raw":
        return f"/-/raw/{found['name']}"
    return f"/-/download/{found['name']}" if found["name"].endswith(_ENDINGS) else None


@get("/-/download/{name:str}", include_in_schema=False, sync_to_thread=True)
def download(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    *,
    digests: GivenDigests,
    name: str,
    bom: bool = False,
    spreadsheet: bool = False,
) -> Response[Any] | Stream:
    """A version as a file: `/d/trees@3.csv`; `?bom=1` puts Excel's mark before CSV, `?spreadsheet=1` writes CSV
    that is safe to open in a spreadsheet."""
    wanted = FileName.parse(name)
    stream = reads.stream(principal, wanted.dataset, wanted.version)
    words = about(stream, str(request.base_url).rstrip("/"), city.contact.publisher, city.invented)
    if wanted.format == DESCRIPTION:
        return Response(
            csvw(words),
            media_type="application/csvm+json",
            headers=_headers(words, private=_is_known(principal)),
        )
    return _file(
        request,
        stream,
        words,
        FOR_SPREADSHEETS if spreadsheet and wanted.format == "csv" else FORMATS[_fitting(wanted, stream)],
        reads=reads,
        digests=digests,
        principal=principal,
        bom=bom,
    )


def _fitting(wanted: FileName, stream: RowStream) -> str:
    if wanted.format == "geojson" and not any(c.type == "geometry" for c in stream.columns):
        raise NotFound("this dataset has no geometry", where=f"/d/{wanted.dataset}")
    return wanted.format


def _file(
    request: Request[Any, Any, Any],
    stream: RowStream,
    words: About,
    format_: Format,
    *,
    reads: Reads,
    digests: Digests,
    principal: Principal,
    bom: bool,
) -> Response[Any] | Stream:
    etag = _etag(words, format_, bom)
    headers = {**_headers(words, private=_is_known(principal)), "etag": f'"{etag}"'}
    headers["content-disposition"] = f'attachment; filename="{stream.version.pin}.{format_.name}"'
    digest = digests.get(etag)
    if digest:
        headers["repr-digest"] = f"sha-256=:{_base64(digest)}:"
    if f'"{etag}"' in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers, media_type=format_.media_type)
    if request.scope.get("state", {}).get("head"):
        return Response(b"", headers=headers, media_type=format_.media_type)
    reads.check_rows(principal, stream.version)
    chunks = _chunks(stream, words, format_, bom)
    return Stream(digests.watching(etag, chunks), headers=headers, media_type=format_.media_type)


def _chunks(stream: RowStream, words: About, format_: Format, bom: bool) -> Iterator[bytes]:
    """What the format writes, in pieces of a size that is worth sending."""
    parts = format_.write(stream.batches, words)
    held = [b"\xef\xbb\xbf"] if bom and format_ is FORMATS["csv"] else []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _headers(words: About, *, private: bool) -> dict[str, str]:
    page = f"/d/{words.dataset}@{words.version}"
    links = [f'<{licence.address}>; rel="license"' for licence in words.licences]
    links += [
        f'<{page}>; rel="about"',
        f'<{page}.{DESCRIPTION}>; rel="describedby"; type="application/csvm+json"',
    ]
    return {
        "link": ", ".join(links),
        "x-allmende-version": f"{words.dataset}@{words.version}",
        "x-allmende-content-sha256": words.content_hash,
        "x-allmende-attribution": quote("; ".join(words.attributions), safe=" ;,.()/-"),
        "cache-control": "private, no-store" if private else "no-cache",
    }


def _etag(words: About, format_: Format, bom: bool) -> str:
    """The same content, columns, words and format: the same file."""
    told = json.dumps(
        [*words.pairs(), [c.name for c in words.columns], format_.name, format_.media_type, bom]
    )
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _is_known(principal: Principal) -> bool:
    return principal.kind != "anonymous"


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


@get("/-/raw/{sha256:str}", include_in_schema=False, sync_to_thread=True)
def raw(reads: GivenReads, principal: GivenPrincipal, sha256: str) -> File:
    """Raw bytes as they came; always as a download, never shown, because nobody checked them."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound("there is no raw file of that name", where=f"/raw/{sha256}")
    view = reads.raw(principal, sha256)
    return File(
        view.path,
        filename=view.receipts[0].file_name or sha256,
        media_type="application/octet-stream",
        headers={
            "repr-digest": f"sha-256=:{_base64(sha256)}:",
            "cache-control": "private, no-store" if _is_known(principal) else "no-cache",
        },
    )


FILE_ROUTES = [download, raw, series_file]
