"""Dataset versions as Delta Lake tables: one table per dataset, one Delta version per publication.

Plain tables on purpose: reader version 1, no deletion vectors, no column mapping, so that
`read_parquet(files)` in any engine sees exactly the version. Row groups of 32k rows with ZSTD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, PostCommitHookProperties, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from allmende.errors import NotFound, StoreFault
from allmende.lake.durable import sync_folder, sync_tree

_PROPERTIES = WriterProperties(compression="ZSTD", max_row_group_size=32_768)
# By default the log of a table forgets after 30 days, and with it the way to old versions.
_FOR_EVER = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
_KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)
# One file per version keeps the rows in the order in which they were published.
_FILE_BYTES = 1 << 40


class DeltaTables:
    """The folder `lake/<dataset>/` of each dataset."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, dataset: str, table: pa.Table) -> int:
        """Write the rows as a new version, durable when this returns; gives the Delta version."""
        place = self._folder / dataset
        place.mkdir(parents=True, exist_ok=True)
        before = {path for path in place.rglob("*") if path.is_file()}
        try:
            write_deltalake(
                place,
                # In one piece: several are written at the same time, in no certain order.
                table.combine_chunks(),
                mode="overwrite",
                schema_mode="overwrite",
                target_file_size=_FILE_BYTES,
                writer_properties=_PROPERTIES,
                configuration=_FOR_EVER,
                post_commithook_properties=_KEEP_LOG,
            )
        except DeltaError as error:
            raise StoreFault(f"the table cannot be written: {error}", where=str(place)) from error
        # The writer syncs nothing: without this a power cut could lose a version that was announced.
        sync_tree(place, newer_than=before)
        sync_folder(self._folder)
        return int(DeltaTable(place).version())

    def files(self, dataset: str, lake_version: int) -> tuple[str, ...]:
        """The Parquet files of a version; NotFound when there is none."""
        try:
            uris = DeltaTable(self._folder / dataset, version=lake_version).file_uris()
        except TableNotFoundError as error:
            raise NotFound("the lake has no such table", where=dataset) from error
        except DeltaError as error:
            raise NotFound("the lake has no such version", where=f"{dataset} {lake_version}") from error
        return tuple(sorted(_path(uri) for uri in uris))

    def read(
        self, dataset: str, lake_version: int, columns: Sequence[str] | None = None, start: int = 0
    ) -> pa.RecordBatchReader:
        """The rows in order from row `start` (0 is the first), in batches; memory stays bounded."""
        files = self.files(dataset, lake_version)
        schema = pq.read_schema(files[0]).remove_metadata() if files else self._schema(dataset, lake_version)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return pa.RecordBatchReader.from_batches(schema, _batches(files, schema, start))

    def _schema(self, dataset: str, lake_version: int) -> pa.Schema:
        """The columns of a version without rows, which has no file to ask."""
        known = DeltaTable(self._folder / dataset, version=lake_version).schema().to_arrow()
        return pa.schema(known)  # type: ignore[arg-type]  # speaks Arrow's C interface, the stubs do not know


def _batches(files: tuple[str, ...], schema: pa.Schema, start: int) -> Iterator[pa.RecordBatch]:
    """The batches from row `start`; groups of rows before it are not read at all."""
    for file in files:
        with pq.ParquetFile(file, pre_buffer=False) as parquet:
            groups, start = _groups_from(parquet.metadata, start)
            for batch in parquet.iter_batches(batch_size=16_384, row_groups=groups, columns=schema.names):
                if start >= batch.num_rows:
                    start -= batch.num_rows
                    continue
                yield batch.slice(start).select(schema.names).cast(schema)
                start = 0


def _groups_from(metadata: pq.FileMetaData, start: int) -> tuple[list[int], int]:
    """The groups that hold rows from `start` on, and how many rows of the first of them come before it."""
    groups = list(range(metadata.num_row_groups))
    while groups and start >= metadata.row_group(groups[0]).num_rows:
        start -= metadata.row_group(groups.pop(0)).num_rows
    return groups, start


def _path(uri: str) -> str:
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri
