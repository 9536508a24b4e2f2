"""Rare combinations: rows about single people that few others share (k-anonymity, Sweeney 2002)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute

from allmende.guard.persons.words import COUNT_COLUMN, QUASI_COLUMNS
from allmende.model.guard import GuardFinding

LEAST = 5
_ENOUGH = 3


def rare_combinations(table: pa.Table, names: Sequence[str]) -> tuple[GuardFinding, ...]:
    """A finding when at least three traits of people stand side by side and fewer than five rows share them.

    Tables of counts are for statistical disclosure control, not for this.
    """
    found = _traits(names)
    if len(found) < _ENOUGH or any(_counts(table, name) for name in names if name not in found.values()):
        return ()
    groups = table.select(list(found.values())).group_by(list(found.values())).aggregate([([], "count_all")])
    few = groups.filter(pyarrow.compute.field("count_all") < LEAST)
    count = sum(number or 0 for number in few.column("count_all").to_pylist())
    if not count:
        return ()
    told = {"columns": ", ".join(found.values()), "least": str(LEAST)}
    return (GuardFinding("rare_combination", "", count, 0.8, (), True, "rare", told),)


def _counts(table: pa.Table, name: str) -> bool:
    """True for a column of numbers that says how many."""
    kind = table.schema.field(name).type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return is_number and bool(re.search(COUNT_COLUMN, name.lower()))


def _traits(names: Sequence[str]) -> dict[str, str]:
    """The first column of each trait."""
    found: dict[str, str] = {}
    for name in names:
        for trait, pattern in QUASI_COLUMNS.items():
            if trait not in found and re.search(pattern, name.lower()):
                found[trait] = name
    return found
