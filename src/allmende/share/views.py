"""What the gate hands out: plain frozen values, already cut to what the reader may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from allmende.model.access import Access
from allmende.model.dataset import Column, Dataset, DatasetVersion, Pin
from allmende.model.figure import Figure
from allmende.model.harvest import ForeignCatalogue, Harvest
from allmende.model.knowledge import Indicator, Judgement, Trust
from allmende.model.licence import Licence
from allmende.model.limits import Doubt
from allmende.model.place import Place
from allmende.model.run import Run
from allmende.model.source import Receipt, Rejected, Source
from allmende.model.use import FEW, Channel

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class UsedBy:
    """What is made from a dataset, as ids the reader may see: datasets, indicators, stories; and works of others."""

    datasets: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()
    reuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset as its reader may see it.

    `version` is the one asked for (or the newest), None when nothing was published yet; `columns`
    are those the reader may see, described by the city's file where it describes them; `versions`
    are all of them, newest first. `closed_columns` says how many are kept from this reader: 0 for
    readers who may not even know that there are some. `last_run` is the newest attempt.
    """

    dataset: Dataset
    access: Access
    columns: tuple[Column, ...]
    version: DatasetVersion | None
    versions: tuple[DatasetVersion, ...]
    licences: tuple[Licence, ...]
    attributions: tuple[str, ...]
    used_by: UsedBy = UsedBy()
    source: Source | None = None
    receipts: tuple[Receipt, ...] = ()
    last_run: Run | None = None

    @property
    def pin(self) -> Pin | None:
        """The version shown, as a pin."""
        return self.version.pin if self.version else None

    @property
    def has_geometry(self) -> bool:
        """True when the reader sees a geometry, so that GeoJSON makes sense."""
        return any(column.type == "geometry" for column in self.columns)

    @property
    def downloadable(self) -> bool:
        """A dataset without a known licence, or without a version, has no download."""
        return self.version is not None and bool(self.licences)


@dataclass(frozen=True, slots=True)
class UseView:
    """How often a dataset was used since a day, by way and day; programs that look for everything are `robots`."""

    dataset: str
    since: date
    days: int
    by_day: Mapping[Channel, Mapping[date, int]]
    robots: int

    def total(self, channel: Channel) -> int | None:
        """The sum of a way; None when it is too small to be told."""
        found = sum(self.by_day.get(channel, {}).values())
        return found if found == 0 or found >= FEW else None


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows of a version. Values are Python's own; geometries are WKB bytes (see `share.cells`)."""

    pin: Pin
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    total: int
    offset: int
    limit: int


@dataclass(frozen=True)
class Selected:
    """The selected rows of a version as an Arrow table, and how many there are in all (`matched`).

    `numbers` are the rows' places in the version, from 1: with the version they name a row for ever.
    """

    pin: Pin
    columns: tuple[Column, ...]
    table: pa.Table
    numbers: tuple[int, ...]
    matched: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the rows of a version lie (west, south, east, north; degrees, WGS 84) and the first and last time in them.

    None is not known: there is no such column, none with a value, or it is not open to everybody.
    """

    box: tuple[float, float, float, float] | None = None
    begin: date | datetime | None = None
    end: date | datetime | None = None


@dataclass(frozen=True)
class RowStream:
    """All rows of a version in order, as Arrow record batches with the columns the reader may see.

    `batches` is read once.
    """

    view: DatasetView
    columns: tuple[Column, ...]
    batches: Iterator[pa.RecordBatch]

    @property
    def version(self) -> DatasetVersion:
        """The version that is streamed."""
        assert self.view.version is not None
        return self.view.version


@dataclass(frozen=True, slots=True)
class RejectedPage:
    """Rows that were not taken into a version, with reasons."""

    pin: Pin
    rejected: tuple[Rejected, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RawView:
    """A raw file and the receipts that prove where it came from."""

    sha256: str
    path: Path
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """An indicator with its newest value for the whole city and its judgement against the target."""

    indicator: Indicator
    access: Access
    latest: Figure | None
    judgement: Judgement
    licences: tuple[Licence, ...] = ()
    attributions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassportStep:
    """One dataset version on the way to a figure: how it was made, and from what.

    `depth` 0 holds the figure; deeper steps are its inputs. `receipts` prove the raw files.
    """

    depth: int
    version: DatasetVersion
    title: str
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class Passport:
    """Everything that makes a figure checkable: what it is, and every version and raw file behind it.

    `definition` is the text of the indicator's definition as it was when the figure was made (JSON).
    `withheld` counts steps this reader may not see.
    """

    figure: Figure
    indicator: Indicator | None
    definition: str | None
    steps: tuple[PassportStep, ...]
    licences: tuple[Licence, ...]
    attributions: tuple[str, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class DistrictFigure:
    """An indicator in one district, beside the value of the whole city (None when there is none)."""

    indicator: Indicator
    here: Figure
    city: Figure | None


@dataclass(frozen=True, slots=True)
class DistrictView:
    """A district with all its figures."""

    place: Place
    figures: tuple[DistrictFigure, ...]


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source is doing: its newest receipt, and its newest attempt."""

    source: Source
    receipt: Receipt | None
    run: Run | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A time when a dataset's content was looked for or made: how it ended, and the version that came of it.

    `passed` of the `asked` checks held for that version. `message` is empty where it could tell of closed columns.
    """

    run: Run
    version: int | None
    passed: int
    asked: int
    message: str


@dataclass(frozen=True, slots=True)
class DatasetState:
    """How a dataset is doing. `stale` means older than its own limit; then `since` is what is shown."""

    dataset: Dataset
    version: DatasetVersion | None
    run: Run | None
    stale: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Misgiving:
    """Why a value is doubted: the datastream, its unit, and the doubt with its numbers."""

    datastream_id: int
    property_name: str
    unit: str
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class ThingState:
    """How a thing is doing: its trust, when it last sent anything, and, when it is silent, since when.

    `battery` is the newest value of a battery that is low, with its unit; None when it is not low or
    nobody measures it.
    """

    thing_id: int
    key: str | None
    name: str
    trust: Trust
    last_time: datetime | None = None
    silent_since: datetime | None = None
    battery: tuple[float | None, str] | None = None
    misgivings: tuple[Misgiving, ...] = ()
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class CatalogueState:
    """A foreign catalogue: its last good harvest, its last run (None: never), and how many entries it has here."""

    catalogue: ForeignCatalogue
    harvest: Harvest | None
    run: Run | None
    entries: int


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the data, for the page `/stand`. `stories` are runs of stories that failed; `things`
    are the sensors, those that need somebody first."""

    sources: tuple[SourceState, ...]
    datasets: tuple[DatasetState, ...]
    stories: tuple[Run, ...] = field(default=())
    things: tuple[ThingState, ...] = field(default=())
