"""What must hold between rows: required cells, keys that are there once, ids that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from allmende.connectors.gtfs.cells import Bad, repeated, trimmed
from allmende.connectors.gtfs.feed import Feed
from allmende.connectors.gtfs.tables import Form, Reference

pc: Any = pyarrow.compute  # its stubs are narrower than the functions are
Cells = dict[str, Any]  # texts by column, as Arrow arrays


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that cannot be taken, with the column and the reason; `source` is its name in the file, where it differs."""

    rows: Bad
    column: str
    reason: str
    source: str = ""


def faults_of(form: Form, cells: Cells, feed: Feed, notes: dict[str, str]) -> Iterator[Fault]:
    """Every fault of a table; what is only odd goes into `notes`."""
    rows = len(next(iter(cells.values()), ()))
    if not rows:
        return
    for name in form.required:
        yield Fault(_empty(form, cells, name), name, "is required and empty")
    if form.key and all(name in cells for name in form.key):
        reason = f"there is a row with this {' and '.join(form.key)} already"
        yield Fault(repeated([cells[name] for name in form.key]), form.key[0], reason)
    for reference in form.references:
        if reference.column in cells:
            yield from _dangling(reference, cells[reference.column], feed, notes)


def _empty(form: Form, cells: Cells, name: str) -> Bad:
    found = pc.is_null(cells[name])
    if name == "stop_id":  # GTFS-Flex: an area may stand for a stop
        for other in form.others:
            if other in cells:
                found = pc.and_(found, pc.is_null(cells[other]))
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _dangling(
    reference: Reference, column: pa.Array[Any], feed: Feed, notes: dict[str, str]
) -> Iterator[Fault]:
    places = " or ".join(f"{table}.txt" for table, _ in reference.targets)
    known = _known(reference, feed)
    if known is None:
        notes[f"ids in {reference.column}"] = f"not checked: there is no {places} here"
        return
    lost = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=known)))
    bad = np.asarray(lost.to_numpy(zero_copy_only=False))
    if not bad.any():
        return
    if reference.strict:
        yield Fault(bad, reference.column, f"is not in {places}")
    else:
        notes[f"ids in {reference.column}"] = f"{int(bad.sum())} rows name one that is not in {places}"


def _known(reference: Reference, feed: Feed) -> pa.Array[Any] | None:
    found = []
    for table, column in reference.targets:
        target = feed.read(table)
        if target is not None and column in target.cells.column_names:
            found.append(pc.unique(trimmed(target.cells[column])))
    return pc.unique(pa.concat_arrays(found)) if found else None
