"""`/api/v1`: parse the request, read at the gate, shape the answer."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

from litestar import Request, Response, get
from litestar.params import Parameter, QueryParameter

from allmende.errors import RecipeInvalid
from allmende.model.figure import FigureId
from allmende.model.text import LANGUAGES, Language
from allmende.share import shape
from allmende.share.api_agreement import AGREEMENT_ROUTES
from allmende.share.api_contracts import CONTRACT_ROUTES
from allmende.share.api_live import follow_live
from allmende.share.api_subscriptions import SUBSCRIPTION_ROUTES
from allmende.share.api_things import things
from allmende.share.api_wishes import WISH_ROUTES
from allmende.share.asked_rows import PARAMETERS, asks, selection_of
from allmende.share.given import GivenClock, GivenPrincipal, GivenReads
from allmende.share.hooks import take_message
from allmende.share.lines import csv_of
from allmende.share.parameters import READ_BY_HAND
from allmende.share.pinned import pinned
from allmende.share.push import push_observations
from allmende.share.row_answers import MEDIA, format_of, next_of, rows_of, written
from allmende.share.shape import Json

Limit = Annotated[int, Parameter(ge=1, le=10_000)]
Attempts = Annotated[int, Parameter(ge=1, le=1_000)]
Hits = Annotated[int, Parameter(ge=1, le=100)]
Days = Annotated[int, Parameter(ge=1, le=366)]
# Pages have a `language` of their own, by their path.
Wanted = Annotated[str, QueryParameter(name="language")]
Offset = Annotated[int, Parameter(ge=0, le=10**12)]


def figure_id(name: str) -> FigureId:
    """The figure's address. Raises RecipeInvalid when it is not one."""
    try:
        return FigureId.parse(name)
    except (ValueError, UnicodeError) as error:
        raise RecipeInvalid("this is not the address of a figure", where=name) from error


def language_of(code: str) -> Language:
    """A language of ours. Raises RecipeInvalid for every other word."""
    for known in LANGUAGES:
        if known == code:
            return known
    raise RecipeInvalid(
        f"{code[:20]!r} is no language of ours", where="language", hint=f"There are: {', '.join(LANGUAGES)}."
    )


@get(["/", "/openapi.json"], sync_to_thread=False, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> Response[Json]:
    """What can be asked, as OpenAPI 3.1."""
    return Response(request.app.openapi_schema.to_schema(), media_type="application/vnd.oai.openapi+json")


@get("/datasets", sync_to_thread=True)
def datasets(reads: GivenReads, principal: GivenPrincipal) -> Json:
    """All datasets you may see, by title."""
    return {"datasets": [shape.dataset_line(view) for view in reads.datasets(principal)]}


@get("/datasets/{name:str}", sync_to_thread=True)
def dataset(reads: GivenReads, principal: GivenPrincipal, name: str) -> Json:
    """A dataset: `trees` with its newest version, `trees@3` with that one."""
    return shape.dataset(reads.dataset(principal, *pinned(name)))


@get("/datasets/{name:str}/rows", sync_to_thread=True, opt={READ_BY_HAND: PARAMETERS})
def rows(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    principal: GivenPrincipal,
    *,
    name: str,
    limit: Limit = 100,
    offset: Offset = 0,
    columns: str = "",
    format: str = "",
) -> Response[Any]:
    """Rows of a version, as they were published or those that are asked for, in the format that is asked for.

    `columns` are names with commas between. `where=column:way:value` (several: all must hold; ways are eq, ne, lt,
    le, gt, ge, in, between, like, has, null, known), `sort=-height,name`, `bbox=west,south,east,north`,
    `search=text`. `format` or the header Accept: json, csv, arrow, parquet.
    """
    chosen = [column for column in columns.split(",") if column]
    wanted = format_of(format, request.headers.get("accept", ""))
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if wanted == "json" and not asks(pairs):
        page = reads.rows(principal, *pinned(name), limit=limit, offset=offset, columns=chosen)
        return Response(shape.rows(page))
    dataset, version = pinned(name)
    seen = reads.dataset(principal, dataset, version).columns
    found = reads.select(principal, dataset, version, selection_of(pairs, seen, chosen, limit, offset))
    following = next_of(found, f"{shape.API}/datasets", pairs)
    if wanted == "json":
        return Response(shape.selected(found, rows_of(found), following))
    linked = {"link": f'<{following}>; rel="next"'} if following else {}
    return Response(written(found, wanted), media_type=MEDIA[wanted], headers=linked)


@get("/datasets/{name:str}/use", sync_to_thread=True)
def use(reads: GivenReads, principal: GivenPrincipal, clock: GivenClock, name: str, days: Days = 30) -> Json:
    """How often a dataset was used, by way and day. Robots are counted apart; sums below 5 are not told."""
    view = reads.dataset(principal, *pinned(name))
    found = reads.use(principal, view.dataset.id, clock.now(), days)
    return shape.use(found)


@get("/datasets/{name:str}/history", sync_to_thread=True)
def history(
    reads: GivenReads, principal: GivenPrincipal, name: str, limit: Attempts = 100, format: str = "json"
) -> Response[Any]:
    """When a dataset was fetched and made, how it ended, and what checks said; JSON, or CSV with `format=csv`."""
    if format not in ("json", "csv"):
        raise RecipeInvalid(f"there is no format {format[:20]!r} of a history", hint="There are: json, csv.")
    lines = [shape.attempt(one) for one in reads.history(principal, pinned(name)[0], limit)]
    if format == "csv":
        return Response(csv_of(shape.ATTEMPT, lines), media_type="text/csv; charset=utf-8")
    return Response({"dataset": pinned(name)[0], "history": lines})


@get("/datasets/{name:str}/quality", sync_to_thread=True)
def quality(reads: GivenReads, principal: GivenPrincipal, name: str) -> Json:
    """How well a dataset is described: points of the European assessment (MQA), and what to do next."""
    return shape.quality(reads.score(principal, *pinned(name)))


@get("/closed", sync_to_thread=True)
def closed(reads: GivenReads) -> Json:
    """The register of data that are not open, with the reason: only what was written for it."""
    return {"closed": [shape.closed(name, entry) for name, entry in reads.closed()]}


@get("/datasets/{name:str}/rejected", sync_to_thread=True)
def rejected(
    reads: GivenReads, principal: GivenPrincipal, name: str, limit: Limit = 100, offset: Offset = 0
) -> Json:
    """Rows of the source that were not taken, with reasons."""
    page = reads.rejected(principal, *pinned(name), limit=limit, offset=offset)
    listed = [
        {"row": r.row, "column": r.column, "reason": r.reason, "code": r.code, "raw": r.raw}
        for r in page.rejected
    ]
    return {"dataset": page.pin.dataset, "version": page.pin.version, "total": page.total, "rejected": listed}


@get("/indicators", sync_to_thread=True)
def indicators(reads: GivenReads, principal: GivenPrincipal) -> Json:
    """All indicators you may see, with their newest values."""
    return {"indicators": [shape.indicator_line(view) for view in reads.indicators(principal)]}


@get("/indicators/{name:str}", sync_to_thread=True)
def indicator(
    reads: GivenReads,
    principal: GivenPrincipal,
    name: str,
    place: str | None = None,
    period: str | None = None,
) -> Json:
    """An indicator: figures by period (of the city, or of `place`) and by place (newest, or of `period`)."""
    view = reads.indicator(principal, name)
    series = reads.series(principal, name, place)
    places = reads.by_place(principal, name, period) if view.indicator.place_column else ()
    return shape.indicator(view, series, places)


@get("/stories", sync_to_thread=True)
def stories(reads: GivenReads, principal: GivenPrincipal, wanted: Wanted = "de") -> Json:
    """All stories in one language."""
    return {"stories": [shape.story_line(s) for s in reads.stories(principal, language_of(wanted))]}


@get("/figures/{name:str}", sync_to_thread=True)
def figure(reads: GivenReads, principal: GivenPrincipal, name: str) -> Json:
    """A figure with its passport: how it was made, and from what."""
    return shape.passport(reads.passport(principal, figure_id(name)))


@get("/search", sync_to_thread=True)
def search(
    reads: GivenReads, principal: GivenPrincipal, q: str = "", wanted: Wanted = "de", limit: Hits = 20
) -> Json:
    """What the city has on a question."""
    hits = reads.search(principal, q, language_of(wanted), limit)
    return {"query": q[:200], "hits": [shape.hit(found) for found in hits]}


API_ROUTES = [
    openapi, datasets, dataset, rows, use, history, quality, closed, rejected, indicators, indicator, stories, figure, search, push_observations,
    take_message, follow_live, *SUBSCRIPTION_ROUTES, things, *AGREEMENT_ROUTES,
    *WISH_ROUTES, *CONTRACT_ROUTES,
]  # fmt: skip
