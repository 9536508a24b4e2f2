"""The passport of a figure, and computing it again."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get, post

from allmende.errors import NotFound, RecipeInvalid
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.figure import FigureId
from allmende.model.text import Language
from allmende.ports import Recomputed
from allmende.share.api import figure_id
from allmende.share.given import GivenCity, GivenLanguage, GivenPrincipal, GivenReads, GivenRecompute
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.views import Passport


@dataclass(frozen=True, slots=True)
class Context:
    """The passport; `again` are the versions that were just made again, source first (empty before that).

    `current` is the address of the newest figure of the same indicator when this one is older.
    """

    passport: Passport
    again: tuple[Recomputed, ...]
    can_compute: bool
    current: str


@get("/f/{name:str}", include_in_schema=False, sync_to_thread=True)
def passport(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    recompute: GivenRecompute,
    name: str,
) -> Response[str]:
    """Where a number comes from."""
    return _page(reads, principal, city, language, name, (), recompute is not None)


@post("/f/{name:str}/nachrechnen", include_in_schema=False, sync_to_thread=True, status_code=200)
def compute_again(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    recompute: GivenRecompute,
    name: str,
) -> Response[str]:
    """Make every version behind a number again from its inputs, and compare. Nothing is written."""
    if recompute is None:
        raise NotFound("numbers cannot be computed again here", where=f"/f/{name}")
    found = reads.passport(principal, _figure(name))
    again = tuple(recompute(step.version.pin) for step in reversed(found.steps))
    return _page(reads, principal, city, language, name, again, True)


def _page(
    reads: Reads,
    principal: Principal,
    city: City,
    language: Language,
    name: str,
    again: tuple[Recomputed, ...],
    can_compute: bool,
) -> Response[str]:
    asked = _figure(name)
    found = reads.passport(principal, asked)
    current = ""
    if found.indicator is not None:
        newest = reads.indicator(principal, found.indicator.id).latest
        if newest is not None and newest.pin.version != asked.version:
            current = f"/f/{newest.id}"
    t = Words(language)
    title = found.figure.title.of(language)
    crumbs = [(t("nav.home"), "/"), (t("nav.goals"), "/ziele")]
    if found.indicator is not None:
        crumbs.append((found.indicator.title.of(language), f"/ziele/{found.indicator.id}"))
    frame = Frame(
        title=t("passport.title", name=title), path=f"/f/{name}", licences=found.licences,
        attributions=found.attributions, crumbs=tuple(crumbs), section="goals",
    )  # fmt: skip
    return page("passport.html", Context(found, again, can_compute, current), frame, city, language)


def _figure(name: str) -> FigureId:
    """For readers of pages an address that is none is simply not there."""
    try:
        return figure_id(name)
    except RecipeInvalid as error:
        raise NotFound("there is no such number", where=f"/f/{name}") from error
