"""The tables on a sheet: cells that belong together, cut apart at empty rows and empty columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from allmende.model.received import Block
from allmende.structure.reading.ranges import Range

MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_SHOWN = 8
_LONGEST = 80
_VALUE = re.compile(
    r"(?!(?:19|20)\d\d\Z)[+-]?[\d.,\s']*\d[\d.,\s']*\s?[%€]?|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ].*)?"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: which cells are filled and which of them hold values, as bits; the first texts.

    Words are no values, and neither are years: they often stand in headers.
    """

    number: int
    filled: int
    values: int
    texts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Area:
    """Rows that follow each other, and the columns of them that belong together."""

    lines: tuple[_Line, ...]
    first: int
    last: int

    @property
    def mask(self) -> int:
        return ((1 << (self.last - self.first + 1)) - 1) << self.first

    @property
    def is_table(self) -> bool:
        """Two columns and two rows at least are filled."""
        wide = sum(1 for line in self.lines if (line.filled & self.mask).bit_count() > 1)
        return self.last > self.first and wide > 1


def find_blocks(sheet: str, rows: Iterable[Sequence[str]]) -> tuple[Block, ...]:
    """All tables of a sheet, from top to bottom and left to right. `rows` are the texts of its cells."""
    lines = [_line(number, row) for number, row in enumerate(rows) if number < MOST_ROWS]
    areas = [area for band in _bands(lines) for area in _apart(band)]
    found, title = list[tuple[_Area, str]](), ""
    for area in areas:
        if not area.is_table:
            title = title or _title(area)
            continue
        last = found[-1][0] if found else None
        if last is not None and not title and _goes_on(last, area):
            found[-1] = (
                _Area(last.lines + area.lines, min(last.first, area.first), max(last.last, area.last)),
                found[-1][1],
            )
        else:
            found.append((area, title))
        title = ""
    filled = tuple(line for line in lines if line.filled)
    if not found and len(filled) > 1:  # a list: one cell in each row
        union = max(line.filled.bit_length() for line in filled) - 1
        found = [(_Area(filled, min(_lowest(line.filled) for line in filled), union), "")]
    return tuple(_block(sheet, area, title) for area, title in found)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _line(number: int, row: Sequence[str]) -> _Line:
    filled = values = 0
    texts: list[tuple[int, str]] = []
    for at, cell in enumerate(row[:_MOST_COLUMNS]):
        if not cell or cell.isspace():
            continue
        filled |= 1 << at
        if _VALUE.fullmatch(cell[:_LONGEST]):
            values |= 1 << at
        if number < 5_000 and len(texts) < 64:
            texts.append((at, cell[:_LONGEST]))
    return _Line(number, filled, values, tuple(texts))


def _bands(lines: Iterable[_Line]) -> Iterator[tuple[_Line, ...]]:
    """Rows between empty rows. A line of text right above a table is a band of its own."""
    band: list[_Line] = []
    for line in lines:
        if not line.filled:
            yield from _with_titles(band)
            band = []
        else:
            band.append(line)
    yield from _with_titles(band)


def _with_titles(band: list[_Line]) -> Iterator[tuple[_Line, ...]]:
    """Titles above (one cell each) and notes below are no rows of the table."""
    first = next((n for n, line in enumerate(band) if line.filled.bit_count() > 1), 0)
    last = next((n for n in range(len(band), 0, -1) if band[n - 1].filled.bit_count() > 1), len(band))
    width = max((line.filled.bit_count() for line in band), default=0)
    if width < 3:  # a list with gaps looks like a note
        first, last = 0, len(band)
    yield from (tuple(part) for part in (band[:first], band[first:last], band[last:]) if part)


def _apart(band: tuple[_Line, ...]) -> Iterator[_Area]:
    """Tables side by side: columns that nothing is in part them, when both sides have rows of several cells."""
    filled = 0
    for line in band:
        filled |= line.filled
    runs = list(_runs(filled))
    areas = [_Area(_within(band, first, last), first, last) for first, last in runs]
    if len(areas) > 1 and all(area.is_table for area in areas) and not _one_gap(areas):
        yield from areas
    elif runs:
        yield _Area(band, runs[0][0], runs[-1][1])


def _one_gap(areas: Sequence[_Area]) -> bool:
    """One empty column between parts of the same height is a gap in one table, not a border between two."""
    heights = {(area.lines[0].number, area.lines[-1].number) for area in areas}
    gaps = [right.first - left.last for left, right in pairwise(areas)]
    return len(heights) == 1 and max(gaps) == 2


def _within(band: tuple[_Line, ...], first: int, last: int) -> tuple[_Line, ...]:
    mask = ((1 << (last - first + 1)) - 1) << first
    inside = [n for n, line in enumerate(band) if line.filled & mask]
    return band[inside[0] : inside[-1] + 1]


def _runs(filled: int) -> Iterator[tuple[int, int]]:
    """First and last column of each stretch of filled ones."""
    at = 0
    while filled >> at:
        rest = filled >> at
        at += _lowest(rest)
        length = ((~(filled >> at)) & ((filled >> at) + 1)).bit_length() - 1
        yield at, at + length - 1
        at += length


def _goes_on(above: _Area, below: _Area) -> bool:
    """True when an empty row only parts the rows of one table: same columns, and no header of its own."""
    if below.first < above.first or below.last > above.last:
        return False
    head, mask = below.lines[0], below.mask
    if _first_texts(above) == _first_texts(below):
        return False  # the header again: a second table
    body = [line for line in below.lines[1:] if line.filled & mask]
    values = sum((line.values & mask).bit_count() for line in body)
    return bool(head.values & mask) or (not values and above.mask == below.mask)


def _first_texts(area: _Area) -> tuple[str, ...]:
    return tuple(text for at, text in area.lines[0].texts if area.first <= at <= area.last)


def _title(area: _Area) -> str:
    return next((text for line in area.lines for _, text in line.texts if not line.values), "")


def _block(sheet: str, area: _Area, title: str) -> Block:
    top, bottom = area.lines[0].number, area.lines[-1].number
    return Block(
        sheet,
        str(Range(top, area.first, bottom, area.last)),
        bottom - top + 1,
        area.last - area.first + 1,
        title,
        _first_texts(area)[:_SHOWN],
    )
