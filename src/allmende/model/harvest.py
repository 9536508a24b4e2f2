"""Catalogues of others, and what they list: described and found here, never copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from allmende.model.access import Access
from allmende.model.licence import UNKNOWN_LICENCE
from allmende.model.source import Schedule
from allmende.model.text import Text

HarvestKind = Literal["ckan", "dcat", "dkan", "udata", "arcgis-hub", "wfs", "ogc-api", "allmende"]
HARVEST_KINDS: tuple[HarvestKind, ...] = get_args(HarvestKind)


@dataclass(frozen=True, slots=True)
class ForeignCatalogue:
    """A catalogue of somebody else, as the city's file `catalogues/<id>.toml` says it.

    `address` is the portal or service. `filter` is in the words of the portal (CKAN's `fq`), empty for everything.
    Its entries are as closed as `access` says.
    """

    id: str
    title: Text
    kind: HarvestKind
    address: str
    schedule: Schedule = "daily"
    filter: str = ""
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True)
class ForeignDistribution:
    """One way to get a foreign dataset; what is not known is empty."""

    title: str
    address: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class ForeignDataset:
    """A dataset as a foreign catalogue describes it; `identifier` is its own there.

    `licence` is ours when the words are exactly those of a licence we know, else `unknown`;
    `licence_given` is what stands there. `modified` is as written. What is not known is empty.
    """

    identifier: str
    title: str
    description: str = ""
    publisher: str = ""
    licence: str = UNKNOWN_LICENCE
    licence_given: str = ""
    landing_page: str = ""
    modified: str = ""
    keywords: tuple[str, ...] = ()
    distributions: tuple[ForeignDistribution, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """A foreign dataset in our catalogue: where it is listed, since when, and since when no longer.

    `gone` is when a harvest first missed it; it is kept with that mark. `same_as` is another entry
    (`catalogue`, `identifier`) that describes the same dataset.
    """

    catalogue: str
    dataset: ForeignDataset
    first_seen: datetime
    gone: datetime | None = None
    same_as: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Harvest:
    """The last harvest of a catalogue that ended well.

    `fingerprint` is a hash over the answers and over how they are read, `etag` and `last_modified` are what a catalogue of one
    single page said of it. `faults` are entries that could not be taken, in words.
    """

    catalogue: str
    at: datetime
    fingerprint: str
    etag: str = ""
    last_modified: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvested:
    """What a harvest changed: how many entries are new, changed, gone and the same as before."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
