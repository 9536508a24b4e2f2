"""Files of a backup: copied with their hash, packed, unpacked. Everything is on disk when it returns."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

from allmende.errors import StoreFault

_CHUNK = 1024 * 1024
LARGEST_MANIFEST = 512 * 1024 * 1024


def copy_into(source: Path, target: Path) -> str:
    """Copy one file, durably; returns the SHA-256 of what was written. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as old, target.open("wb") as new:
        while chunk := old.read(_CHUNK):
            digest.update(chunk)
            new.write(chunk)
        new.flush()
        os.fsync(new.fileno())
    target.chmod(source.stat().st_mode & 0o777)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """The SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_hash(text: object) -> bool:
    """Is this a SHA-256 in hex?"""
    return isinstance(text, str) and len(text) == 64 and not set(text) - set("0123456789abcdef")


def sync(path: Path) -> None:
    """Return when the file, or the names in the folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(folder: Path, target: Path, last: str) -> None:
    """All files of `folder` as a tar, `last` at its end; appears under its name only when it is whole."""
    part = target.with_name(f".{target.name}.part")
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    try:
        with tarfile.open(part, "w") as tar:
            for name in [*(n for n in names if n != last), last]:
                tar.add(folder / name, name)
        sync(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync(target.parent)


def unpack(source: Path, folder: Path) -> None:
    """Unpack a tar; StoreFault when it is none, or wants to write elsewhere."""
    try:
        with tarfile.open(source, "r") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise StoreFault(
            f"the backup cannot be unpacked: {error}", where=str(source), hint="Use another backup."
        ) from error


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest's values; StoreFault when there is none or it is no JSON object."""
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise ValueError("too large")
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreFault(
            f"there is no readable manifest: {error}",
            where=str(path.parent),
            hint="This is no backup, or it was never finished.",
        ) from error
    if not isinstance(values, dict):
        raise StoreFault("the manifest is no object", where=str(path))
    return values
