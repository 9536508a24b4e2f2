"""Digests of files that were sent before."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator


class Digests:
    """SHA-256 of files that were sent whole before, so that later answers can announce them."""

    def __init__(self, most: int = 4096) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def get(self, etag: str) -> str | None:
        """The digest for an ETag, in hex, if it is known."""
        return self._known.get(etag)

    def watching(self, etag: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks; after the last one the digest is known."""
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
            yield chunk
        self._known[etag] = digest.hexdigest()
        while len(self._known) > self._most:
            self._known.popitem(last=False)
