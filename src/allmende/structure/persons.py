"""The guard against personal data, on every version before it is published."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from allmende.catalogue.access import Accesses
from allmende.errors import HeldBack
from allmende.guard.persons.inspect import inspect
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.guard import Decision, GuardFinding, undecided
from allmende.structure.parse import Rows

_SHOWN = Access.COMMERCIAL
REJECTED = "(rejected rows)"
"""How findings and decisions name the raw text of rows that were not taken."""


def refuse_persons(rows: Rows, city: City, dataset: Dataset, decisions: Iterable[Decision]) -> None:
    """HeldBack when columns that others may read seem to speak of people, and nobody has decided on it.

    What stays inside the city (protected, internal) may hold what the city needs for its work.
    """
    found = undecided(findings_of(rows, city, dataset), (*dataset.guard_allowed, *decisions))
    if found:
        said = ", ".join(f"{one.kind} in {one.column or 'the table'} ({one.count})" for one in found[:5])
        raise HeldBack(
            f"this may be personal data: {said}",
            reasons=("personal",),
            findings=found,
            where=f"datasets/{dataset.id}.toml",
            hint="Leave the column out or close it; if it may be public, say why under [[guard_allowed]].",
        )


def findings_of(rows: Rows, city: City, dataset: Dataset) -> tuple[GuardFinding, ...]:
    """What the guard finds in the columns that are to be shown outside."""
    accesses = Accesses(city)
    names = [name for name in rows.table.column_names if accesses.column(dataset.id, name) <= _SHOWN]
    found = inspect(rows.table.select(names), rows.columns) if names else ()
    return (*found, *_in_rejected(rows)) if len(names) == rows.table.num_columns else found


def _in_rejected(rows: Rows) -> tuple[GuardFinding, ...]:
    """Rows that were not taken are shown with their raw text, to those who may read all columns."""
    texts = [one.raw for one in rows.rejected]
    return inspect(pa.table({REJECTED: texts})) if texts else ()
