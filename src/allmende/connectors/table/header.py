"""Finding the header: titles above it, tables without one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_VALUE = re.compile(
    r"[+-]?[\d.,]*\d[\d.,]*\s?[%€]?|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ].*)?|(?i:true|false|wahr|falsch)"
)
_YEAR_OR_DATE = re.compile(r"(19|20)\d\d|\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}")
LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Header:
    """`first` is the index of the header's first row, `count` how many rows it has (0: none), `names` the names."""

    first: int
    count: int
    names: tuple[str, ...]

    @property
    def body(self) -> int:
        """The index of the first row after the header."""
        return self.first + self.count


def find_header(
    rows: Sequence[Sequence[str]], row: int | None, count: int, names: Sequence[str], skip: int
) -> Header:
    """The header among the first rows: as declared (`row` from 1, 0 for none), or detected."""
    if row == 0 or (row is None and names):
        return Header(skip, 0, tuple(names) or _numbered(rows, skip))
    if row is not None:
        return Header(row - 1, count, _joined(rows[row - 1 : row - 1 + count]))
    first = _first_full(rows, skip)
    if first + 1 < len(rows) and _counts_up(rows[first]) and _is_header(rows, first + 1):
        first += 1
    several = _text_rows(rows, first)
    if count == 1 and several > 1:
        return Header(first, several, _joined(rows[first : first + several]))
    if first < len(rows) and _is_header(rows, first):
        return Header(first, count, _joined(rows[first : first + count]))
    return Header(first, 0, _numbered(rows, first))


def _numbered(rows: Sequence[Sequence[str]], start: int) -> tuple[str, ...]:
    width = max((len(row) for row in rows[start : start + LOOKED_AT]), default=0)
    return tuple(f"column_{n + 1}" for n in range(width))


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of one or several header rows; in all but the last an empty cell repeats the one before it."""
    width = max((len(row) for row in rows), default=0)
    parts = [
        _spread(row, width) if n < len(rows) - 1 else [*row, *[""] * (width - len(row))]
        for n, row in enumerate(rows)
    ]
    return tuple(
        " ".join(" ".join(part[n].split()) for part in parts if part[n].strip()) for n in range(width)
    )


def _spread(row: Sequence[str], width: int) -> list[str]:
    found, last = [], ""
    for n in range(width):
        last = (row[n] if n < len(row) else "") or last
        found.append(last)
    return found


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _first_full(rows: Sequence[Sequence[str]], skip: int) -> int:
    """The first row that is about as full as most rows: what stands above are titles and notes."""
    counts = Counter(_filled(row) for row in rows[skip:LOOKED_AT] if _filled(row))
    if not counts:
        return skip
    widest = max(counts)
    usual = max(counts, key=lambda n: (counts[n], n))
    wanted = max(2, 0.6 * max(usual, 0.5 * widest)) if widest > 1 else 1
    return next((n for n in range(skip, len(rows)) if _filled(rows[n]) >= wanted), skip)


def _text_rows(rows: Sequence[Sequence[str]], first: int) -> int:
    """How many rows of pure text stand above rows that are mostly values; 1 when it is not as clear as that."""
    start = next((n for n in range(first, min(len(rows), first + 5)) if _value_share(rows[n]) >= 0.4), first)
    below = [row for row in rows[start:LOOKED_AT] if _filled(row) > 1]
    clear = sum(1 for row in below if _value_share(row) >= 0.4) >= 0.9 * len(below) > 0
    pure = all(_value_share(row) == 0 and _filled(row) > 1 for row in rows[first:start])
    return start - first if clear and pure and start - first > 1 else 1


def _counts_up(row: Sequence[str]) -> bool:
    """True for 0, 1, 2, ... or 1, 2, 3, ...: numbers that some programs write above the names."""
    counted = [[str(n + start) for n in range(len(row))] for start in (0, 1)]
    return len(row) > 2 and [cell.strip() for cell in row] in counted


def _value_share(row: Sequence[str]) -> float:
    cells = [cell.strip() for cell in row if cell.strip()]
    return sum(1 for cell in cells if _VALUE.fullmatch(cell)) / len(cells) if cells else 0.0


def _is_header(rows: Sequence[Sequence[str]], first: int) -> bool:
    """A header has words where the rows below have values, or at least differs from all of them."""
    head, below = rows[first], [row for row in rows[first + 1 : LOOKED_AT] if _filled(row)]
    if not below:
        return True
    cells = [cell.strip() for cell in head if cell.strip()]
    if len(set(cells)) < len(cells) * 0.8:
        return False
    if all(not _VALUE.fullmatch(cell) or _YEAR_OR_DATE.fullmatch(cell) for cell in cells):
        return _words_above_values(head, below) or (len(head) > 1 and not _looks_alike(head, below))
    return False


def _words_above_values(head: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    for n, cell in enumerate(head):
        values = [row[n].strip() for row in below if n < len(row) and row[n].strip()]
        is_word = bool(cell.strip()) and not _VALUE.fullmatch(cell.strip())
        if is_word and values and sum(1 for v in values if _VALUE.fullmatch(v)) > 0.7 * len(values):
            return True
    return False


def _looks_alike(head: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True when the first row's cells occur again below in their columns: then it is data itself."""
    again = sum(
        1
        for n, cell in enumerate(head)
        if cell.strip() and any(n < len(row) and row[n].strip() == cell.strip() for row in below)
    )
    return again > 0.2 * max(1, _filled(head))
