"""For programs that read pages: robots.txt and the map of the site."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from litestar import Request, Response, get

from allmende.model.access import ANONYMOUS
from allmende.share.given import GivenClock, GivenReads
from allmende.share.reads import Reads

MOST_THINGS = 20_000
_PAGES = (
    "/",
    "/wissen",
    "/ziele",
    "/stadtteil",
    "/daten",
    "/karte",
    "/t",
    "/stand",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
)


@get("/robots.txt", include_in_schema=False, sync_to_thread=False)
def robots(request: Request[Any, Any, Any]) -> Response[str]:
    """Everything may be read; passports are endless, so programs leave them out."""
    text = f"User-agent: *\nDisallow: /f/\nDisallow: /en/f/\nDisallow: /suche\nSitemap: {request.base_url}sitemap.xml\n"
    return Response(text, media_type="text/plain; charset=utf-8")


@get("/sitemap.xml", include_in_schema=False, sync_to_thread=True)
def sitemap(request: Request[Any, Any, Any], reads: GivenReads, clock: GivenClock) -> Response[str]:
    """All pages that everyone may see, in both languages."""
    paths = [
        *_PAGES,
        *(f"/w/{story.story}" for story in reads.stories(ANONYMOUS, "de")),
        *(f"/ziele/{view.indicator.id}" for view in reads.indicators(ANONYMOUS)),
        *(f"/stadtteil/{place.slug}" for place in reads.places(ANONYMOUS)),
        *(f"/d/{view.dataset.id}" for view in reads.datasets(ANONYMOUS)),
        *_things(reads, clock.now()),
    ]
    base = str(request.base_url).rstrip("/")
    found = "".join(
        f"<url><loc>{escape(base + start + path)}</loc></url>" for path in paths for start in ("", "/en")
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{found}</urlset>\n'
    return Response(body, media_type="application/xml; charset=utf-8")


def _things(reads: Reads, now: datetime) -> list[str]:
    """The pages of things; a map of a site has at most 50,000 addresses (sitemaps.org), half of them English."""
    return sorted({view.thing_address for view in reads.watched(ANONYMOUS, now)})[:MOST_THINGS]
