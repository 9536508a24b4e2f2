"""Raw bytes, stored once under their SHA-256 and never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from allmende.errors import NotFound
from allmende.lake.durable import sync_folder

_HEX = frozenset("0123456789abcdef")


class RawFiles:
    """A folder of raw files: `raw/ab/abcdef...`, read-only, durable when `keep` returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store bytes; returns their SHA-256 (hex) and size. A failed write leaves nothing behind."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".part-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as out:
                sha256, size = _copy(chunks, out)
            self._settle(temporary, sha256)
        finally:
            temporary.unlink(missing_ok=True)
        return sha256, size

    def _settle(self, temporary: Path, sha256: str) -> None:
        final = self._place(sha256)
        if final.exists():
            return
        final.parent.mkdir(exist_ok=True)
        temporary.chmod(0o444)
        temporary.rename(final)
        sync_folder(final.parent)
        sync_folder(self._folder)

    def path(self, sha256: str) -> Path:
        """Where the bytes lie; NotFound when there are none or `sha256` is not a hash."""
        if len(sha256) != 64 or not _HEX.issuperset(sha256) or not self._place(sha256).is_file():
            raise NotFound("there are no raw bytes with this hash", where=sha256)
        return self._place(sha256)

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _copy(chunks: Iterable[bytes], out: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        out.write(chunk)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest(), size


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
