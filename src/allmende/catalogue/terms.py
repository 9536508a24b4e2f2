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
TERMS_KINDS: frozenset[str] = frozenset({"licence_conflict", "licence_closed", "licence_drops"})
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
    """What the licences under a dataset do not allow; nothing when a recipe cannot be read (that is told elsewhere)."""
    try:
        licences = licences_under(city, dataset)
    except AllmendeError:
        return ()
    found = _closed(city, dataset, licences)
    return (found,) if found else _dropped(dataset, licences)


def licences_under(city: City, dataset: Dataset) -> tuple[Licence, ...]:
    """The known licences of the source and of every input (also the districts), before the dataset's own word."""
    source, accesses = city.sources.get(dataset.source), Accesses(city)
    own = [LICENCES[source.licence]] if source and source.licence in LICENCES else []
    inputs = [one for name in accesses.inputs(dataset.id) for one in accesses.licences(name)]
    return tuple(dict.fromkeys([*own, *inputs]))


def _closed(city: City, dataset: Dataset, licences: tuple[Licence, ...]) -> TermsFault | None:
    """What may not be shown outside at all, though the dataset's file says so."""
    terms = combine(licences)
    setting = "recipe" if dataset.recipe else "district_column"
    if dataset.access >= Access.PROTECTED:
        return None
    if terms.conflict:
        said = " and ".join(licence.title for licence in terms.conflict)
        message = f"what is made of {said} may be passed on under neither"
        return TermsFault("licence_conflict", setting, message, _INSIDE, terms.conflict)
    changed = bool(Accesses(city).inputs(dataset.id))
    bound = next((one for one in licences if "changes" in one.bans and changed), None)
    if bound:
        message = f"what is made of data under {bound.title} may not be passed on"
        return TermsFault("licence_conflict", setting, message, _INSIDE, (bound,))
    bound = next((one for one in (*licences, *_own(dataset)) if not one.is_open), None)
    if bound is None:
        return None
    hint = "Make it protected or internal, or ask the owner for an open licence."
    message = f"{bound.title} is no open licence, so the data can be neither open nor commercial"
    return TermsFault("licence_closed", "access", message, hint, (bound,))


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
