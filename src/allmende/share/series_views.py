"""What the gate hands out about things and their series: plain frozen values, cut to what the reader may see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allmende.catalogue.series_trust import SeriesState
from allmende.model.knowledge import Trust
from allmende.model.limits import Limits
from allmende.model.message import KeptMessage
from allmende.model.observation import Latest, Observation
from allmende.model.place import Place
from allmende.model.series import Bucket
from allmende.model.thing import Datastream, Location, ObservedProperty, Sensor, Thing
from allmende.model.watched import Watched
from allmende.share.spans import Span

_PLAIN = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9_:~-]{0,119}")


def address_name(id_: int, key: str | None) -> str:
    """What a thing or series is called in addresses: its key when that fits into one, else its number."""
    return key if key and _PLAIN.fullmatch(key) else str(id_)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One series: what is measured by what, its newest value and how it is doing."""

    datastream: Datastream
    thing: Thing
    properties: tuple[ObservedProperty, ...]
    sensor: Sensor | None
    latest: Latest | None
    state: SeriesState
    limits: Limits

    @property
    def address(self) -> str:
        """Its page."""
        name = address_name(self.datastream.id, self.datastream.key)
        return f"{thing_address(self.thing)}/{name}"

    @property
    def unit(self) -> str:
        """The sign of its unit for people; empty when there is none."""
        unit = self.datastream.units[0] if self.datastream.units else None
        return (unit.symbol or unit.ucum or unit.name or "") if unit else ""

    @property
    def newest(self) -> Observation | None:
        """Its newest value."""
        return self.latest.observation if self.latest else None


def thing_address(thing: Thing) -> str:
    """The page of a thing."""
    return f"/t/{address_name(thing.id, thing.key)}"


@dataclass(frozen=True, slots=True)
class ThingView:
    """A thing with its series and places; `datasets` are ids of those that its values go into."""

    thing: Thing
    series: tuple[SeriesView, ...]
    locations: tuple[Location, ...]
    trust: Trust
    district: Place | None = None
    position: tuple[float, float] | None = None
    datasets: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its page."""
        return thing_address(self.thing)


@dataclass(frozen=True, slots=True)
class PointsView:
    """A stretch of a series: `values` as they came (oldest first), or `means` of its steps; never both."""

    series: SeriesView
    span: Span
    values: tuple[Observation, ...] = ()
    means: tuple[Bucket, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ObservationView:
    """One observation with all its revisions (newest first), and the message it came in.

    `payload_open` says whether this reader may see the message's bytes: they may hold what nobody looked at.
    """

    series: SeriesView
    observation: Observation
    revisions: tuple[Observation, ...]
    message: KeptMessage | None = None
    payload_open: bool = False


@dataclass(frozen=True, slots=True)
class WatchedView:
    """The newest value of one series in a list or on the map, and the page of it and of its thing."""

    watched: Watched
    latest: Latest | None
    state: SeriesState

    @property
    def thing_address(self) -> str:
        """The page of its thing."""
        return f"/t/{address_name(self.watched.thing_id, self.watched.thing_key)}"

    @property
    def address(self) -> str:
        """Its page."""
        name = address_name(self.watched.datastream_id, self.watched.datastream_key)
        return f"{self.thing_address}/{name}"

    @property
    def newest(self) -> Observation | None:
        """Its newest value."""
        return self.latest.observation if self.latest else None
