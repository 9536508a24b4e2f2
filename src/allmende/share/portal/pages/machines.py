"""For programs that read pages: robots.txt and the map of the site."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from litestar import Request, Response, get

from allmende.model.access import ANONYMOUS
from allmende.share.given import GivenReads

_PAGES = (
    "/",
    "/wissen",
    "/ziele",
    "/stadtteil",
    "/daten",
    "/karte",
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
def sitemap(request: Request[Any, Any, Any], reads: GivenReads) -> Response[str]:
    """All pages that everyone may see, in both languages."""
    paths = [
        *_PAGES,
        *(f"/w/{story.story}" for story in reads.stories(ANONYMOUS, "de")),
        *(f"/ziele/{view.indicator.id}" for view in reads.indicators(ANONYMOUS)),
        *(f"/stadtteil/{place.slug}" for place in reads.places(ANONYMOUS)),
        *(f"/d/{view.dataset.id}" for view in reads.datasets(ANONYMOUS)),
    ]
    base = str(request.base_url).rstrip("/")
    found = "".join(
        f"<url><loc>{escape(base + start + path)}</loc></url>" for path in paths for start in ("", "/en")
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{found}</urlset>\n'
    return Response(body, media_type="application/xml; charset=utf-8")
