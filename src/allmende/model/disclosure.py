"""How a dataset protects small groups of people: one method, declared in its file, for a family of tables.

Words follow the Handbook on Statistical Disclosure Control (Hundepool et al.) and its German reading at
Destatis: primary and secondary suppression, cell key, dominance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["suppression", "cell_key", "rounding"]
Why = Literal["small", "dominated", "complementary", "family", "noise", "rounded"]


MARK = "_status"
"""How the names of columns end that say which cells are not as they were counted."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One method for one family of tables.

    `dimensions` are the columns that name a cell, `values` the columns with its counts. `totals` says for a
    dimension which of its values stands for the sum of the others, `total_column` which of the value columns is
    the sum of the others. Counts from 1 to `minimum - 1` are small. `largest` is a column with the largest single
    contribution to the first value column (it is not published); a cell of which one contributor has more than
    `share` is dominated. `contributors` is a column with their number (not published either): fewer than `minimum`
    are small, whatever the value is. `beside` names columns of numbers that say nothing of people. No suppressed cell
    can be told to within `protection`. `base` is for rounding, `noise` and `variance` (of the noise) for cell keys.
    `areas` names overlapping areas by the blocks that they are made of.
    """

    method: Method
    family: str
    dimensions: tuple[str, ...]
    values: tuple[str, ...]
    totals: Mapping[str, str] = field(default_factory=dict)
    total_column: str = ""
    minimum: int = 3
    largest: str = ""
    share: float = 0.85
    contributors: str = ""
    beside: tuple[str, ...] = ()
    protection: int = 2
    base: int = 5
    noise: int = 4
    variance: float = 2.0
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def marks(self) -> frozenset[str]:
        """The columns that say which cells are not as they were counted; no source brings them."""
        return frozenset(f"{value}{MARK}" for value in self.values)

    @property
    def unpublished(self) -> tuple[str, ...]:
        """Columns that are there for the rule alone."""
        return tuple(filter(None, (self.largest, self.contributors)))


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is not published as it was counted: its row (the first is 1), column, and why.

    For the city's own log. What readers see says only that a cell was changed.
    """

    row: int
    column: str
    why: Why
    before: float | None
    after: float | None
