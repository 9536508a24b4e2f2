"""For programs that read pages: robots.txt and the map of the site."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from litestar import Request, Response, get

from allmende.model.access import ANONYMOUS
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenReads
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.views import DatasetView

MOST_THINGS = 20_000
MOST_NEWS = 50
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


@get("/daten.atom", include_in_schema=False, sync_to_thread=True)
def news(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
) -> Response[str]:
    """The newest versions of datasets that everyone may see, as an Atom feed (RFC 4287)."""
    root, start = str(request.base_url).rstrip("/"), "/en" if language == "en" else ""
    views = (view for view in reads.datasets(ANONYMOUS) if view.version is not None)
    newest = sorted(
        ((v.version.created, v) for v in views if v.version), key=lambda pair: pair[0], reverse=True
    )
    t = Words(language)
    entries = "".join(_entry(view, f"{root}{start}", language) for _, view in newest[:MOST_NEWS])
    updated = newest[0][0] if newest else clock.now()
    own = f"{root}{start}/daten.atom"
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{escape(own)}</id><title>{escape(t('nav.data'))}: {escape(city.name.of(language))}</title>"
        f"<updated>{updated.isoformat()}</updated><author><name>{escape(city.contact.publisher)}</name></author>"
        f'<link rel="self" href={quoteattr(own)}/><link href={quoteattr(f"{root}{start}/daten")}/>{entries}</feed>\n'
    )
    return Response(text, media_type="application/atom+xml; charset=utf-8")


def _entry(view: DatasetView, root: str, language: Language) -> str:
    """A version: its own address is its id, so that a reader sees each of them once."""
    assert view.version is not None
    address, t = f"{root}/d/{view.version.pin}", Words(language)
    title = f"{view.dataset.title.of(language)}, {t('story.version')} {view.version.number}"
    return (
        f"<entry><id>{escape(address)}</id><title>{escape(title)}</title>"
        f"<updated>{view.version.created.isoformat()}</updated><link href={quoteattr(address)}/>"
        f"<summary>{escape(view.dataset.description.of(language))}</summary></entry>"
    )
