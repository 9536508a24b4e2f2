"""Reading rows: pages of them, all of them as a stream, and those that were rejected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from allmende.errors import NotFound
from allmende.model.access import ANONYMOUS, Access, Principal
from allmende.model.dataset import Column, DatasetVersion
from allmende.model.selection import Selection, columns_of
from allmende.model.source import Rejected
from allmende.share.dataset_reads import DatasetReads
from allmende.share.known_numbers import known_rows
from allmende.share.views import Extent, RejectedPage, RowsPage, RowStream, Selected

if TYPE_CHECKING:
    import pyarrow as pa

    from allmende.share.extents import KeptExtents
    from allmende.share.selecting import KeptNumbers

MOST_ROWS = 10_000
_REJECTED = ("row", "column", "reason", "raw", "code", "value")


class RowReads(DatasetReads):
    """What stands in datasets."""

    def rows(
        self,
        principal: Principal,
        dataset: str,
        version: int | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        columns: Sequence[str] = (),
    ) -> RowsPage:
        """Up to `limit` (at most 10,000) rows from `offset`, with `columns` or all the reader may see.

        Raises NotFound, also for a column that is not there or not for this reader.
        """
        found = self._readable_version(principal, dataset, version)
        chosen = _pick(self._columns(principal, found), columns, dataset)
        limit, offset = min(max(limit, 0), MOST_ROWS), max(offset, 0)
        self._count_rows(principal, found, max(0, min(limit, found.rows - offset)) if chosen else 0)
        names = [column.name for column in chosen]
        batches = self._lake.read(dataset, found.lake_version, names, offset)
        rows = tuple(_page(known_rows(batches), limit)) if chosen else ()
        return RowsPage(found.pin, chosen, rows, found.rows, offset, limit)

    def select(
        self, principal: Principal, dataset: str, version: int | None, selection: Selection
    ) -> Selected:
        """The selected rows, at most 10,000 at once, and how many there are in all.

        Raises NotFound for columns that are not there or not for this reader, RecipeInvalid for values that
        do not fit a column, QuotaUsed.
        """
        from allmende.share.selecting import Selecting  # numpy, shapely and Arrow's functions: 60 MB

        found = self._readable_version(principal, dataset, version)
        seen = self._columns(principal, found)
        known = {column.name: column for column in seen}
        asked = (*columns_of(selection.where), *(order.column for order in selection.order))
        _pick(seen, asked, dataset)
        chosen = _pick(seen, selection.columns, dataset)
        selecting = Selecting(self._lake, self._kept_numbers)
        numbers = selecting.numbers(found, known, selection)
        limit, offset = min(max(selection.limit, 0), MOST_ROWS), max(selection.offset, 0)
        page = numbers[offset : offset + limit]
        # How many there are is an answer, too: without rows it would tell values by halving.
        self._count_rows(principal, found, max(1, len(page)))
        rows = selecting.rows(found, [column.name for column in chosen], page)
        return Selected(found.pin, chosen, rows, tuple(int(n) + 1 for n in page), len(numbers), offset, limit)

    @cached_property
    def _kept_numbers(self) -> KeptNumbers:
        from allmende.share.selecting import KeptNumbers  # as above

        return KeptNumbers()

    def extent(self, principal: Principal, dataset: str, version: int | None = None) -> Extent:
        """Where and when the rows of a version are, of columns open to everybody. Raises NotFound.

        Of others it is not told, to no reader: it is made of all rows, and nothing would count them.
        """
        found = self._readable_version(principal, dataset, version)
        if not self._may_version(ANONYMOUS, found):
            return Extent()
        seen = {column.name: column.type for column in self._columns(ANONYMOUS, found)}
        shape = next((name for name, type_ in seen.items() if type_ == "geometry"), None)
        time = self.city.datasets[dataset].time_column
        dated = seen.get(time) in ("date", "datetime")
        return self._kept_extents.of(self._lake, found, shape, time if dated else None)

    @cached_property
    def _kept_extents(self) -> KeptExtents:
        from allmende.share.extents import KeptExtents  # as above

        return KeptExtents()

    def stream(self, principal: Principal, dataset: str, version: int | None = None) -> RowStream:
        """All rows of a version, in order, in batches. Raises NotFound, also when there is no download
        because the licence is not known. Reading the first batch counts all rows, and may raise QuotaUsed."""
        view = self.dataset(principal, dataset, version)
        if view.version is None or not view.downloadable:
            raise NotFound(f"there is no download of {dataset!r}", where=f"/d/{dataset}")
        batches = self._lake.read(dataset, view.version.lake_version)
        return RowStream(
            view, view.columns, self._counted(principal, view.version, _only(batches, view.columns))
        )

    def check_rows(self, principal: Principal, version: DatasetVersion) -> None:
        """QuotaUsed when an agreement does not hold all rows of a version; counts nothing."""
        if self._meter and self._version_access(version) > Access.OPEN:
            self._meter.check(principal.agreement, "rows", version.rows)

    def _counted(
        self, principal: Principal, version: DatasetVersion, batches: Iterator[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """The rows, counted when the first is asked for: who only asks what is new has used none."""
        self._count_rows(principal, version, version.rows)
        yield from batches

    def rejected(
        self,
        principal: Principal,
        dataset: str,
        version: int | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
    ) -> RejectedPage:
        """Rows that were not taken. The raw text is for readers of the whole raw file only, because it
        may hold columns that are closed; a fault in a closed column is not told."""
        found = self._readable_version(principal, dataset, version)
        faults = self._faults(found) if found.rejected_raw else ()
        shown = tuple(r for r in faults if self._may_fault(principal, found, r))
        if not self._may_raw_text(principal, found):
            hidden = self.city.datasets[dataset].disclosure is not None  # reasons quote counts, too
            shown = () if hidden else tuple(replace(r, raw="") for r in shown)
        self._count_rows(principal, found, len(shown[offset : offset + limit]))
        return RejectedPage(found.pin, shown[offset : offset + limit], len(shown))

    def _faults(self, version: DatasetVersion) -> tuple[Rejected, ...]:
        import pyarrow.parquet as pq  # 100 MB that a server of pages alone never needs

        table = pq.read_table(self._lake.raw_path(version.rejected_raw))
        # Files of older versions have no codes.
        names = [name for name in _REJECTED if name in table.column_names]
        rows = table.select(names).to_pylist()
        return tuple(Rejected(**{n: value or "" for n, value in row.items()}) for row in rows)  # type: ignore[arg-type]

    def _may_fault(self, principal: Principal, version: DatasetVersion, fault: Rejected) -> bool:
        if self._sees_all(principal, version):
            return True
        return fault.column in {c.name for c in self._columns(principal, version)}

    def _may_raw_text(self, principal: Principal, version: DatasetVersion) -> bool:
        dataset = self.city.datasets[version.dataset]
        closed = self._raw_access(dataset)
        return self._sees_all(principal, version) and principal.may_read(closed, dataset.id)


def _pick(columns: tuple[Column, ...], names: Sequence[str], dataset: str) -> tuple[Column, ...]:
    if not names:
        return columns
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise NotFound(f"{dataset!r} has no column {name!r}", where=f"/d/{dataset}")
    return tuple(known[name] for name in dict.fromkeys(names))


def _only(batches: pa.RecordBatchReader, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    names = [column.name for column in columns]
    for batch in batches:
        yield from known_rows([batch.select(names)])


def _page(batches: Iterator[pa.RecordBatch], limit: int) -> Iterator[tuple[object, ...]]:
    for batch in batches:
        if limit <= 0:
            return
        part = batch.slice(0, limit)
        limit -= part.num_rows
        yield from zip(*(column.to_pylist() for column in part.columns), strict=True)
