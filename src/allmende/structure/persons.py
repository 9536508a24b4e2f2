"""The guard against personal data, on every version before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from allmende.catalogue.access import Accesses
from allmende.errors import HeldBack
from allmende.guard.persons.inspect import inspect
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset
from allmende.model.guard import Decision, GuardFinding, undecided
from allmende.structure.parse import Rows

_SHOWN = Access.COMMERCIAL
REJECTED = "(rejected rows)"
"""How findings and decisions name the raw text of rows that were not taken."""


def refuse_persons(rows: Rows, city: City, dataset: Dataset, decisions: Iterable[Decision]) -> None:
    """HeldBack when columns that others may read seem to speak of people, and nobody has decided on it.

    What stays inside the city (protected, internal) may hold what the city needs for its work.
    """
    hold_persons(undecided(findings_of(rows, city, dataset), (*dataset.guard_allowed, *decisions)), dataset)


def hold_persons(found: Sequence[GuardFinding], dataset: Dataset) -> None:
    """HeldBack when anything was found that nobody has decided on."""
    if found:
        said = ", ".join(f"{one.kind} in {one.column or 'the table'} ({one.count})" for one in found[:5])
        raise HeldBack(
            f"this may be personal data: {said}",
            reasons=("personal",),
            findings=tuple(found),
            where=f"datasets/{dataset.id}.toml",
            hint="Leave the column out or close it; if it may be public, say why under [[guard_allowed]].",
        )


def findings_of(rows: Rows, city: City, dataset: Dataset) -> tuple[GuardFinding, ...]:
    """What the guard finds in the columns that are to be shown outside."""
    found = table_findings(rows.table, rows.columns, city, dataset)
    shown = len(_shown(rows.table, city, dataset))
    return (*found, *_in_rejected(rows)) if shown == rows.table.num_columns else found


def table_findings(
    table: pa.Table, columns: Sequence[Column], city: City, dataset: Dataset
) -> tuple[GuardFinding, ...]:
    """What the guard finds in a table's columns that are to be shown outside, as one of this dataset."""
    names = _shown(table, city, dataset)
    return inspect(table.select(names), columns) if names else ()


def _shown(table: pa.Table, city: City, dataset: Dataset) -> list[str]:
    accesses = Accesses(city)
    return [name for name in table.column_names if accesses.column(dataset.id, name) <= _SHOWN]


def _in_rejected(rows: Rows) -> tuple[GuardFinding, ...]:
    """Rows that were not taken are shown with their raw text, to those who may read all columns."""
    texts = [one.raw for one in rows.rejected]
    return inspect(pa.table({REJECTED: texts})) if texts else ()
