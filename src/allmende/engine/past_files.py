"""Which files of the history a reader must open, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from allmende.lake.history_files import HistoryFile
from allmende.model.observation import microseconds
from allmende.model.query import Call, Constant, Expression, Path
from allmende.model.series import Wanted


def overlapping(
    files: Iterable[HistoryFile], streams: Sequence[int], start: int, end: int
) -> list[HistoryFile]:
    low, high = min(streams), max(streams)
    return [
        file
        for file in files
        if file.times[0] < end
        and file.times[1] >= start
        and file.streams[0] <= high
        and file.streams[1] >= low
    ]


def chosen_files(files: Iterable[HistoryFile], wanted: Wanted) -> list[HistoryFile]:
    """The files that can hold wanted rows, by their series and times."""
    start, end = bounds_of(wanted.where)
    if wanted.after is not None:
        end = min(end, wanted.after[0] + 1)
    if not wanted.datastreams:
        return []
    return overlapping(files, sorted(wanted.datastreams), start, end)


def bounds_of(where: Expression | None) -> tuple[int, int]:
    """The span of times that a condition allows at most, in microseconds: begin, and end exclusive."""
    start, end = -(2**62), 2**62
    if not isinstance(where, Call):
        return start, end
    if where.name == "and":
        for operand in where.operands:
            low, high = bounds_of(operand)
            start, end = max(start, low), min(end, high)
        return start, end
    if len(where.operands) != 2:
        return start, end
    left, right = where.operands
    name = where.name
    if isinstance(left, Constant):
        left, right, name = right, left, _SWAPPED.get(name, name)
    if isinstance(left, Path) and left.steps == ("phenomenon_time",) and isinstance(right, Constant):
        return _bounds(name, right.value)
    return start, end


_SWAPPED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def _bounds(name: str, value: Any) -> tuple[int, int]:
    if not isinstance(value, datetime):
        return -(2**62), 2**62
    time = microseconds(value)
    low = time if name in ("gt", "ge", "eq") else -(2**62)
    high = time + 1 if name in ("lt", "le", "eq") else 2**62
    return low, high


def in_order(files: Sequence[HistoryFile], *, newest_first: bool) -> Iterator[list[HistoryFile]]:
    """Files in groups that do not overlap in time, from one end; each time twice as many groups at once.

    Whoever needs few rows opens few files; whoever needs rows of a whole year asks four times, not twelve.
    """
    groups = _groups(files)
    if newest_first:
        groups.reverse()
    at_once = 1
    while groups:
        yield [file for group in groups[:at_once] for file in group]
        groups = groups[at_once:]
        at_once *= 2


def _groups(files: Sequence[HistoryFile]) -> list[list[HistoryFile]]:
    """Files in groups that do not overlap in time, the oldest group first."""
    groups: list[list[HistoryFile]] = []
    end = -(2**62)
    for file in sorted(files, key=lambda file: file.times):
        if file.times[0] > end:
            groups.append([])
        groups[-1].append(file)
        end = max(end, file.times[1])
    return groups
