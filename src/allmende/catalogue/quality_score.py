"""How well a dataset is described: a score by criterion, with the cheapest next step.

Dimensions, criteria and points are those of the Metadata Quality Assessment of data.europa.eu (MQA, 405 points; from
351 excellent, from 221 good, from 121 sufficient). It is computed from what this house knows itself: nothing is asked
over the network, as pages and files are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from allmende.model.city import City
from allmende.model.dataset import Dataset, DatasetVersion
from allmende.model.licence import LICENCES, Licence
from allmende.model.text import Text

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
    """One question of the assessment."""

    id: str
    dimension: Dimension
    points: int
    holds: Callable[[Described], bool]


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to one question."""

    criterion: Criterion
    held: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a person can do, and the points that it brings, counted by scoring again."""

    id: str
    gain: int


@dataclass(frozen=True, slots=True)
class Score:
    """All answers, the points, and what they amount to. `next_step` is what brings most for its effort."""

    judged: tuple[Judged, ...]
    next_step: Step | None = None

    @property
    def points(self) -> int:
        """Points of all criteria that hold."""
        return sum(one.criterion.points for one in self.judged if one.held)

    @property
    def rating(self) -> Rating:
        """The class that the points fall into."""
        return next(name for least, name in _RATINGS if self.points >= least)

    def of(self, dimension: Dimension) -> int:
        """Points of one dimension."""
        return sum(
            one.criterion.points for one in self.judged if one.held and one.criterion.dimension == dimension
        )


def score(found: Described) -> Score:
    """The score of a dataset, with the step that brings most for its effort."""
    judged = _judge(found)
    points = _points(judged)
    steps = [(one, _points(_judge(one.done(found))) - points) for one in ACTIONS]
    best, gain = max(steps, key=lambda step: (step[1] / step[0].effort, step[1]))
    return Score(judged, Step(best.id, gain) if gain > 0 else None)


def _judge(found: Described) -> tuple[Judged, ...]:
    return tuple(Judged(one, one.holds(found)) for one in CRITERIA)


def _points(judged: tuple[Judged, ...]) -> int:
    return sum(one.criterion.points for one in judged if one.held)


def _spatial(found: Described) -> bool:
    dataset, version = found.dataset, found.version
    shapes = version is not None and any(column.type == "geometry" for column in version.columns)
    # The city's official key is told with every dataset (political geocoding of DCAT-AP.de).
    return shapes or bool(dataset.place_column or dataset.district_column or found.city.key)


def _temporal(found: Described) -> bool:
    """The time column is there in what was published; a name alone gives no period."""
    columns = found.version.columns if found.version else found.dataset.columns
    return found.dataset.time_column in {column.name for column in columns}


def _keywords(found: Described) -> bool:
    return any(word.strip() for word in found.dataset.keywords)


def _publisher(found: Described) -> bool:
    """The dataset's own, else the one that answers for the whole portal."""
    return bool(found.dataset.publisher or found.city.contact.publisher)


def _mandatory(found: Described) -> bool:
    """What DCAT-AP.de 3.0 asks of every dataset and file: title, description, publisher, contact, licence."""
    dataset = found.dataset
    words = dataset.title.of("de") and dataset.description.of("de")
    return bool(words and _publisher(found) and found.contact and found.files)


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


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person can do. `effort` is how much work it takes, from 1 (a word) to 5."""

    id: str
    effort: int
    done: Callable[[Described], Described]
    """The dataset as it would be then."""


def _with(**said: Any) -> Callable[[Described], Described]:
    """The same with something said about the dataset, where nothing is said yet."""

    def done(found: Described) -> Described:
        missing = {
            name: value for name, value in said.items() if getattr(found.dataset, name) in ("", Text())
        }
        return replace(found, dataset=replace(found.dataset, **missing))

    return done


def _published(found: Described) -> Described:
    if found.version is not None:
        return found
    columns, now = found.dataset.columns, datetime(2000, 1, 1, tzinfo=UTC)
    named = ("?",) if any(one.attribution for one in found.licences) else ()
    made = DatasetVersion(found.dataset.id, 1, 0, "", "", 0, 0, columns, now, attributions=named)
    return replace(found, version=made)


def _licensed(found: Described) -> Described:
    return found if found.licences else replace(found, licences=(LICENCES["cc0-1.0"],))


def _attributed(found: Described) -> Described:
    if found.version is None or found.version.attributions:
        return found
    return replace(found, version=replace(found.version, attributions=("?",)))


def _reachable(found: Described) -> Described:
    return replace(found, city=replace(found.city, contact=replace(found.city.contact, email="?@?")))


def _placed(found: Described) -> Described:
    return replace(found, city=replace(found.city, key=found.city.key or "?"))


def _timed(found: Described) -> Described:
    columns = found.version.columns if found.version else found.dataset.columns
    name = next((one.name for one in columns if one.type in ("date", "datetime", "integer")), "")
    if not name or _temporal(found):
        return found
    return replace(found, dataset=replace(found.dataset, time_column=name))


def _themed(found: Described) -> Described:
    known = next(iter(found.city.themes), "")
    if not known or found.dataset.theme in found.city.themes:
        return found
    return replace(found, dataset=replace(found.dataset, theme=known))


def _worded(found: Described) -> Described:
    if _keywords(found):
        return found
    return replace(found, dataset=replace(found.dataset, keywords=("?",)))


ACTIONS: tuple[Action, ...] = (
    Action("publish", 4, _published),
    Action("licence", 3, _licensed),
    Action("attribution", 1, _attributed),
    Action("description", 2, _with(description=Text("?"))),
    Action("title", 1, _with(title=Text("?"))),
    Action("publisher", 1, _with(publisher="?")),
    Action("contact", 1, _reachable),
    Action("keywords", 1, _worded),
    Action("theme", 1, _themed),
    Action("place", 2, _placed),
    Action("time", 2, _timed),
)

CRITERIA: tuple[Criterion, ...] = (
    Criterion("keywords", "findability", 30, _keywords),
    Criterion("categories", "findability", 30, lambda f: f.dataset.theme in f.city.themes),
    Criterion("spatial", "findability", 20, _spatial),
    Criterion("temporal", "findability", 20, _temporal),
    Criterion("access_address", "accessibility", 50, _released),
    Criterion("download_address", "accessibility", 20, _files),
    Criterion("download_works", "accessibility", 30, _files),
    Criterion("format", "interoperability", 20, _files),
    Criterion("media_type", "interoperability", 10, _files),
    Criterion("vocabulary", "interoperability", 10, _files),
    Criterion("non_proprietary", "interoperability", 20, _files),
    Criterion("machine_readable", "interoperability", 20, _files),
    Criterion("dcat_ap", "interoperability", 30, _mandatory),
    Criterion("licence", "reusability", 20, lambda f: bool(f.licences)),
    Criterion("licence_vocabulary", "reusability", 10, lambda f: bool(f.licences)),
    Criterion("access_rights", "reusability", 10, _stated),
    Criterion("access_rights_vocabulary", "reusability", 5, _stated),
    Criterion("contact", "reusability", 20, lambda f: f.contact),
    Criterion("publisher", "reusability", 10, _publisher),
    Criterion("rights", "contextuality", 5, _rights),
    Criterion("size", "contextuality", 5, _files),
    Criterion("issued", "contextuality", 5, _released),
    Criterion("modified", "contextuality", 5, _released),
)
