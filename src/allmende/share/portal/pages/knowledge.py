"""Questions and answers: the list of stories, and a story with its charts and how it was computed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from litestar import Response, get
from litestar.response import Redirect

from allmende.errors import NotFound
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.document import Heading, StoryVersion
from allmende.model.text import Language
from allmende.share.dataset_reads import end_of
from allmende.share.draw.drawings import Drawings
from allmende.share.given import GivenCity, GivenDrawings, GivenLanguage, GivenPrincipal, GivenReads
from allmende.share.portal.pages.blocks import Shown, made_from, shown
from allmende.share.portal.render import Frame, Sayings, licences_of, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.views import DatasetView

_NAME = re.compile(
    r"(?P<story>[a-z0-9-]+)(?:@(?:(?P<day>\d{4}-\d{2}-\d{2})|(?P<number>\d{1,9})))?(?P<bib>\.bib)?"
)
_UNKNOWN = ("Was wir nicht wissen", "What we do not know")


@dataclass(frozen=True, slots=True)
class ListContext:
    """Stories under their themes: (title of the theme, stories)."""

    themes: tuple[tuple[str, tuple[StoryVersion, ...]], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """`blocks` before and `limits` from "What we do not know" on; `made` are all versions behind the numbers.

    `frozen` is true at an address with a version; `versions` are all, newest first.
    """

    story: StoryVersion
    blocks: tuple[Shown, ...]
    limits: tuple[Shown, ...]
    made: tuple[DatasetView, ...]
    versions: tuple[StoryVersion, ...]
    frozen: bool
    citation: str


@get("/wissen", include_in_schema=False, sync_to_thread=True)
def knowledge(
    reads: GivenReads, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage
) -> Response[str]:
    """All stories by theme."""
    stories = reads.stories(principal, language)
    themes = [
        (theme.title.of(language), tuple(s for s in stories if s.theme == theme.id))
        for theme in city.themes.values()
    ]
    rest = tuple(s for s in stories if s.theme not in city.themes)
    t = Words(language)
    context = ListContext(
        tuple((title, found) for title, found in [*themes, (t("knowledge.other"), rest)] if found)
    )
    frame = Frame(t("nav.knowledge"), "/wissen", section="knowledge", crumbs=((t("nav.home"), "/"),))
    return page("knowledge.html", context, frame, city, language)


@get("/w/{name:str}", include_in_schema=False, sync_to_thread=True)
def story(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    drawings: GivenDrawings,
    name: str,
) -> Response[str] | Redirect:
    """A story: the newest version, `@3` a certain one, `@2026-11-22` leads to the one known on that day."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound("there is no such story", where=f"/w/{name}")
    if found["day"]:
        version = _on(reads.story_versions(principal, found["story"], language), found["day"], city)
        start = "/en" if language == "en" else ""
        return Redirect(f"{start}/w/{found['story']}@{version.number}", status_code=307)
    version = reads.story(
        principal, found["story"], language, int(found["number"]) if found["number"] else None
    )
    if found["bib"]:
        return Response(_bibtex(version, city, language), media_type="application/x-bibtex; charset=utf-8")
    return _page(reads, principal, city, language, drawings, version, bool(found["number"]))


def _page(
    reads: Reads,
    principal: Principal,
    city: City,
    language: Language,
    drawings: Drawings,
    version: StoryVersion,
    frozen: bool,
) -> Response[str]:
    blocks = shown(version.blocks, drawings, reads.places(principal), language)
    cut = next((n for n, one in enumerate(blocks) if _is_limits(one, language)), len(blocks))
    context = Context(
        story=version,
        blocks=blocks[:cut],
        limits=blocks[cut + 1 :],
        made=made_from(reads, principal, version.pins),
        versions=reads.story_versions(principal, version.story, language),
        frozen=frozen,
        citation=_citation(version, city, language),
    )
    t = Words(language)
    theme = city.themes.get(version.theme)
    crumbs = [(t("nav.home"), "/"), (t("nav.knowledge"), "/wissen")]
    path = f"/w/{version.story}" + (f"@{version.number}" if frozen else "")
    frame = Frame(
        title=version.title, path=path, description=Sayings(language, city.time_zone).plain(version.answer),
        licences=licences_of(version.licences), attributions=version.attributions,
        crumbs=(*crumbs, (theme.title.of(language), "/wissen")) if theme else tuple(crumbs), section="knowledge",
    )  # fmt: skip
    return page("story.html", context, frame, city, language)


def _is_limits(one: Shown, language: Language) -> bool:
    return (
        isinstance(one.block, Heading) and "".join(span.text for span in one.block.spans).strip() in _UNKNOWN
    )


def _on(versions: Sequence[StoryVersion], day: str, city: City) -> StoryVersion:
    """The newest version known at the end of a day, in the city's time."""
    try:
        moment = end_of(date.fromisoformat(day), city.time_zone)
    except ValueError:
        raise NotFound("there is no such day", where=day) from None
    known = [version for version in versions if version.created <= moment]
    if not known:
        raise NotFound("there was no version on that day", where=day)
    return known[0]


def _citation(version: StoryVersion, city: City, language: Language) -> str:
    year = version.created.year
    named = ", ".join(licence.title for licence in licences_of(version.licences))
    word = "Fassung" if language == "de" else "Version"
    return (
        f"{city.contact.publisher} ({year}): {version.title} {word} {version.number}, {version.created:%Y-%m-%d}."
        + (f" {named}." if named else "")
    )


def _bibtex(version: StoryVersion, city: City, language: Language) -> str:
    start = "/en" if language == "en" else ""
    title = version.title.replace("{", "").replace("}", "")
    return (
        f"@misc{{{version.story}-{version.number},\n  author = {{{{{city.contact.publisher}}}}},\n  title = {{{title}}},\n"
        f"  year = {{{version.created.year}}},\n  version = {{{version.number}}},\n"
        f"  howpublished = {{{start}/w/{version.story}@{version.number}}},\n  note = {{SHA-256 {version.content_hash}}}\n}}\n"
    )
