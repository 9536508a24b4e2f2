"""What the rules remember of one series: a few numbers, so that each new value is judged at once."""

from __future__ import annotations

from allmende.model.limits import Doubt, Limits, Oddity
from allmende.model.observation import moment

HOUR = 3_600_000_000
"""Microseconds of an hour."""


class Track:
    """The memory of one datastream. Times are microseconds since 1970; None is not known yet.

    `time`, `number`, `result_time`: the newest value. `since`, `equal`: since when and how often it
    is the same. `good_time`, `good_number`: the last value that was no jump. `rival`, `rivals`: the
    level of values that jumped away from it, and how many agree. `interval`: the usual time between
    two values, learnt from `seen` of them. `shift`, `shifts`: by how many quarters of an hour the
    device's clock is off, and how many values in a row say so. `doubts`: what the last check found.
    `standing`: a doubt that holds for all values until the next comparison with the neighbours.
    """

    __slots__ = (
        "doubts",
        "equal",
        "good_number",
        "good_time",
        "interval",
        "limits",
        "number",
        "result_time",
        "rival",
        "rivals",
        "seen",
        "shift",
        "shifts",
        "since",
        "standing",
        "time",
    )

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.time: int | None = None
        self.number: float | None = None
        self.result_time: int | None = None
        self.since = 0
        self.equal = 0
        self.good_time: int | None = None
        self.good_number = 0.0
        self.rival = 0.0
        self.rivals = 0
        self.interval = 0.0
        self.seen = 0
        self.shift = 0
        self.shifts = 0
        self.doubts: list[Doubt] = []
        self.standing: Doubt | None = None

    def doubt(
        self,
        oddity: Oddity,
        value: float | None = None,
        limit: float | None = None,
        since: int | None = None,
    ) -> int:
        """Remember a doubt about the value at hand; gives its flag as a number."""
        found = Doubt(oddity, value, limit, since)
        self.doubts.append(found)
        return int(found.flag)

    def __repr__(self) -> str:
        at = "nothing yet" if self.time is None else f"{self.number} at {moment(self.time).isoformat()}"
        return f"Track({at})"
