"""One value against everything known about its series: this is the path of every value."""

from __future__ import annotations

from allmende.model.limits import Limits
from allmende.model.observation import Quality
from allmende.structure.quality.clock import AHEAD, STEADY, check_clock
from allmende.structure.quality.rules import Rule, check_gap, check_repeated, learn, rules_for
from allmende.structure.quality.track import Track

_RANGE = int(Quality.RANGE)


class Check:
    """The rules that one set of limits asks for; made once per kind of series, used for each value."""

    __slots__ = ("after", "alone", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.alone: tuple[Rule, ...]
        self.after: tuple[Rule, ...]
        self.alone, self.after = rules_for(limits)

    def __call__(
        self,
        track: Track,
        time: int,
        number: float | None,
        received: int | None = None,
        result_time: int | None = None,
    ) -> int:
        """The flags of a value (bits of `Quality`); the track's `doubts` grow by the reasons.

        Times are microseconds since 1970; `received` is None for values that are no live message,
        `number` for results that are no numbers (only the rules about time apply then).
        """
        flags = 0
        if not self.limits.live:
            received = None
        if received is not None:
            flags = check_clock(track, time, received)
        if number is not None:
            for rule in self.alone:
                flags |= rule(track, time, number)
        if track.time is not None and time <= track.time:
            return flags | check_repeated(track, time, number, result_time)
        flags |= check_gap(track, time)
        if number is not None and not flags & _RANGE:
            for rule in self.after:
                flags |= rule(track, time, number)
        if received is None or time <= received + AHEAD or track.shifts >= STEADY:
            learn(track, time, number, result_time)  # one time in the future would hide all that follows
        return flags
