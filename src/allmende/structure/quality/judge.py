"""New observations on their way into the store get their flags, reasons and corrected numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from allmende.model.limits import Doubt
from allmende.model.observation import Observation
from allmende.structure.quality.watch import Earlier, Rules, Watch


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
                    row.datastream_id, row.phenomenon_time, row.number, _received(row), row.result_time
                )
                row.flags |= flags
                if flags:
                    row.number, row.raw = number, raw if raw is not None else row.raw
                    row.extra = with_doubts(row.extra, doubts)

    def _notice_undone(self, rows: Sequence[Observation]) -> None:
        first, last = rows[0].id, rows[-1].id
        if first <= self._highest:
            self.watch.clear()
        self._highest = last


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
