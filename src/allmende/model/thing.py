"""What is measured where by what: the nouns of OGC SensorThings (18-088 and 15-078r6), in our words.

A Thing stands at a Location, carries Datastreams; each Datastream is one ObservedProperty measured by
one Sensor in one Unit, or, when `multi`, several properties measured together. Ids are numbers given
by the store; a `key` is the name a producer or a city's file uses for the same thing. Everything has an
access class of its own, except a historical location, which has that of its thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from allmende.model.access import Access

ThingKind = Literal[
    "thing", "location", "historical_location", "sensor", "observed_property", "datastream", "feature"
]
Json = Mapping[str, Any]

NUMBER = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
COUNT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation"
CATEGORY = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CategoryObservation"
TRUTH = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation"
ANY = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation"
COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement: its name, its symbol for people, and its UCUM code for programs.

    `definition` is an address that explains it. Every part may be unknown.
    """

    name: str | None = None
    symbol: str | None = None
    definition: str | None = None
    ucum: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """The box around a geometry in WGS 84 degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the city that is watched: a tree, a station, a car park."""

    id: int
    name: str
    description: str = ""
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class Location:
    """Where things are or were. `geometry` is what the producer gave, GeoJSON for our own."""

    id: int
    name: str
    description: str = ""
    encoding: str = "application/geo+json"
    geometry: Any = None
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class HistoricalLocation:
    """Since when a thing was at these locations."""

    id: int
    thing_id: int
    time: datetime
    location_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensor:
    """The kind of instrument that measures; `metadata` describes it (an address or SensorML text)."""

    id: int
    name: str
    description: str = ""
    encoding: str = "text/html"
    metadata: Any = ""
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """What is measured: soil moisture, free parking spaces; `definition` is an address."""

    id: int
    name: str
    definition: str
    description: str = ""
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class Datastream:
    """One series of observations; with `multi` each result is a list, one value per property and unit."""

    id: int
    name: str
    thing_id: int
    sensor_id: int
    observed_property_ids: tuple[int, ...]
    description: str = ""
    units: tuple[Unit, ...] = (Unit(),)
    observation_type: str = NUMBER
    types: tuple[str, ...] = ()
    multi: bool = False
    observed_area: Any = None
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class Feature:
    """What an observation is about (FeatureOfInterest): usually the place of the thing."""

    id: int
    name: str
    description: str = ""
    encoding: str = "application/geo+json"
    geometry: Any = None
    properties: Json = field(default_factory=dict)
    key: str | None = None
    access: Access = Access.INTERNAL


AnyDescribed = Thing | Location | HistoricalLocation | Sensor | ObservedProperty | Datastream | Feature
"""Everything that is kept about things."""
