"""New observations on their way into the store get their flags, reasons and corrected numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from allmende.model.limits import Doubt, read_doubts
from allmende.model.observation import Observation, Quality
from allmende.structure.quality.watch import Earlier, Rules, Watch

_CHANGED = int(Quality.CORRECTED | Quality.NOT_A_NUMBER)


class Judge:
    """What the store calls for each group of new rows, inside their transaction.

    A row whose number has been judged before tells that its transaction was undone: numbers come from
    a counter that is undone, too. Then all that is remembered is read again from the store, so that a
    message's second try is no duplicate of its first.
    """

    def __init__(
        self,
        rules_of: Callable[[int], Rules],
        earlier_of: Callable[[int], Iterable[Earlier]] = lambda datastream: (),
    ) -> None:
        self.watch = Watch(rules_of, earlier_of)
        self._highest = 0

    def __call__(self, rows: Sequence[Observation]) -> None:
        """Set `flags`, `number`, `raw` and the doubts in `extra` of rows that are about to be written."""
        with self.watch.alone:
            self._notice_undone(rows)
            see = self.watch.see_one
            for row in rows:
                number, raw, flags, doubts = see(
                    row.datastream_id, row.phenomenon_time, _given(row), _received(row), row.result_time
                )
                if flags:
                    row.number, row.raw = number, raw if raw is not None else row.raw
                    mark(row, flags, doubts)

    def _notice_undone(self, rows: Sequence[Observation]) -> None:
        first, last = rows[0].id, rows[-1].id
        if first <= self._highest:
            self.watch.clear()
        self._highest = last


def _given(row: Observation) -> float | None:
    """The number as it came in: a row whose write was undone has been judged and corrected before."""
    return row.raw if row.flags & _CHANGED and row.raw is not None else row.number


def mark(row: Observation, flags: int, doubts: Sequence[Doubt]) -> None:
    """Add flags with their reasons to a row; what is known of its place stays, a reason comes once."""
    row.flags |= flags
    before = _doubts(row.extra)
    row.extra = with_doubts(row.extra, tuple({doubt.oddity: doubt for doubt in (*before, *doubts)}.values()))


def mark_place(rows: Iterable[Observation], doubts: Sequence[Doubt]) -> None:
    """Put doubts about the place of a thing on all values of its message, before they are stored."""
    flags = 0
    for doubt in doubts:
        flags |= doubt.flag.value
    for row in rows if flags else ():
        mark(row, flags, doubts)


def _doubts(extra: str | None) -> tuple[Doubt, ...]:
    return read_doubts(json.loads(extra).get("doubts")) if extra and '"doubts"' in extra else ()


def _received(row: Observation) -> int | None:
    """When a live value came in; None for what was not pushed, and for forecasts.

    Means over an hour are named by its beginning, so it is the end of an interval that is compared.
    """
    forecast = row.result_time is not None and row.result_time < row.phenomenon_time
    if row.message_id is None or forecast:
        return None
    lasted = (row.phenomenon_end or row.phenomenon_time) - row.phenomenon_time
    return row.recorded_at - lasted


def with_doubts(extra: str | None, doubts: Sequence[Doubt]) -> str | None:
    """The row's `extra` with exactly these doubts in it."""
    kept = json.loads(extra) if extra else {}
    kept.pop("doubts", None)
    if doubts:
        kept["doubts"] = [doubt.as_json() for doubt in doubts]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else None
