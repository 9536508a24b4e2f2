"""The search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.model.city import City
from allmende.model.harvest import ForeignEntry
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words

if TYPE_CHECKING:
    from allmende.catalogue.search import Hit


MOST_FOREIGN = 5


@dataclass(frozen=True, slots=True)
class Context:
    """What was asked and what was found; `guessed` when a word was not found as it was typed.

    `foreign` are the first of what the catalogues of others have on it, `titles` those of the catalogues, `more` the
    address of all entries.
    """

    query: str
    hits: tuple[Hit, ...]
    guessed: bool
    foreign: tuple[ForeignEntry, ...]
    titles: dict[str, str]
    more: str


def _titles(city: City, entries: Sequence[ForeignEntry], language: Language) -> dict[str, str]:
    """What the catalogues are called that the entries name."""
    named = {one.catalogue for one in entries} | {one.same_as[0] for one in entries if one.same_as}
    return {name: city.catalogues[name].title.of(language) or name for name in sorted(named)}


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
    foreign = reads.foreign(principal, words, MOST_FOREIGN)[0] if words.strip() else ()
    guessed = any(hit.guessed for hit in hits)
    context = Context(words, hits, guessed, foreign, _titles(city, foreign, language), more)
    frame = Frame(t("nav.search"), "/suche", section="search", query=words, crumbs=((t("nav.home"), "/"),))
    return page("search.html", context, frame, city, language)
