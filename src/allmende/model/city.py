"""The loaded city: everything its folder says, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from allmende.model.dataset import Dataset
from allmende.model.harvest import ForeignCatalogue
from allmende.model.knowledge import Indicator, Recipe, Story
from allmende.model.person import Department
from allmende.model.place import Districts
from allmende.model.release import ReleaseRules
from allmende.model.reuse import Reuse
from allmende.model.sensor_type import SensorType
from allmende.model.source import Source
from allmende.model.text import Language, Text
from allmende.model.way import Way


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for the portal (imprint, accessibility feedback). Offices, never persons."""

    publisher: str
    address: str = ""
    email: str = ""
    phone: str = ""
    homepage: str = ""
    privacy_office: str = ""
    accessibility_office: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """What stands on the first page: the sentence of the day with figures, goals and stories in order."""

    sentence: Text = Text()
    indicators: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Theme:
    """A topic of the city in plain words; at most nine. `eu` are its codes in the EU's data themes, like `ENVI`."""

    id: str
    title: Text
    eu: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class City:
    """A city: a folder of files, linked and checked. `invented` says that all its data are made up.

    `contributor_id` is its address in GovData's list of those who contribute (DCAT-AP.de), empty when it has none.
    """

    slug: str
    name: Text
    contact: Contact
    key: str = ""
    time_zone: str = "Europe/Berlin"
    languages: tuple[Language, ...] = ("de", "en")
    crs: str = "EPSG:25832"
    invented: bool = False
    front: Front = Front()
    districts: Districts | None = None
    themes: Mapping[str, Theme] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    release: ReleaseRules = ReleaseRules()
    synonyms: tuple[tuple[str, ...], ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    stories: Mapping[tuple[str, Language], Story] = field(default_factory=dict)
    sensors: Mapping[str, SensorType] = field(default_factory=dict)
    ways: Mapping[str, Way] = field(default_factory=dict)
    reuses: Mapping[str, Reuse] = field(default_factory=dict)
    catalogues: Mapping[str, ForeignCatalogue] = field(default_factory=dict)
    contributor_id: str = ""

    def story_ids(self) -> tuple[str, ...]:
        """The ids of all stories, each once, in order."""
        return tuple(dict.fromkeys(story_id for story_id, _ in self.stories))
