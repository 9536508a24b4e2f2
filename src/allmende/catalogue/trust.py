"""Trust travels: a version is as trustworthy as its checks, its rejected rows and its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from allmende.catalogue.versions import confirmed
from allmende.errors import NotFound
from allmende.model.city import City
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.knowledge import Trust
from allmende.model.run import Run, Step
from allmende.ports import Clock, Store

_ORDER: tuple[Trust, ...] = ("ok", "incomplete", "stale", "suspect", "unknown")
# More than one rejected row in twenty, and the rest no longer speaks for the whole.
REJECTED_SHARE = 0.05
REJECTED = "rejected"  # the check that counts rejected rows; their share decides
DEEPEST = 20
# Checks of datasets made from observations: what it means for all rows when too many datastreams are so.
KNOWN, SILENT, DOUBTED, INCOMPLETE = "known", "silent", "doubted", "incomplete"
SENSORS_SHARE = 0.05
_MEANING: Mapping[str, Trust] = {SILENT: "stale", DOUBTED: "suspect", INCOMPLETE: "incomplete"}


def worst(states: Sequence[Trust]) -> Trust:
    """The least trustworthy of several states; of none it is ok."""
    return max(states, key=_ORDER.index, default="ok")


class Trusts:
    """Works out the state of versions; remembers it while nothing is published or run."""

    def __init__(self, city: City, store: Store, clock: Clock) -> None:
        self._city = city
        self._store = store
        self._clock = clock
        self._generation = -1
        self._runs: dict[Step, Run] = {}
        self._latest: dict[str, DatasetVersion] = {}
        self._known: dict[Pin, Trust] = {}

    def latest(self) -> dict[str, DatasetVersion]:
        """The newest version of every dataset, as of the last refresh."""
        return self._latest

    def of(self, pin: Pin) -> Trust:
        """The state of a version and everything it was made from, as of the last refresh."""
        return self._of(pin, 0)

    def refresh(self) -> None:
        """Look once whether anything was published or run; call it at the start of each question."""
        generation = self._store.generation()
        if generation != self._generation:
            self._runs, self._latest = self._store.latest_runs(), self._store.latest_versions()
            self._known, self._generation = {}, generation

    def _of(self, pin: Pin, depth: int) -> Trust:
        if pin not in self._known:
            self._known[pin] = self._judge(pin, depth)
        return self._known[pin]

    def _judge(self, pin: Pin, depth: int) -> Trust:
        try:
            version = self._store.version(pin)
        except NotFound:
            return "unknown"
        failed = (check.name for check in version.checks if not check.passed)
        states: list[Trust] = [_MEANING.get(name, "suspect") for name in failed if name != REJECTED]
        if version.rejected > REJECTED_SHARE * (version.rows + version.rejected):
            states.append("incomplete")
        if self._out_of_date(version):
            states.append("stale")
        if depth < DEEPEST:
            states.extend(self._of(source, depth + 1) for source in self._stands_on(version))
        return worst(states)

    def _stands_on(self, version: DatasetVersion) -> tuple[Pin, ...]:
        """The inputs that a version was made from; of a newest one those that gave the same rows last."""
        newest = tuple(self._newest(pin) for pin in version.inputs)
        current = self._latest.get(version.dataset)
        if newest == version.inputs or current is None or current.pin != version.pin:
            return version.inputs
        return newest if confirmed(self._store, version.pin, newest) else version.inputs

    def _newest(self, pin: Pin) -> Pin:
        found = self._latest.get(pin.dataset)
        return found.pin if found else pin

    def _out_of_date(self, version: DatasetVersion) -> bool:
        """True for a newest version whose source or making failed the last time, or that was not renewed in time."""
        newest = self._latest.get(version.dataset)
        if newest is None or newest.number != version.number:
            return False
        dataset = self._city.datasets.get(version.dataset)
        steps = [Step("publish", version.dataset), Step("recipe", version.dataset)]
        if dataset and dataset.source:
            steps.append(Step("fetch", dataset.source))
        return any(self._runs[step].stopped for step in steps if step in self._runs)


def older_than(period: str, days: int | None, now: datetime) -> bool:
    """True when `period` (a year, a month or a day as ISO text) ended more than `days` ago. Unreadable is not older."""
    if days is None:
        return False
    end = _end(period)
    return end is not None and end + timedelta(days=days) < now.astimezone(UTC).date()


def _end(period: str) -> date | None:
    try:
        if len(period) == 4:
            return date(int(period), 12, 31)
        return date.fromisoformat(period[:10])
    except ValueError:
        return None
