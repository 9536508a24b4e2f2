"""What licences do not allow of a dataset: excluded combinations, closed licences made open, duties dropped.

Asked of a city's files by `allmende check`, and again whenever something is published: a source's licence may have
been changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from allmende.catalogue.access import Accesses
from allmende.errors import AllmendeError
from allmende.guard.terms.combine import combine, fits, suggest
from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.licence import LICENCES, Licence

TermsKind = Literal["licence_conflict", "licence_closed", "licence_drops"]
_INSIDE = "Keep it inside the city (protected, internal), or leave one of the sources out."


@dataclass(frozen=True, slots=True)
class TermsFault:
    """What does not go: its kind, the setting in the dataset's file, and words. `licences` are those it is about."""

    kind: TermsKind
    setting: str
    message: str
    hint: str
    licences: tuple[Licence, ...]


def terms_faults(city: City, dataset: Dataset) -> tuple[TermsFault, ...]:
    """What the licences under a dataset do not allow; nothing when a recipe cannot be read (that is told elsewhere).

    What the dataset's file allows with a reason, such as a permission of the owner, is no fault.
    """
    try:
        licences = licences_under(city, dataset)
    except AllmendeError:
        return ()
    found = _closed(city, dataset, licences)
    allowed = {one.kind for one in dataset.guard_allowed if one.reason.strip()}
    return tuple(one for one in found or _dropped(dataset, licences) if one.kind not in allowed)


def licences_under(city: City, dataset: Dataset) -> tuple[Licence, ...]:
    """The known licences of the source and of every input (also the districts), before the dataset's own word."""
    source, accesses = city.sources.get(dataset.source), Accesses(city)
    own = [LICENCES[source.licence]] if source and source.licence in LICENCES else []
    inputs = [one for name in accesses.inputs(dataset.id) for one in accesses.licences(name)]
    return tuple(dict.fromkeys([*own, *inputs]))


def _closed(city: City, dataset: Dataset, licences: tuple[Licence, ...]) -> tuple[TermsFault, ...]:
    """What may not be shown outside at all, though the dataset's file says so."""
    if dataset.access >= Access.PROTECTED:
        return ()
    excluded = _excluded(city, dataset, licences)
    bound = next((one for one in (*licences, *_own(dataset)) if not one.is_open), None)
    if excluded or bound is None:
        return excluded
    hint = "Make it protected or internal, or ask the owner for an open licence."
    message = f"{bound.title} is no open licence, so the data can be neither open nor commercial"
    return (TermsFault("licence_closed", "access", message, hint, (bound,)),)


def _excluded(city: City, dataset: Dataset, licences: tuple[Licence, ...]) -> tuple[TermsFault, ...]:
    """Two licences that exclude each other, or one that forbids to pass on what was changed."""
    conflict: tuple[Licence, ...] | None = combine(licences).conflict
    if conflict is None and Accesses(city).inputs(dataset.id):
        conflict = next(((one,) for one in licences if "changes" in one.bans), None)
    if conflict is None:
        return ()
    said, neither = (
        " and ".join(one.title for one in conflict),
        "under neither" if conflict[1:] else "not at all",
    )
    setting = "recipe" if dataset.recipe else "district_column"
    message = f"what is made of {said} may be passed on {neither}"
    return (TermsFault("licence_conflict", setting, message, _INSIDE, conflict),)


def _own(dataset: Dataset) -> tuple[Licence, ...]:
    return (LICENCES[dataset.licence],) if dataset.licence in LICENCES else ()


def _dropped(dataset: Dataset, licences: tuple[Licence, ...]) -> tuple[TermsFault, ...]:
    if dataset.licence not in LICENCES or not licences or fits(dataset.licence, licences):
        return ()
    better = suggest(licences)
    under = f"The inputs are under {', '.join(licence.id for licence in licences)}."
    hint = f"{under} Leave the licence out" + (f", or take {better.id}." if better else ".")
    message = f"{dataset.licence} drops what the inputs' licences ask for"
    return (TermsFault("licence_drops", "licence", message, hint, licences),)
