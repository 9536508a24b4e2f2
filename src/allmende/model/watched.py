"""Datastreams as the city looks at them: which thing measures what where, and what datasets are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from allmende.model.access import Access
from allmende.model.text import Text

Every = Literal["hour", "day"]


@dataclass(frozen=True, slots=True)
class Watched:
    """One datastream with the thing it belongs to, what it measures and where the thing stands now.

    Places are WGS 84 degrees, None when nobody said. `access` is the stricter one of thing and datastream.
    `unit` is the UCUM code, `sign` what people write; the titles say in several languages what the names say.
    """

    datastream_id: int
    datastream_key: str | None
    name: str
    thing_id: int
    thing_key: str | None
    thing_name: str
    property_key: str | None
    property_name: str
    unit: str = ""
    longitude: float | None = None
    latitude: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    access: Access = Access.INTERNAL
    sign: str = ""
    thing_title: Text = Text()
    property_title: Text = Text()

    @property
    def code(self) -> str:
        """Its name in datasets: its key, or its number."""
        return self.datastream_key or str(self.datastream_id)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which datastreams a dataset is made from, and into which periods their values are gathered.

    `properties` are keys of observed properties; `things` are keys of things, where a * at the end
    stands for any rest, and none stands for all. `every` period (of the city's time) has one row per
    datastream. `days` is how far back it goes, None to the beginning.
    """

    properties: tuple[str, ...]
    things: tuple[str, ...] = ()
    every: Every = "day"
    days: int | None = 400

    def takes(self, watched: Watched) -> bool:
        """Does the datastream belong to it?"""
        return watched.property_key in self.properties and self.takes_thing(watched)

    def takes_thing(self, watched: Watched) -> bool:
        """Does its thing belong to it, whatever is measured there?"""
        key = watched.thing_key or str(watched.thing_id)
        return not self.things or any(_fits(pattern, key) for pattern in self.things)


def _fits(pattern: str, key: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern
