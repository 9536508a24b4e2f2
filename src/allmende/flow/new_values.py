"""Storing values of which some may be there already: new ones are added, changed ones become revisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from allmende.flow.workspace import Workspace
from allmende.model.message import Arrival, Change
from allmende.model.observation import Observation, moment
from allmende.model.query import Call, Path, constant
from allmende.model.series import Wanted

_ALL = 2**31 - 1
Known = dict[tuple[int, int], tuple[Observation, ...]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many values were new, were changed, or were known already."""

    stored: int = 0
    changed: int = 0
    known: int = 0


def store_new(
    workspace: Workspace,
    rows: Sequence[Observation],
    of: int | None,
    arrive: Callable[..., Arrival] = Arrival,
) -> Counted:
    """Store rows of one origin: a message's number, or None for files. Returns when all is on disk.

    At the same datastream and time only values of the same origin are compared: two messages may each
    have a value there. `arrive` makes the arrival of the new rows.
    """
    known = _known(workspace, rows, of)
    fresh: list[Observation] = []
    changes: list[Change] = []
    for row in rows:
        there = known.get((row.datastream_id, row.phenomenon_time), ())
        if there and not any(_is_same(one, row) for one in there):
            changes.append(Change(there[-1].id, _replacement(row)))
        elif not there:
            fresh.append(row)
            known[row.datastream_id, row.phenomenon_time] = (row,)
    waiting: list[Future[Any]] = [workspace.live.writer.submit(change) for change in changes]
    if fresh or of is not None:
        waiting.append(workspace.live.writer.submit(arrive(fresh)))
    for future in waiting:
        future.result()
    return Counted(len(fresh), len(changes), len(rows) - len(fresh) - len(changes))


def _known(workspace: Workspace, rows: Sequence[Observation], of: int | None) -> Known:
    """What is stored already at the times of these rows, by datastream and time."""
    times: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        times[row.datastream_id].append(row.phenomenon_time)
    latest = workspace.store.observations.latest(times)
    found: Known = {}
    for datastream, wanted in times.items():
        last = latest[datastream].last_time if datastream in latest else None
        if last is None or min(wanted) > last:
            continue  # all of it is newer than everything we have
        for one in _stored(workspace, datastream, min(wanted), max(wanted)):
            if one.message_id == of:
                key = (datastream, one.phenomenon_time)
                found[key] = (*found.get(key, ()), one)
    return found


def _stored(workspace: Workspace, datastream: int, start: int, end: int) -> Iterator[Observation]:
    time = Path(("phenomenon_time",))
    where = Call(
        "and", (Call("ge", (time, constant(moment(start)))), Call("le", (time, constant(moment(end)))))
    )
    for cells in workspace.series.read(Wanted(frozenset({datastream}), where, top=_ALL)):
        yield Observation(*cells)


def _is_same(known: Observation, row: Observation) -> bool:
    """The same value; a corrected one is compared as it was before its correction."""
    number = known.number if known.raw is None else known.raw
    return (number, known.value, known.phenomenon_end) == (row.number, row.value, row.phenomenon_end)


def _replacement(row: Observation) -> Callable[[Observation], Observation]:
    def replaced(known: Observation) -> Observation:
        return replace(
            known, number=row.number, value=row.value, raw=None, phenomenon_end=row.phenomenon_end,
            flags=row.flags, extra=row.extra,
        )  # fmt: skip

    return replaced
