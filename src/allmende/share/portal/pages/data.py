"""Datasets: the list with its filters, and each with rows, columns, versions, quality and downloads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.response import Redirect
from markupsafe import Markup

from allmende.catalogue.quality_score import Score
from allmende.errors import NotFound
from allmende.guard.terms.combine import Terms, combine
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.reuse import Reuse
from allmende.model.text import Language
from allmende.ports import Store
from allmende.share.cells import as_text
from allmende.share.credits import credit_of
from allmende.share.downloads.formats import formats_of
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenLanguage,
    GivenPrincipal,
    GivenReads,
    GivenStore,
)
from allmende.share.portal.machine_words import schema_org, signposts
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words
from allmende.share.reads import Reads
from allmende.share.views import Attempt, DatasetView, RejectedPage, UseView

_NAME = re.compile(r"(?P<dataset>[a-z0-9-]+)(?:@(?:(?P<day>\d{4}-\d{2}-\d{2})|(?P<number>\d{1,9})))?")
PREVIEW = 10
_LONGEST = 120
MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class ListContext:
    """Datasets that fit the filters, and what can be chosen: (id, title) of themes and licences, names of formats."""

    views: tuple[DatasetView, ...]
    total: int
    themes: tuple[tuple[str, str], ...]
    licences: tuple[tuple[str, str], ...]
    theme: str
    licence: str
    words: str


@dataclass(frozen=True, slots=True)
class Context:
    """A dataset: `rows` are the first cells as text; `formats` those it can be had in; `frozen` at an address with a version.

    `terms` is what its licences ask for, `credit` the line that names the sources, `gifts` are (party, what it gave back) of agreements; `used_by` are (title, address); `host` is how the reader came here, for examples that work elsewhere. `history` are the last attempts to fetch and make it, newest first;
    `schema` is what search engines for data read.
    """

    view: DatasetView
    rows: tuple[tuple[str, ...], ...]
    rejected: RejectedPage | None
    formats: tuple[str, ...]
    terms: Terms
    credit: str
    gifts: tuple[tuple[str, str], ...]
    used_by: tuple[tuple[str, str], ...]
    frozen: bool
    address: str
    host: str
    score: Score
    history: tuple[Attempt, ...]
    schema: Markup
    use: UseView


@get("/daten", include_in_schema=False, sync_to_thread=True)
def datasets(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    theme: Annotated[str, QueryParameter(name="thema", max_length=80)] = "",
    licence: Annotated[str, QueryParameter(name="lizenz", max_length=80)] = "",
    words: Annotated[str, QueryParameter(name="text", max_length=200)] = "",
) -> Response[str]:
    """All datasets the reader may see, by title."""
    views = reads.datasets(principal)
    fitting = tuple(view for view in views if _fits(view, theme, licence, words, language))
    t = Words(language)
    context = ListContext(
        views=tuple(sorted(fitting, key=lambda view: view.dataset.title.of(language).lower())),
        total=len(views),
        themes=tuple((one.id, one.title.of(language)) for one in city.themes.values()),
        licences=tuple(sorted({(one.id, one.title) for view in views for one in view.licences})),
        theme=theme,
        licence=licence,
        words=words,
    )
    frame = Frame(t("nav.data"), "/daten", section="data", crumbs=((t("nav.home"), "/"),))
    return page("datasets.html", context, frame, city, language)


def _fits(view: DatasetView, theme: str, licence: str, words: str, language: Language) -> bool:
    dataset = view.dataset
    text = " ".join([dataset.title.of(language), dataset.description.of(language), *dataset.keywords]).lower()
    return (
        theme in ("", dataset.theme)
        and (not licence or licence in {one.id for one in view.licences})
        and all(word in text for word in words.lower().split())
    )


@get("/d/{name:str}", include_in_schema=False, sync_to_thread=True)
def dataset(
    reads: GivenReads,
    principal: GivenPrincipal,
    city: GivenCity,
    language: GivenLanguage,
    clock: GivenClock,
    request: Request[Any, Any, Any],
    store: GivenStore,
    name: str,
) -> Response[str] | Redirect:
    """A dataset: the newest version, `@3` a certain one, `@2026-11-22` leads to the one known on that day."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound("there is no such dataset", where=f"/d/{name}")
    if found["day"]:
        return _on_day(reads, principal, language, found["dataset"], found["day"])
    view = reads.dataset(principal, found["dataset"], int(found["number"]) if found["number"] else None)
    number = view.version.number if view.version else None
    context = Context(
        view=view,
        rows=_preview(reads, principal, view.dataset.id, number) if number else (),
        rejected=reads.rejected(principal, view.dataset.id, number, limit=PREVIEW) if number else None,
        formats=formats_of(view),
        used_by=_used_by(reads, principal, view, city, language),
        frozen=bool(found["number"]),
        terms=combine(view.licences),
        credit=credit_of(view, language, str(request.base_url).rstrip("/")),
        address=f"/d/{view.dataset.id}" + (f"@{number}" if number else ""),
        gifts=_gifts(store, view.dataset.id),
        host=str(request.base_url).rstrip("/"),
        schema=schema_org(
            view, tuple(formats_of(view)), str(request.base_url).rstrip("/"), name, city, language
        ),
        history=reads.history(principal, view.dataset.id, MOST_ATTEMPTS),
        score=reads.score(principal, view.dataset.id, view.version.number if view.version else None),
        use=reads.use(principal, view.dataset.id, clock.now()),
    )
    t = Words(language)
    frame = Frame(
        title=view.dataset.title.of(language), path=f"/d/{name}", description=view.dataset.description.of(language),
        licences=view.licences, attributions=view.attributions, section="data",
        crumbs=((t("nav.home"), "/"), (t("nav.data"), "/daten")),
    )  # fmt: skip
    headers = {"link": signposts(view, context.formats, context.host, name)}
    return page("dataset.html", context, frame, city, language, headers=headers)


def _preview(reads: Reads, principal: Principal, dataset: str, number: int) -> tuple[tuple[str, ...], ...]:
    """The first rows, as texts."""
    rows = reads.rows(principal, dataset, number, limit=PREVIEW)
    return tuple(
        tuple(_cell(c, col.type) for c, col in zip(row, rows.columns, strict=True)) for row in rows.rows
    )


def _gifts(store: Store, dataset: str) -> tuple[tuple[str, str], ...]:
    """What parties gave back for this dataset, where they agreed to be named for it."""
    known = [one for one in store.agreements.all() if one.credited and dataset in one.datasets]
    return tuple(
        (one.party, delivery.text) for one in known for delivery in store.agreements.deliveries(one.id)
    )


def _on_day(reads: Reads, principal: Principal, language: Language, name: str, day: str) -> Redirect:
    try:
        version = reads.version_on(principal, name, date.fromisoformat(day))
    except ValueError:
        raise NotFound("there is no such day", where=day) from None
    return Redirect(f"{'/en' if language == 'en' else ''}/d/{name}@{version.number}", status_code=307)


def _cell(value: object, kind: str) -> str:
    text = as_text(value, kind)  # type: ignore[arg-type]  # a column's type, as the view gives it
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _used_by(
    reads: Reads, principal: Principal, view: DatasetView, city: City, language: Language
) -> tuple[tuple[str, str], ...]:
    users = view.used_by
    stories = {story.story: story.title for story in reads.stories(principal, language)}
    return (
        *((stories[name], f"/w/{name}") for name in users.stories if name in stories),
        *((city.indicators[name].title.of(language), f"/ziele/{name}") for name in users.indicators),
        *((city.datasets[name].title.of(language), f"/d/{name}") for name in users.datasets),
        *((_reuse_title(city.reuses[name], language), city.reuses[name].address) for name in users.reuses),
    )


def _reuse_title(reuse: Reuse, language: Language) -> str:
    title = reuse.title.of(language)
    return f"{title} ({reuse.by})" if reuse.by else title
