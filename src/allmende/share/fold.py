"""Means of hours to means of the city's days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from allmende.model.series import Bucket


def fold_days(hours: Sequence[Bucket], days: Sequence[int]) -> tuple[Bucket, ...]:
    """One bucket per day that has any; `days` are midnights (microseconds), hours lie between the first and last.

    The coverage of a day is that of its hours, over the length of the day.
    """
    found: dict[int, list[Bucket]] = {}
    for hour in hours:
        found.setdefault(bisect_right(days, hour.start) - 1, []).append(hour)
    return tuple(
        _folded(several, days[at], (days[at + 1] - days[at]) / 3_600_000_000)
        for at, several in sorted(found.items())
        if 0 <= at < len(days) - 1
    )


def _folded(hours: Sequence[Bucket], start: int, length: float) -> Bucket:
    count = sum(hour.count for hour in hours)
    sums = [hour.sum for hour in hours if hour.sum is not None]
    covered = [hour.coverage for hour in hours if hour.coverage is not None]
    return Bucket(
        datastream_id=hours[0].datastream_id,
        start=start,
        count=count,
        minimum=min((hour.minimum for hour in hours if hour.minimum is not None), default=None),
        maximum=max((hour.maximum for hour in hours if hour.maximum is not None), default=None),
        mean=sum(sums) / count if count else None,
        sum=sum(sums) if sums else None,
        coverage=min(1.0, sum(covered) / length) if covered else None,
        suspect=sum(hour.suspect for hour in hours),
    )
