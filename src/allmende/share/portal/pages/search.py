"""The search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.share.given import GivenCity, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words

if TYPE_CHECKING:
    from allmende.catalogue.search import Hit


@dataclass(frozen=True, slots=True)
class Context:
    """What was asked and what was found; `guessed` when a word was not found as it was typed."""

    query: str
    hits: tuple[Hit, ...]
    guessed: bool


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
    context = Context(words, hits, any(hit.guessed for hit in hits))
    frame = Frame(t("nav.search"), "/suche", section="search", query=words, crumbs=((t("nav.home"), "/"),))
    return page("search.html", context, frame, city, language)
