"""Where access is decided. Default closed; what may not be seen looks like what is not there.

The class of a version is the stricter of two: its class now (the city's file, its inputs, its
licences) and its class when it was published. So closing a dataset closes all its versions at
once, and opening one does not open versions that were published closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allmende.errors import NotFound
from allmende.model.access import Access, Principal, strictest
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset, DatasetVersion, Pin
from allmende.model.document import StoryVersion
from allmende.model.observation import Observation
from allmende.model.series import Bucket, Wanted
from allmende.model.source import Receipt
from allmende.ports import Engine, Lake, Series, Store
from allmende.share.metering import Meter

if TYPE_CHECKING:
    from allmende.catalogue.access import Accesses
    from allmende.catalogue.figures import Figures
    from allmende.catalogue.lineage import Lineage
    from allmende.catalogue.search import SearchIndex


class NoSeries:
    """No observations at all: for indexes that are built of datasets only."""

    def read(self, wanted: Wanted) -> list[tuple[Any, ...]]:
        """Nothing."""
        return []

    def count(self, wanted: Wanted) -> int:
        """None."""
        return 0

    def owners(self, wanted: Wanted, field: str) -> frozenset[int]:
        """None."""
        return frozenset()

    def observation(self, observation_id: int) -> Observation | None:
        """None."""
        return None

    def revisions(self, observation_id: int) -> list[Observation]:
        """None."""
        return []

    def buckets(
        self, datastreams: Sequence[int], start: int, end: int, seconds: int, known_on: int | None = None
    ) -> list[Bucket]:
        """None."""
        return []


@dataclass(frozen=True)
class Known:
    """The city as it stands, and what is worked out of it once."""

    city: City
    figures: Figures
    accesses: Accesses
    lineage: Lineage


class Gate:
    """What all reads share: the parts behind the gate, and the decisions at it.

    `known` is asked every time, so that a dataset that is withdrawn is gone with the next request.
    """

    def __init__(
        self,
        known: Callable[[], Known],
        store: Store,
        lake: Lake,
        engine: Engine,
        search: SearchIndex | None,
        series: Series | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._known = known
        self._store = store
        self._lake = lake
        self._engine = engine
        self._search = search
        self._series = series or NoSeries()
        self._meter = meter

    @property
    def city(self) -> City:
        """The city as it stands."""
        return self._known().city

    @property
    def _figures(self) -> Figures:
        return self._known().figures

    @property
    def _accesses(self) -> Accesses:
        return self._known().accesses

    @property
    def _lineage(self) -> Lineage:
        return self._known().lineage

    def generation(self) -> int:
        """Grows with every change that readers can see; caches are kept under it."""
        return self._store.generation()

    def _version_access(self, version: DatasetVersion) -> Access:
        if version.dataset not in self.city.datasets:
            return Access.INTERNAL
        rule = self.city.datasets[version.dataset].disclosure
        if rule is not None and not rule.marks <= {column.name for column in version.columns}:
            return Access.INTERNAL  # made before small groups were hidden
        return strictest((self._accesses.dataset(version.dataset), version.access))

    def _may_dataset(self, principal: Principal, dataset: str) -> bool:
        return dataset in self.city.datasets and principal.may_read(self._accesses.dataset(dataset), dataset)

    def _may_version(self, principal: Principal, version: DatasetVersion) -> bool:
        return version.dataset in self.city.datasets and principal.may_read(
            self._version_access(version), version.dataset
        )

    def _readable_dataset(self, principal: Principal, dataset: str) -> Dataset:
        if not self._may_dataset(principal, dataset):
            raise no_dataset(dataset)
        return self.city.datasets[dataset]

    def _readable_version(self, principal: Principal, dataset: str, number: int | None) -> DatasetVersion:
        """That version, or (None) the newest the reader may see."""
        self._readable_dataset(principal, dataset)
        if number is not None:
            return self._numbered(principal, dataset, number)
        readable = (v for v in self._store.versions(dataset) if self._may_version(principal, v))
        found = next(readable, None)
        if found is None:
            raise NotFound(f"nothing has been published of {dataset!r} yet", where=f"/d/{dataset}")
        return found

    def _numbered(self, principal: Principal, dataset: str, number: int) -> DatasetVersion:
        try:
            version = self._store.version(Pin(dataset, number))
        except NotFound:
            raise no_version(dataset, number) from None
        if not self._may_version(principal, version):
            raise no_version(dataset, number)
        return version

    def _count_rows(self, principal: Principal, version: DatasetVersion, rows: int) -> None:
        """Rows of what needs an agreement are counted before they are given. Raises QuotaUsed."""
        if self._meter and self._version_access(version) > Access.OPEN:
            self._meter.take(principal.agreement, "rows", rows)

    def _column_access(self, version: DatasetVersion, column: Column) -> Access:
        now = self._accesses.column(version.dataset, column.name)
        return strictest((self._version_access(version), column.access, now))

    def _columns(self, principal: Principal, version: DatasetVersion) -> tuple[Column, ...]:
        """The columns of a version that the reader may see; the others are absent, not empty."""
        return tuple(
            column
            for column in version.columns
            if principal.may_read(self._column_access(version, column), version.dataset)
        )

    def _sees_all(self, principal: Principal, version: DatasetVersion) -> bool:
        return len(self._columns(principal, version)) == len(version.columns)

    def _may_indicator(self, principal: Principal, indicator: str) -> bool:
        found = self.city.indicators.get(indicator)
        return found is not None and principal.may_read(self._accesses.indicator(indicator), found.dataset)

    def _may_story(self, principal: Principal, version: StoryVersion) -> bool:
        """A story is as closed as what it was made from is now, and as it was when published."""
        if not version.pins:
            return principal.may_read(version.access, version.story)
        return all(self._may_pin(principal, pin, version.access) for pin in version.pins)

    def _may_pin(self, principal: Principal, pin: Pin, at_least: Access) -> bool:
        try:
            now = self._version_access(self._store.version(pin))
        except NotFound:
            return False
        return principal.may_read(strictest((now, at_least)), pin.dataset)

    def _may_raw(self, principal: Principal, receipt: Receipt) -> bool:
        """Raw bytes hold every column, also those that are dropped or closed: all of them must be open
        to the reader, for every dataset made from that source."""
        made = [d for d in self.city.datasets.values() if d.source == receipt.source]
        # Bytes of which nothing was published may have been held back.
        used = any(receipt.sha256 in v.raw for d in made for v in self._store.versions(d.id))
        return used and all(principal.may_read(self._raw_access(d), d.id) for d in made)

    def _raw_access(self, dataset: Dataset) -> Access:
        if dataset.disclosure is not None:  # the bytes hold what was hidden
            return Access.INTERNAL
        if dataset.contract in ("discard", "declared"):  # what is discarded was never looked at
            return Access.INTERNAL
        source = self.city.sources.get(dataset.source)
        if source is not None and source.uploaded:  # workbooks hold hidden sheets, comments, names of authors
            return Access.INTERNAL
        published = [v.access for v in self._store.versions(dataset.id)[:1]]
        columns = [column.access for column in dataset.columns]
        return strictest([self._accesses.dataset(dataset.id), *published, *columns])


def no_dataset(dataset: str) -> NotFound:
    """The one answer for datasets that are not there and for those the reader may not see."""
    return NotFound(f"there is no dataset {dataset!r}", where=f"/d/{dataset}")


def no_version(dataset: str, number: int) -> NotFound:
    """The one answer for versions that are not there and for those the reader may not see."""
    return NotFound(f"there is no version {number} of {dataset!r}", where=f"/d/{dataset}@{number}")
