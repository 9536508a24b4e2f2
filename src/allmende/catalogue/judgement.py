"""Is the city on course? The rule is data in the indicator's file; here it is applied.

Before the target's year the straight line through the last periods is prolonged to that year. Off by
no more than the tolerance (a share of the target) is at risk, more is missed. A trend of fewer than
three periods is no trend: then today's value counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from allmende.model.knowledge import Direction, Judgement, Target, Trust

PERIODS = 5


def judge(
    target: Target | None, direction: Direction, values: Sequence[tuple[str, float]], trust: Trust
) -> Judgement:
    """The judgement over values by period, oldest first. Stale values are no data."""
    if target is None or direction == "none":
        return "no_target"
    if not values or trust in ("stale", "unknown"):
        return "no_data"
    expected = _expected(values, target.by)
    gap = target.value - expected if direction == "up" else expected - target.value
    if gap <= 0:
        return "on_course"
    return "at_risk" if gap <= abs(target.value) * target.tolerance else "missed"


def _expected(values: Sequence[tuple[str, float]], by: int | None) -> float:
    points = [
        (year, value) for period, value in _yearly(values)[-PERIODS:] if (year := _year(period)) is not None
    ]
    # Both are ends of years: what is to be reached by 2030 has until its last day.
    if by is None or len(points) < 3 or points[-1][0] >= by + 1:
        return _yearly(values)[-1][1]
    return points[-1][1] + _slope(points) * (by + 1 - points[-1][0])


def _yearly(values: Sequence[tuple[str, float]]) -> Sequence[tuple[str, float]]:
    """Values within the year (months, days) as means over twelve months back from the newest: seasons are no trend."""
    per_year = len(values) / max(1, len({period[:4] for period, _ in values}))
    if per_year <= 1.5 or len(values) < 12:
        return values
    length = 12 if per_year <= 12.5 else round(per_year)
    ends = range(len(values), length - 1, -length)
    return [
        (values[end - 1][0], sum(v for _, v in values[end - length : end]) / length) for end in reversed(ends)
    ]


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares; 0 when all periods are the same."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def _year(period: str) -> float | None:
    """The end of a year or month as a number of years; None when the period is neither."""
    parts = period.split("-")
    if not parts[0].isdigit() or len(parts[0]) != 4:
        return None
    month = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 12
    return int(parts[0]) + month / 12
