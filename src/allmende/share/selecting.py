"""From a selection to the numbers of its rows, and to the rows. Two passes: the first reads only what is asked about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Column, DatasetVersion
from allmende.model.selection import Condition, Contains, Order, Selection, columns_of, depth_of, leaves_of
from allmende.ports import Lake
from allmende.share.conditions import Conditions
from allmende.share.known_numbers import known_rows

pc: Any = pyarrow.compute  # its stubs are narrower than the functions are
DEEPEST = 40
_KEPT = 16
_MOST_NUMBERS = 2_000_000
RowNumbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Selecting:
    """Reads selections from one lake. `kept` are row numbers of the last questions, for their next pages."""

    lake: Lake
    kept: KeptNumbers

    def numbers(
        self, version: DatasetVersion, seen: Mapping[str, Column], selection: Selection
    ) -> RowNumbers | range:
        """Numbers (from 0) of all rows that are selected, in order. Raises RecipeInvalid."""
        if selection.where is None and not selection.order:
            return range(version.rows)
        if depth_of(selection.where) > DEEPEST:
            raise RecipeInvalid("the conditions lie too deep in each other", hint="Ask in a simpler way.")
        # Written out: 1, 1.0 and true are equal to Python, and different questions here.
        key = (version.pin, tuple(seen), repr(selection.where), repr(selection.order))
        found = self.kept.get(key)
        if found is None:
            found = self._find(version, seen, selection)
            self.kept.put(key, found)
        return found

    def rows(self, version: DatasetVersion, names: list[str], numbers: RowNumbers | range) -> pa.Table:
        """These rows in this order, with these columns."""
        wanted = np.asarray(numbers, dtype=np.int64)
        if not len(wanted) or not names:
            schema = self.lake.read(version.dataset, version.lake_version, names).schema
            return schema.empty_table()
        order = np.argsort(wanted, kind="stable")
        first = int(wanted[order[0]])
        batches = self.lake.read(version.dataset, version.lake_version, names, first)
        taken = list(known_rows(_taken(batches, wanted[order] - first)))
        table = pa.Table.from_batches(taken, batches.schema)
        return table if (order[1:] > order[:-1]).all() else table.take(_indices(np.argsort(order)))

    def _find(self, version: DatasetVersion, seen: Mapping[str, Column], selection: Selection) -> RowNumbers:
        names = _asked(seen, selection)
        conditions = Conditions(seen)
        found: list[RowNumbers] = []
        sorted_by: list[pa.Table] = []
        base = 0
        for batch in self.lake.read(version.dataset, version.lake_version, names):
            here = _where(conditions, batch, selection.where)
            found.append(here + base)
            if selection.order:
                keys = batch.select(list(dict.fromkeys(order.column for order in selection.order)))
                sorted_by.append(pa.Table.from_batches([keys]).take(_indices(here)))
            base += batch.num_rows
        numbers = np.concatenate(found) if found else np.array([], dtype=np.int64)
        return numbers[_sorted(sorted_by, selection)] if sorted_by else numbers


def _asked(seen: Mapping[str, Column], selection: Selection) -> list[str]:
    """The columns that have to be read to know which rows are selected."""
    asked = {*columns_of(selection.where), *(order.column for order in selection.order)}
    if any(isinstance(one, Contains) for _, one in leaves_of(selection.where)):
        asked |= {name for name, column in seen.items() if column.type == "text"}
    return [name for name in seen if name in asked] or list(seen)[:1]


def _where(conditions: Conditions, batch: pa.RecordBatch, where: Condition | None) -> RowNumbers:
    if where is None:
        return np.arange(batch.num_rows, dtype=np.int64)
    mask = pc.fill_null(conditions.mask(batch, where), False)
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)


def _sorted(keys: list[pa.Table], selection: Selection) -> Any:
    """The order of the rows; equal ones stay as published."""
    table = pa.concat_tables(keys)
    # A column may be named twice: later ones say nothing new.
    first: dict[str, Order] = {}
    for order in selection.order:
        first.setdefault(order.column, order)
    by = [(o.column, "descending" if o.descending else "ascending", "at_end") for o in first.values()]
    table = table.append_column("", pa.array(np.arange(table.num_rows)))
    return pc.sort_indices(table, sort_keys=[*by, ("", "ascending", "at_end")]).to_numpy()


def _taken(batches: Iterator[pa.RecordBatch], wanted: RowNumbers) -> Iterator[pa.RecordBatch]:
    """The wanted rows (ascending numbers, from the first row of the first batch)."""
    base = begin = 0
    for batch in batches:
        if begin >= len(wanted):
            return
        end = int(np.searchsorted(wanted, base + batch.num_rows))
        if end > begin:
            yield batch.take(_indices(wanted[begin:end] - base))
        begin, base = end, base + batch.num_rows


def _indices(numbers: RowNumbers) -> pa.Int64Array:
    return pa.array(numbers, pa.int64())


class KeptNumbers:
    """Row numbers of the last questions. Versions never change, so nothing of it gets old."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, RowNumbers] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> RowNumbers | None:
        """What was found for this question, if it is still known."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: object, numbers: RowNumbers) -> None:
        """Remember, unless it is very much; the longest unused goes."""
        with self._lock:
            self._kept[key] = numbers
            while len(self._kept) > _KEPT or sum(map(len, self._kept.values())) > _MOST_NUMBERS:
                self._kept.popitem(last=False)
