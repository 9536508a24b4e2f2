"""The contract of a dataset: what happens when the columns or the amount of the source's rows change.

`freeze` refuses, `evolve` takes new columns along, `discard` drops them, `declared` drops them too but wants all
that are declared. A dataset that declares no
columns is held to those of its newest version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

import pyarrow as pa

from allmende.catalogue.arrow_types import ARROW
from allmende.catalogue.disclosed import is_mark
from allmende.errors import ContractBroken, HeldBack
from allmende.model.dataset import Column, Dataset, DatasetVersion
from allmende.structure.parse import Rows, asked_columns

LARGEST_LOSS = 0.5
LARGEST_GAIN = 0.5
COLUMNS = "columns"
"""The code of faults that a new description of the columns can mend."""
FEWEST_TO_GROW = 20
"""A shorter list may double without anybody wondering."""
_KEPT = "The last version stays public, the raw bytes are kept."


def fit_columns(rows: Rows, dataset: Dataset, newest: DatasetVersion | None) -> Rows:
    """The rows with the columns that the contract promises. Raises ContractBroken."""
    promised = _promised(dataset, newest)
    if not promised:
        return rows
    try:
        return _fitted(rows, dataset, promised)
    except ContractBroken as fault:
        if dataset.columns:
            fault.code = COLUMNS
            raise
        # Nobody declared the columns, so a person may say that the new ones are right.
        raise HeldBack(fault.message, reasons=("columns",), where=fault.where, hint=fault.hint) from fault


def _fitted(rows: Rows, dataset: Dataset, promised: Sequence[Column]) -> Rows:
    _refuse_missing(rows, promised, dataset)
    _refuse_changed(rows, promised, dataset)
    extra = [c.name for c in rows.columns if c.name not in {p.name for p in promised}]
    if extra and dataset.contract == "freeze":
        raise ContractBroken(
            f"the source has columns that the contract does not know: {_named(extra)}",
            where=_file(dataset),
            hint=f'Declare them, or write contract = "discard" to leave them out or "evolve" to take them. {_KEPT}',
        )
    names = [column.name for column in promised]
    return _select(rows, promised, names if dataset.contract in ("discard", "declared") else [*names, *extra])


def _promised(dataset: Dataset, newest: DatasetVersion | None) -> Sequence[Column]:
    if dataset.columns:
        return asked_columns(dataset)
    found = newest.columns if newest else ()
    return tuple(c for c in found if c.name != dataset.district_column and not is_mark(c.name, dataset))


def _refuse_missing(rows: Rows, promised: Sequence[Column], dataset: Dataset) -> None:
    """Only `evolve` and `discard` forgive a missing column, and never one that is needed."""
    present = {column.name for column in rows.columns}
    missing = [c for c in promised if c.name not in present]
    needed = [c for c in missing if c.required or c.name in dataset.key]
    if len(missing) == len(promised) or (missing and dataset.contract in ("freeze", "declared")):
        needed = missing
    if needed:
        raise ContractBroken(
            f"the source has no column {_named([c.source_name or c.name for c in needed])}",
            where=_file(dataset),
            hint=f"{_nearest(needed, rows)}Correct source_name, or take the column out. {_KEPT}",
        )


def _nearest(missing: Sequence[Column], rows: Rows) -> str:
    there = [column.source_name or column.name for column in rows.columns]
    near = get_close_matches(missing[0].source_name or missing[0].name, there, n=1)
    return f"Did you mean {near[0]!r}? " if near else f"There are: {_named(there)}. "


def _refuse_changed(rows: Rows, promised: Sequence[Column], dataset: Dataset) -> None:
    """Declared columns are cast, so only detected ones can change their type."""
    types = {column.name: column.type for column in rows.columns}
    changed = [c for c in promised if c.name in types and types[c.name] != c.type]
    if changed and (dataset.columns or dataset.contract == "freeze"):
        said = ", ".join(f"{c.name!r} was {c.type} and is {types[c.name]}" for c in changed[:5])
        raise ContractBroken(
            f"columns changed their type: {said}",
            where=_file(dataset),
            hint=f'Declare the columns with their types, or write contract = "evolve". {_KEPT}',
        )


def _select(rows: Rows, promised: Sequence[Column], names: Sequence[str]) -> Rows:
    """The named columns in order; forgiven ones are filled with unknown."""
    known = {column.name: column for column in (*promised, *rows.columns)}
    height = rows.table.num_rows
    arrays = [
        rows.table.column(n)
        if n in rows.table.column_names
        else pa.array([None] * height, ARROW[known[n].type])
        for n in names
    ]
    return replace(rows, table=pa.table(arrays, names=list(names)), columns=tuple(known[n] for n in names))


def refuse_loss(rows: Rows, dataset: Dataset, maker_hash: str, newest: DatasetVersion | None) -> None:
    """ContractBroken when hardly a row can be taken, HeldBack when their number changed by more than half.

    Rather an old version than an emptied one. A changed definition is taken as a person's word that fewer rows are right.
    """
    if rows.table.num_rows == 0 or rows.rows_rejected > LARGEST_LOSS * rows.rows_in:
        raise ContractBroken(_most_rejected(rows), where=_file(dataset), hint=f"{_reasons(rows)}{_KEPT}")
    if newest is None or newest.maker_hash != maker_hash:
        return
    if rows.table.num_rows < (1 - LARGEST_LOSS) * newest.rows:
        said = f"only {rows.table.num_rows} rows are left of {newest.rows}; held back"
    elif newest.rows >= FEWEST_TO_GROW and rows.table.num_rows > (1 + LARGEST_GAIN) * newest.rows:
        said = f"there are {rows.table.num_rows} rows instead of {newest.rows}; held back"
    else:
        return
    raise HeldBack(
        said, reasons=("rows",), where=_file(dataset), hint=f"Is this right? Then release it. {_KEPT}"
    )


def _most_rejected(rows: Rows) -> str:
    if rows.rows_in == 0:
        return "the source has no rows"
    return f"{rows.rows_rejected} of {rows.rows_in} rows cannot be taken; held back"


def _reasons(rows: Rows) -> str:
    first = [f"row {r.row}, {r.column}: {r.reason}" for r in rows.rejected[:3]]
    return f"The first reasons: {'; '.join(first)}. " if first else "Look at the file at its address. "


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"


def _file(dataset: Dataset) -> str:
    return f"datasets/{dataset.id}.toml"
