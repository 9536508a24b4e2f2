"""Getting bytes onto the disk for good: neither Python nor the table format does this by itself."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Return when the file's bytes are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# A directory is synced the same way: what is made durable are the names in it.
sync_folder = sync_file


def sync_tree(folder: Path, newer_than: set[Path]) -> set[Path]:
    """Sync every file below `folder` that is not in `newer_than`, then their folders; returns all files."""
    files = {path for path in folder.rglob("*") if path.is_file()}
    fresh = files - newer_than
    for path in fresh:
        sync_file(path)
    for parent in {path.parent for path in fresh} | {folder}:
        sync_folder(parent)
    return files
