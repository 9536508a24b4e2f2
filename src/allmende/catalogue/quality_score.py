"""How well a dataset is described: a score by criterion, with the cheapest next step.

Dimensions, criteria and points are those of the Metadata Quality Assessment of data.europa.eu (MQA, 405 points; from
351 excellent, from 221 good, from 121 sufficient). It is computed from what this house knows itself: nothing is asked
over the network, as pages and files are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from allmende.model.city import City
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.licence import Licence

Dimension = Literal["findability", "accessibility", "interoperability", "reusability", "contextuality"]
Rating = Literal["excellent", "good", "sufficient", "bad"]
MOST = 405
_RATINGS: tuple[tuple[int, Rating], ...] = (
    (351, "excellent"),
    (221, "good"),
    (121, "sufficient"),
    (0, "bad"),
)


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a dataset: as the city describes it, its version, licences, and who answers for it."""

    dataset: Dataset
    version: DatasetVersion | None
    licences: tuple[Licence, ...]
    city: City

    @property
    def files(self) -> bool:
        """True when there are files to take: something is published under a known licence."""
        return self.version is not None and bool(self.licences)

    @property
    def contact(self) -> bool:
        """True when somebody can be asked."""
        department = self.city.departments.get(self.dataset.department)
        contact = self.city.contact
        return bool((department and department.email) or contact.email or contact.homepage or contact.phone)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question of the assessment. `effort` is how much work a yes takes, from 1 (a word) to 5."""

    id: str
    dimension: Dimension
    points: int
    effort: int
    holds: Callable[[Described], bool]


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to one question."""

    criterion: Criterion
    held: bool


@dataclass(frozen=True, slots=True)
class Score:
    """All answers, the points, and what they amount to."""

    judged: tuple[Judged, ...]

    @property
    def points(self) -> int:
        """Points of all criteria that hold."""
        return sum(one.criterion.points for one in self.judged if one.held)

    @property
    def rating(self) -> Rating:
        """The class that the points fall into."""
        return next(name for least, name in _RATINGS if self.points >= least)

    @property
    def next_step(self) -> Criterion | None:
        """The criterion that brings the most points for its effort; None when all hold."""
        missing = [one.criterion for one in self.judged if not one.held]
        return max(missing, key=lambda one: (one.points / one.effort, one.points), default=None)

    def of(self, dimension: Dimension) -> int:
        """Points of one dimension."""
        return sum(
            one.criterion.points for one in self.judged if one.held and one.criterion.dimension == dimension
        )


def score(found: Described) -> Score:
    """The score of a dataset."""
    return Score(tuple(Judged(one, one.holds(found)) for one in CRITERIA))


def _spatial(found: Described) -> bool:
    dataset, version = found.dataset, found.version
    shapes = version is not None and any(column.type == "geometry" for column in version.columns)
    return shapes or bool(dataset.place_column or dataset.district_column or found.city.key)


def _mandatory(found: Described) -> bool:
    """What DCAT-AP.de 3.0 asks of every dataset and file: title, description, publisher, contact, licence."""
    dataset = found.dataset
    words = dataset.title.of("de") and dataset.description.of("de")
    return bool(words and dataset.publisher and found.contact and found.files)


def _released(found: Described) -> bool:
    return found.version is not None


def _files(found: Described) -> bool:
    return found.files


def _stated(found: Described) -> bool:
    """The class of access is always stated, in the words of the EU's vocabulary (public, restricted, non-public)."""
    return True


def _rights(found: Described) -> bool:
    return bool(found.licences) and (
        not any(one.attribution for one in found.licences)
        or bool(found.version and found.version.attributions)
    )


CRITERIA: tuple[Criterion, ...] = (
    Criterion("keywords", "findability", 30, 1, lambda f: bool(f.dataset.keywords)),
    Criterion("categories", "findability", 30, 1, lambda f: f.dataset.theme in f.city.themes),
    Criterion("spatial", "findability", 20, 2, _spatial),
    Criterion("temporal", "findability", 20, 2, lambda f: bool(f.dataset.time_column)),
    Criterion("access_address", "accessibility", 50, 4, _released),
    Criterion("download_address", "accessibility", 20, 3, _files),
    Criterion("download_works", "accessibility", 30, 3, _files),
    Criterion("format", "interoperability", 20, 3, _files),
    Criterion("media_type", "interoperability", 10, 3, _files),
    Criterion("vocabulary", "interoperability", 10, 3, _files),
    Criterion("non_proprietary", "interoperability", 20, 3, _files),
    Criterion("machine_readable", "interoperability", 20, 3, _files),
    Criterion("dcat_ap", "interoperability", 30, 2, _mandatory),
    Criterion("licence", "reusability", 20, 3, lambda f: bool(f.licences)),
    Criterion("licence_vocabulary", "reusability", 10, 3, lambda f: bool(f.licences)),
    Criterion("access_rights", "reusability", 10, 1, _stated),
    Criterion("access_rights_vocabulary", "reusability", 5, 1, _stated),
    Criterion("contact", "reusability", 20, 1, lambda f: f.contact),
    Criterion("publisher", "reusability", 10, 1, lambda f: bool(f.dataset.publisher)),
    Criterion("rights", "contextuality", 5, 1, _rights),
    Criterion("size", "contextuality", 5, 3, _files),
    Criterion("issued", "contextuality", 5, 3, _released),
    Criterion("modified", "contextuality", 5, 3, _released),
)
