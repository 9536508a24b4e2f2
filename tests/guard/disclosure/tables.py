"""Tables with sums, made up so that the truth is known."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product
from typing import Any

import pyarrow as pa

from allmende.model.disclosure import Disclosure

TOTAL = "all"


def table_of(sizes: tuple[int, ...], seed: int, *, small: float = 0.2, largest: int = 60) -> pa.Table:
    """Counts for every combination of categories, with every sum over one or several dimensions."""
    chance = random.Random(seed)
    counts = {
        place: chance.randrange(1, 3) if chance.random() < small else chance.randrange(0, largest)
        for place in product(*(range(size) for size in sizes))
    }
    return summed(counts, sizes)


def summed(counts: Mapping[Any, int], sizes: tuple[int, ...]) -> pa.Table:
    """The table of these counts with all sums."""
    rows = []
    for place in product(*([*range(size), None] for size in sizes)):
        fits = (
            n for key, n in counts.items() if all(p in (None, k) for p, k in zip(place, key, strict=True))
        )
        rows.append((*(TOTAL if p is None else f"c{p}" for p in place), sum(fits)))
    names = [*(f"d{n}" for n in range(len(sizes))), "people"]
    return pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})


def rule_of(size: int, method: str = "suppression", **changes: object) -> Disclosure:
    """The rule that goes with such a table."""
    names = tuple(f"d{n}" for n in range(size))
    fields: dict[str, object] = {
        "method": method, "family": "people", "dimensions": names, "values": ("people",),
        "totals": dict.fromkeys(names, TOTAL),
    }  # fmt: skip
    return Disclosure(**(fields | changes))  # type: ignore[arg-type]


def people_of(table: pa.Table) -> list[int]:
    """The counts of a table; every cell has one."""
    found = table.column("people").to_pylist()
    assert None not in found
    return [int(one) for one in found if one is not None]
