"""What is plausible for a series of values, how raw values are corrected, and what a rule found odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from allmende.model.observation import Quality

Oddity = Literal[
    "above", "below", "rate", "stuck", "gap", "repeated", "conflict", "future", "unset", "zone",
    "gateway", "outside", "zero", "jump", "battery", "neighbours", "alike", "code", "infinite",
]  # fmt: skip
"""Each reason for doubt by name; what it says to people is in `catalogue/doubts.py`."""

FLAGS: Mapping[Oddity, Quality] = {
    "above": Quality.RANGE,
    "below": Quality.RANGE,
    "rate": Quality.RATE,
    "stuck": Quality.STUCK,
    "gap": Quality.GAP,
    "repeated": Quality.DUPLICATE,
    "conflict": Quality.DUPLICATE,
    "future": Quality.CLOCK,
    "unset": Quality.CLOCK,
    "zone": Quality.CLOCK,
    "gateway": Quality.POSITION,
    "outside": Quality.POSITION,
    "zero": Quality.POSITION,
    "jump": Quality.POSITION,
    "battery": Quality.BATTERY,
    "neighbours": Quality.NEIGHBOURS,
    "alike": Quality.NEIGHBOURS,
    "code": Quality.NOT_A_NUMBER,
    "infinite": Quality.NOT_A_NUMBER,
}
"""The flag that each reason sets."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is plausible for one observed property of one kind of sensor; None leaves a rule out.

    `minimum` and `maximum` in the unit of the (corrected) value; `max_rate` is the largest credible
    change per hour; `stuck_after` seconds with one and the same value are suspect, but for values in
    `resting` (no rain, an empty car park); after `silence_after` seconds without a value the series
    is stale. `codes` are numbers by which the device says that it has none (-999, 327.67). A value
    below `low` says that the battery is low. `neighbour_difference` is the smallest difference to the
    neighbours that is worth a doubt; None leaves the comparison out. `live` is False for forecasts and
    archives: their times say nothing about a clock, and they are never called silent.
    """

    minimum: float | None = None
    maximum: float | None = None
    max_rate: float | None = None
    stuck_after: float | None = None
    resting: tuple[float, ...] = ()
    silence_after: float | None = None
    codes: tuple[float, ...] = ()
    low: float | None = None
    neighbour_difference: float | None = None
    live: bool = True

    def as_json(self) -> dict[str, Any]:
        """What is set, as plain values for a datastream's `properties.limits`: who reads them there
        (every process, every client of a standard) knows them without the city's files."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        default = Limits()
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in plain.items()
            if value != getattr(default, name)
        }


@dataclass(frozen=True, slots=True)
class Correction:
    """How a raw number becomes the value: a polynomial, or a table of calibration points.

    `coefficients` are those of 1, x, x², ...; so [0.5, 2] is 0.5 + 2x. `points` are (raw, value)
    pairs with growing raw numbers; between them is a straight line, outside of them no value is known.
    Exactly one of the two is set; with neither the value is the raw number.
    """

    coefficients: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()

    @property
    def changes(self) -> bool:
        """False when values are the raw numbers."""
        return bool(self.coefficients or self.points)

    def as_json(self) -> dict[str, Any]:
        """What is set, as plain values for a datastream's `properties.correction`."""
        if self.points:
            return {"points": [list(point) for point in self.points]}
        return {"coefficients": list(self.coefficients)} if self.coefficients else {}


@dataclass(frozen=True, slots=True)
class Doubt:
    """What one rule found odd: its reason by name, with the numbers that a sentence about it needs.

    `value` is what was found, `limit` what it was held against, `since` (microseconds since 1970)
    when it began; each is None when the reason has no such number.
    """

    oddity: Oddity
    value: float | None = None
    limit: float | None = None
    since: int | None = None

    @property
    def flag(self) -> Quality:
        """The quality flag that this reason sets."""
        return FLAGS[self.oddity]

    def as_json(self) -> dict[str, Any]:
        """Plain values for the `doubts` list in an observation's `extra`."""
        given = {"value": self.value, "limit": self.limit, "since": self.since}
        return {"rule": self.oddity, **{name: number for name, number in given.items() if number is not None}}


def read_doubts(found: object) -> tuple[Doubt, ...]:
    """The doubts in the `doubts` list of an observation's `extra`; what is none of ours is left out."""
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ()
    plain = (one for one in found if isinstance(one, Mapping) and str(one.get("rule")) in FLAGS)
    return tuple(
        Doubt(one["rule"], _number(one.get("value")), _number(one.get("limit")), _whole(one.get("since")))
        for one in plain
    )


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _whole(found: object) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None
