"""Judging stored values again, after limits or a calibration were changed.

What a value was thought of when it came in stays known: each new judgement is a revision of its own.
Doubts that belong to the moment of arrival (clock, place, neighbours) are kept as they are; range,
jumps, stuck values, gaps, duplicates and batteries are judged anew, and corrections start from `raw`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from allmende.catalogue.doubts import doubts_of
from allmende.catalogue.series_trust import read_correction, read_limits
from allmende.model.message import Change
from allmende.model.observation import Observation, Quality
from allmende.model.series import Wanted
from allmende.model.watched import Watched
from allmende.ports import Series
from allmende.structure.quality.judge import with_doubts
from allmende.structure.quality.watch import Rules, Seen, Watch

PAGE = 10_000
BEFORE = 300
"""So many values before the first one are looked at, so that a jump or a stuck value at the start is seen."""
_KEPT = Quality.CLOCK | Quality.POSITION | Quality.NEIGHBOURS
_NO_NUMBER = Quality.NOT_A_NUMBER | Quality.CORRECTED
Write = Callable[[Change], Any]


@dataclass(frozen=True, slots=True)
class Rejudged:
    """How many values of a datastream were looked at, and how many are thought of otherwise now."""

    datastream_id: int
    seen: int
    changed: int


def rejudge(series: Series, watched: Watched, since: int, write: Write) -> Rejudged:
    """Judge the values of a datastream from `since` (microseconds since 1970) on by its present limits."""
    rules = Rules(read_limits(watched.properties), read_correction(watched.properties))
    watch = Watch(lambda datastream: rules)
    seen = changed = 0
    for row in _rows(series, watched.datastream_id, since):
        judged = _judge(watch, row)
        if row.phenomenon_time < since:
            continue
        seen += 1
        if judged != Seen(row.number, row.raw, row.flags, doubts_of(row.extra)):
            write(Change(row.id, partial(_become, judged=judged)))
            changed += 1
    return Rejudged(watched.datastream_id, seen, changed)


def _rows(series: Series, datastream: int, since: int) -> Iterator[Observation]:
    """The current values from `since` on and some before, oldest first."""
    found: list[Observation] = []
    before = 0
    wanted = Wanted(frozenset({datastream}), top=PAGE)
    while page := [Observation(*row) for row in series.read(wanted)]:
        found += page
        before += sum(1 for row in page if row.phenomenon_time < since)
        if before >= BEFORE or len(page) < PAGE:
            break
        wanted = replace(wanted, after=(page[-1].phenomenon_time, page[-1].id))
    return reversed(found)


def _judge(watch: Watch, row: Observation) -> Seen:
    """What is thought of a value now; a number that was none stays none, unless its raw one is known."""
    given = row.raw if row.flags & _NO_NUMBER and row.raw is not None else row.number
    found = watch.see(row.datastream_id, row.phenomenon_time, given, None, row.result_time)
    lost = Quality.NOT_A_NUMBER if given is None and row.flags & Quality.NOT_A_NUMBER else 0
    kept = tuple(doubt for doubt in doubts_of(row.extra) if doubt.flag & (_KEPT | lost))
    return found._replace(flags=found.flags | row.flags & (_KEPT | lost), doubts=(*kept, *found.doubts))


def _become(row: Observation, judged: Seen) -> Observation:
    """The next revision of a value."""
    extra = with_doubts(row.extra, judged.doubts)
    return replace(row, number=judged.number, raw=judged.raw, flags=judged.flags, extra=extra)
