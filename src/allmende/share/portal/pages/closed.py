"""The register of data that are not open, with the reason: so that people know what the city has."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from allmende.model.dataset import Closed
from allmende.share.given import GivenCity, GivenLanguage, GivenReads
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """What was written for the register, by title."""

    entries: tuple[Closed, ...]


@get("/nicht-offen", include_in_schema=False, sync_to_thread=False)
def closed_register(reads: GivenReads, city: GivenCity, language: GivenLanguage) -> Response[str]:
    """What the city has and does not publish, and why."""
    t = Words(language)
    frame = Frame(t("closed.title"), "/nicht-offen", section="data", crumbs=_crumbs(t))
    found = sorted((entry for _, entry in reads.closed()), key=lambda one: one.title.of(language).casefold())
    return page("closed.html", Context(tuple(found)), frame, city, language)


def _crumbs(t: Words) -> tuple[tuple[str, str], ...]:
    return ((t("nav.home"), "/"), (t("nav.data"), "/daten"))
