"""The lake in a local folder: raw files and tables side by side."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from allmende.lake.content import content_hash
from allmende.lake.durable import sync_folder
from allmende.lake.raw import RawFiles
from allmende.lake.tables import DeltaTables
from allmende.ports import Written

SECRETS = "secrets"


class LocalLake:
    """The Lake port on a local disk: `raw/` and `lake/` below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._raw = RawFiles(self.root / "raw")
        self.tables_folder = self.root / "lake"
        self._tables = DeltaTables(self.tables_folder)

    def keep_raw(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store bytes durably; returns SHA-256 (hex) and size."""
        return self._raw.keep(chunks)

    def raw_path(self, sha256: str) -> Path:
        """Where the raw bytes lie; NotFound when there are none."""
        return self._raw.path(sha256)

    def open_raw(self, sha256: str) -> BinaryIO:
        """The raw bytes, for reading."""
        return self._raw.path(sha256).open("rb")

    def secret(self, name: str) -> bytes:
        """A secret of this lake, made when it is first asked for; only the lake's owner can read the file."""
        path = self.root / SECRETS / f"{name}.key"
        if not path.is_file():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = path.with_name(f".{name}-{os.getpid()}-{secrets.token_hex(4)}")
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            # Of two who make it at once, one wins and both read the same.
            with contextlib.suppress(FileExistsError):
                os.link(part, path)
            part.unlink()
            sync_folder(path.parent)
        return path.read_bytes()

    def content_hash(self, table: pa.Table) -> str:
        """The hash that `write` would report."""
        return content_hash(table)

    def write(self, dataset: str, table: pa.Table) -> Written:
        """Write a new version of the dataset's table, durable when this returns."""
        version = self._tables.write(dataset, table)
        return Written(version, content_hash(table), table.num_rows)

    def files(self, dataset: str, lake_version: int) -> tuple[str, ...]:
        """Paths of the Parquet files of a version."""
        return self._tables.files(dataset, lake_version)

    def read(
        self, dataset: str, lake_version: int, columns: Sequence[str] | None = None, start: int = 0
    ) -> pa.RecordBatchReader:
        """The rows of a version in order from row `start`, streamed; `columns` of them, or all."""
        return self._tables.read(dataset, lake_version, columns, start)
