"""The register of data that are not open, with the reason: so that people know what the city has."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from allmende.model.access import Access
from allmende.model.city import City
from allmende.model.dataset import Closed
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenLanguage
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """What was written for the register, by title."""

    entries: tuple[Closed, ...]


@get("/nicht-offen", include_in_schema=False, sync_to_thread=False)
def closed_register(city: GivenCity, language: GivenLanguage) -> Response[str]:
    """What the city has and does not publish, and why."""
    t = Words(language)
    frame = Frame(t("closed.title"), "/nicht-offen", section="data", crumbs=_crumbs(t))
    return page("closed.html", Context(register(city, language)), frame, city, language)


def register(city: City, language: Language) -> tuple[Closed, ...]:
    """Entries of datasets that are not open: only what somebody wrote for the register, nothing of the data."""
    written = (one for one in city.datasets.values() if one.access is not Access.OPEN)
    found = (one.closed for one in written if one.closed is not None)
    return tuple(sorted(found, key=lambda entry: entry.title.of(language).casefold()))


def _crumbs(t: Words) -> tuple[tuple[str, str], ...]:
    return ((t("nav.home"), "/"), (t("nav.data"), "/daten"))
