"""The catalogues of others, and what they list: described here, kept there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter

from allmende.model.harvest import ForeignEntry
from allmende.share.given import GivenCity, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.views import CatalogueState

HOME = "/kataloge"
ROWS = 50
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Context:
    """Catalogues, and one page of entries; `titles` are those of the catalogues, `earlier` and `later` addresses of
    the neighbouring pages, empty when there is none."""

    catalogues: tuple[CatalogueState, ...]
    entries: tuple[ForeignEntry, ...]
    titles: dict[str, str]
    count: int
    query: str
    chosen: str
    earlier: str
    later: str


@get(HOME, include_in_schema=False, sync_to_thread=True)
def catalogues(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    words: Annotated[str, QueryParameter(name="q", max_length=200)] = "",
    catalogue: Annotated[str, QueryParameter(name="katalog", max_length=100)] = "",
    number: Annotated[int, QueryParameter(name="seite", ge=1, le=MOST_PAGES)] = 1,
) -> Response[str]:
    """What the catalogues of others list."""
    entries, count = reads.foreign(principal, words, ROWS, (number - 1) * ROWS, catalogue)
    states = reads.catalogues(principal)
    t = Words(language)
    context = Context(
        states,
        entries,
        {one.catalogue.id: one.catalogue.title.of(language) or one.catalogue.id for one in states},
        count,
        words,
        catalogue,
        _address(words, catalogue, number - 1) if number > 1 else "",
        _address(words, catalogue, number + 1) if number * ROWS < count and number < MOST_PAGES else "",
    )
    crumbs = ((t("nav.home"), "/"), (t("nav.data"), "/daten"))
    frame = Frame(t("catalogues.title"), HOME, section="data", crumbs=crumbs)
    return page("catalogues.html", context, frame, city, language)


def _address(words: str, catalogue: str, number: int) -> str:
    asked = {"q": words, "katalog": catalogue, "seite": number if number > 1 else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{HOME}?{query}" if query else HOME
