"""What is asked of observations: which series, which rows, in which order, as known when."""

from __future__ import annotations

from dataclasses import dataclass

from allmende.model.query import Expression, Order


@dataclass(frozen=True, slots=True)
class Wanted:
    """Observations of some datastreams.

    `where` speaks of the observation's own fields only (see `Querying.localise`). Without `order` the
    newest come first, then the larger id; `after` continues behind the row with this time and id in
    that order. `known_on` (microseconds since 1970) asks for what was known then; else what is current.
    """

    datastreams: frozenset[int]
    where: Expression | None = None
    order: tuple[Order, ...] = ()
    top: int = 100
    skip: int = 0
    after: tuple[int, int] | None = None
    known_on: int | None = None


@dataclass(slots=True)
class Bucket:
    """Values of a datastream between `start` and `start + seconds`: what they come to.

    `count` are the credible ones, of which the rest is said (None when there is none); `suspect` the
    doubted ones, which are only counted. `coverage` is the number of credible values against those that
    the series' usual pace would give, at most 1.
    """

    datastream_id: int
    start: int
    count: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    sum: float | None
    coverage: float | None = None
    suspect: int = 0
