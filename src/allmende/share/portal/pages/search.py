"""The search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.model.access import Principal
from allmende.model.harvest import ForeignEntry
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads

if TYPE_CHECKING:
    from allmende.catalogue.search import Hit


MOST_FOREIGN = 5


@dataclass(frozen=True, slots=True)
class Context:
    """What was asked and what was found; `guessed` when a word was not found as it was typed.

    `foreign` are the first of what the catalogues of others have on it, `more` the address of all of them.
    """

    query: str
    hits: tuple[Hit, ...]
    guessed: bool
    foreign: tuple[tuple[ForeignEntry, str], ...]
    more: str


def _foreign(
    reads: Reads, principal: Principal, words: str, language: Language
) -> tuple[tuple[ForeignEntry, str], ...]:
    """What others have, each with the title of its catalogue."""
    if not words.strip():
        return ()
    every = reads.city.catalogues
    found, _ = reads.foreign(principal, words, MOST_FOREIGN)
    return tuple((one, every[one.catalogue].title.of(language) or one.catalogue) for one in found)


@get("/suche", include_in_schema=False, sync_to_thread=True)
def search(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    words: Annotated[str, QueryParameter(name="q", max_length=200)] = "",
) -> Response[str]:
    """What the city knows about some words."""
    hits = reads.search(principal, words, language, 30) if words.strip() else ()
    t = Words(language)
    more = f"/kataloge?{urlencode({'q': words})}"
    context = Context(
        words, hits, any(hit.guessed for hit in hits), _foreign(reads, principal, words, language), more
    )
    frame = Frame(t("nav.search"), "/suche", section="search", query=words, crumbs=((t("nav.home"), "/"),))
    return page("search.html", context, frame, city, language)
