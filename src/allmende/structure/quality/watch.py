"""All series of a city under watch: raw value in; number, flags and reasons out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from allmende.model.limits import Correction, Doubt, Limits
from allmende.model.observation import Quality
from allmende.structure.quality.check import Check
from allmende.structure.quality.correct import correct, screen
from allmende.structure.quality.track import Track

MOST_TRACKS = 100_000
"""Series remembered at once (about half a kilobyte each); others are read from the store again."""
_NOT_A_NUMBER, _CORRECTED = int(Quality.NOT_A_NUMBER), int(Quality.CORRECTED)


class Rules(NamedTuple):
    """What is plausible for a series, and how its raw numbers are corrected."""

    limits: Limits = Limits()
    correction: Correction = Correction()


class Seen(NamedTuple):
    """A value that was looked at: the corrected number (None when it is none), the raw number when it
    differs, the flags (bits of `Quality`) and the reasons for them."""

    number: float | None
    raw: float | None
    flags: int
    doubts: tuple[Doubt, ...] = ()


class Earlier(NamedTuple):
    """A value that the store has: what a track starts from. `time` is in microseconds since 1970;
    `standing` is the doubt it has from its neighbours."""

    time: int
    number: float | None
    result_time: int | None = None
    standing: Doubt | None = None


class Watch:
    """Tracks of many series, safe to use from several threads; `alone` is held while one is at work.

    `rules_of` says what is plausible for a datastream; `earlier_of` gives its last values, oldest
    first, when it is seen for the first time (after a start the memory is empty, the store is not).
    """

    def __init__(
        self,
        rules_of: Callable[[int], Rules],
        earlier_of: Callable[[int], Iterable[Earlier]] = lambda datastream: (),
        most: int = MOST_TRACKS,
    ) -> None:
        self._rules_of = rules_of
        self._earlier_of = earlier_of
        self._most = most
        self.alone = Lock()
        self._tracks: OrderedDict[int, tuple[Track, Check, Correction | None]] = OrderedDict()
        self._checks: dict[Limits, Check] = {}

    def see(
        self,
        datastream: int,
        time: int,
        raw: float | None,
        received: int | None = None,
        result_time: int | None = None,
    ) -> Seen:
        """Look at one value. `raw` is None for a result that is no number (text, truth, JSON).

        Times are microseconds since 1970; `received` is the moment a live message came in, None for
        files and bulk uploads, whose times say nothing about a clock.
        """
        with self.alone:
            return self.see_one(datastream, time, raw, received, result_time)

    def see_one(
        self, datastream: int, time: int, raw: float | None, received: int | None, result_time: int | None
    ) -> Seen:
        """Like `see`, for callers that let no other thread near the watch."""
        found = self._tracks.get(datastream)
        track, check, correction = found if found is not None else self._start(datastream)
        if track.doubts:
            track.doubts = []
        number, flags = raw, 0
        if raw is not None and (raw - raw != 0 or raw in track.limits.codes):
            number, flags = screen(track, raw)
        if correction is not None and number is not None:
            number = correct(correction, number)
            flags = _CORRECTED if number is not None else track.doubt("infinite") | _CORRECTED
        flags |= check(track, time, number, received, result_time)
        if track.standing is not None:
            track.doubts.append(track.standing)
            flags |= track.standing.flag.value
        if not flags:
            return Seen(number, None, 0)
        coded = flags & _NOT_A_NUMBER and raw in track.limits.codes
        return Seen(number, raw if coded or flags & _CORRECTED else None, flags, tuple(track.doubts))

    def stand(self, datastream: int, doubt: Doubt | None) -> None:
        """Doubt all values of a series from now on, until it is taken back with None."""
        with self.alone:
            found = self._tracks.get(datastream)
            if found is None and doubt is not None:
                found = self._start(datastream)
            if found is not None:
                found[0].standing = doubt

    def forget(self, datastreams: Iterable[int] | None = None) -> None:
        """Drop what is remembered of these series (of all): after a failed commit, or when limits changed."""
        with self.alone:
            if datastreams is None:
                self.clear()
            for one in datastreams or ():
                self._tracks.pop(one, None)

    def clear(self) -> None:
        """Drop everything; for callers that let no other thread near the watch."""
        self._tracks.clear()

    def _start(self, datastream: int) -> tuple[Track, Check, Correction | None]:
        limits, correction = self._rules_of(datastream)
        check = self._checks.get(limits)
        if check is None:
            check = self._checks[limits] = Check(limits)
        found = (Track(limits), check, correction if correction.changes else None)
        for earlier in self._earlier_of(datastream):
            check(found[0], earlier.time, earlier.number, None, earlier.result_time)
            found[0].standing = earlier.standing
        found[0].doubts = []
        self._tracks[datastream] = found
        if len(self._tracks) > self._most:
            self._tracks.popitem(last=False)
        return found
