"""The character that parts the cells of a delimited text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

DELIMITERS = (";", ",", "\t", "|")
LOOKED_AT = 60
"""How many lines are looked at."""
LONGEST = 4_000_000
"""Characters of a cell. A quotation mark left open makes one cell of all that follows."""


def find_delimiter(text: str) -> str:
    """The character that cuts the first lines into the most even number of cells; a comma when none does."""
    lines = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    return max(DELIMITERS, key=lambda one: _evenness(lines, one))


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
    if not counts:
        return 0.0, 0
    width, times = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1], pair[0]))
    return (times / max(1, sum(counts.values())) if width > 1 else 0.0), width
