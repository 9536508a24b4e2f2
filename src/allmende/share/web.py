"""The web app: the gate, the API, downloads and the portal behind one set of headers and one cache."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from anyio.to_thread import run_sync
from litestar import Litestar, Request, Response, Router, get
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

import allmende
from allmende.errors import AllmendeError, NotFound, QuotaUsed, SignInNeeded
from allmende.extensions import load_standard, manifests
from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.text import Language
from allmende.ports import (
    Clock,
    Desk,
    Engine,
    Intake,
    Lake,
    Recompute,
    Refuses,
    Series,
    Standard,
    Store,
    Uploads,
)
from allmende.share.api import API_ROUTES
from allmende.share.api_live import Live
from allmende.share.asgi import App, Receive, Scope, Send
from allmende.share.contributing import Contributing
from allmende.share.digests import Digests
from allmende.share.draw.drawings import Drawings
from allmende.share.feed import Feed
from allmende.share.files import FILE_ROUTES, inner_path
from allmende.share.gate import Known
from allmende.share.given import GivenReads
from allmende.share.headers import with_headers
from allmende.share.metering import PURPOSE_HEADER, Meter, metered
from allmende.share.page_cache import PageCache
from allmende.share.parameters import only_known
from allmende.share.people.open_forms import OpenForms
from allmende.share.people.openid import OpenId
from allmende.share.people.request import People, sign_in_page
from allmende.share.people.signing_in import SignedIn, SigningIn
from allmende.share.principals import Principals
from allmende.share.problems import plain_problem, problem
from allmende.share.public_address import with_public_address
from allmende.share.reads import Reads
from allmende.share.remembered import remembered
from allmende.share.subscribing import Subscribing
from allmende.share.use_counter import UseCounter
from allmende.share.wishing import Wishing
from allmende.share.writers import Writers
from allmende.share.writes import Writes

if TYPE_CHECKING:
    from allmende.catalogue.figures import Figures

PORTAL = "allmende.share.portal.routes"
ERROR_PAGES = "allmende.share.portal.errors"
PUBLIC_PATH = "allmende.path"
_log = logging.getLogger(__name__)


class Served(Protocol):
    """What the app needs of a workspace."""

    @property
    def city(self) -> City: ...
    @property
    def data(self) -> Path: ...
    @property
    def store(self) -> Store: ...
    @property
    def lake(self) -> Lake: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def intake(self) -> Intake: ...
    @property
    def series(self) -> Series: ...


def create_app(
    workspace: Served,
    recompute: Recompute | None = None,
    *,
    desk: Desk | None = None,
    open_id: OpenId | None = None,
    uploads: Uploads | None = None,
    anonymous_writes: bool = False,
    address: str = "",
) -> Litestar:
    """The app that serves a workspace. Without `recompute` figures cannot be computed again, and without
    `desk` nothing can be published in the browser, without `uploads` no file comes in pieces. `address` is
    the one that readers know (`https://data.example.org`); without it that of the request.

    With `anonymous_writes` nobody needs a key to write: for tests of clients on this machine.
    """
    # The system's allocator gives memory back; Arrow's own keeps 10 MB for a next time that is rare here.
    pa.set_memory_pool(pa.system_memory_pool())
    meter = Meter(workspace.store.agreements, workspace.clock, lambda: workspace.city.time_zone)
    reads = reads_of(workspace, meter)
    principals = Principals(workspace.store, workspace.clock, meter)
    drawings = Drawings(workspace.data / "cache" / "charts")
    provided = _provided(workspace, reads, principals, meter, drawings, recompute, desk, uploads, open_id)
    standards = [load_standard(found.id) for found in manifests("standard")]
    app = Litestar(
        route_handlers=[*_routers(standards), *FILE_ROUTES, healthz, readyz, metrics],
        dependencies=provided,
        exception_handlers={AllmendeError: _refuse, HTTPException: _refuse_http, Exception: _fail},
        openapi_config=_openapi(workspace.city),
        cors_config=CORSConfig(allow_origins=[], allow_credentials=False),
        request_max_body_size=100_000,
        logging_config=None,  # the process that serves decides what is logged
        debug=False,
    )
    app.state.reads = reads
    app.state.refusing = [one for one in standards if isinstance(one, Refuses)]
    app.state.intake = workspace.intake
    observations = workspace.store.observations
    app.state.live = live = Live(Feed(observations), reads, principals, observations)
    app.state.subscribing = Subscribing(workspace.store.subscriptions, reads)
    app.on_shutdown.append(live.feed.close)
    app.state.writers = writers = Writers(principals, anonymous=anonymous_writes)
    app.state.writes = Writes(
        workspace.store.things, workspace.intake, writers, workspace.series, workspace.store.observations
    )
    cache = PageCache(_with_files(app.asgi_handler), reads.generation)  # type: ignore[arg-type]
    app.state.cache = cache
    counter = UseCounter(cache, workspace.store.use, workspace.clock, workspace.city.time_zone)
    app.state.use_counter = counter
    app.on_shutdown.append(counter.flush)
    outer = with_headers(metered(counter, meter))
    app.asgi_handler = with_public_address(outer, address)  # type: ignore[assignment]
    return app


def reads_of(workspace: Served, meter: Meter | None = None) -> Reads:
    """The gate of a workspace; without `meter` the rows that agreements use are not counted."""
    from allmende.catalogue.access import Accesses
    from allmende.catalogue.lineage import Lineage
    from allmende.catalogue.search import SearchIndex

    store = remembered(workspace.store)
    known: list[Known] = []

    def now() -> Known:
        city = workspace.city
        if not known or known[0].city is not city:
            known[:] = [Known(city, workspace.figures, Accesses(city), Lineage(city, store))]
        return known[0]

    return Reads(
        now,
        store,
        workspace.lake,
        workspace.engine,
        SearchIndex(workspace.data / "search.sqlite"),
        workspace.series,
        meter,
    )


def _provided(
    workspace: Served,
    reads: Reads,
    principals: Principals,
    meter: Meter,
    drawings: Drawings,
    recompute: Recompute | None,
    desk: Desk | None,
    uploads: Uploads | None,
    open_id: OpenId | None,
) -> dict[str, Provide]:
    people = People(SigningIn(workspace.store, workspace.clock), workspace)

    def of_key(given: str, purpose: str, scope: Any) -> Principal:
        found = principals.of(given, purpose)
        meter.begin(found, scope)
        return found

    async def principal(request: Request[Any, Any, Any]) -> Principal:
        given, purpose = request.headers.get("authorization"), request.headers.get(PURPOSE_HEADER, "")
        if given:  # what a key uses is written down, which must not hold others up
            return await run_sync(of_key, given, purpose, request.scope)
        return people.principal(request)

    digests = Digests()
    constant = {
        "reads": reads,
        "clock": workspace.clock,
        "drawings": drawings,
        "digests": digests,
        "recompute": recompute,
        "meter": meter,
        "store": workspace.store,
        "signing_in": people.signing_in,
        "open_id": open_id,
        "open_forms": OpenForms(),
        "wishing": Wishing(workspace.store, reads, workspace.clock),
        "contributing": Contributing(workspace.store, reads, workspace.clock),
    }
    provided = {name: Provide(_constant(value), sync_to_thread=False) for name, value in constant.items()}
    provided["city"] = Provide(lambda: workspace.city, sync_to_thread=False)
    provided["principal"] = Provide(principal)
    provided["desk"] = Provide(_wired(desk), sync_to_thread=False)
    provided["uploads"] = Provide(_wired(uploads), sync_to_thread=False)
    provided["signed"] = Provide(people.signed, sync_to_thread=False)
    provided["form"] = Provide(people.form)
    provided["language"] = Provide(language_of_path, sync_to_thread=False)
    return provided


def _wired(port: Desk | Uploads | None) -> Any:
    def give(signed: NamedDependency[SignedIn]) -> Any:
        # Who signed in is asked first: to everybody else all these addresses answer alike.
        if port is None:
            raise NotFound("nothing is published in the browser here")
        return port

    return give


def _constant(value: Any) -> Any:
    def give() -> Any:
        return value

    return give


def language_of_path(request: Request[Any, Any, Any]) -> Language:
    """English below `/en`, German everywhere else."""
    path = request.scope["path"]
    return "en" if path == "/en" or path.startswith("/en/") else "de"


def _routers(found: Sequence[Standard]) -> list[Router]:
    api = Router("/api/v1", route_handlers=API_ROUTES, tags=["allmende"], guards=[only_known])
    handlers = portal_routes()
    german = Router("/", route_handlers=handlers, include_in_schema=False)
    english = Router("/en", route_handlers=handlers, include_in_schema=False)
    standards = [one.router() for one in found]
    return [api, *standards, german, english] if handlers else [api, *standards]


def portal_routes() -> Sequence[Any]:
    """The portal's handlers; none when the app is built without it."""
    if find_spec(PORTAL) is None:
        _log.warning("the portal is missing; only the API is served")
        return ()
    return tuple(import_module(PORTAL).ROUTES)


def _openapi(city: City) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=f"{city.name.of('en')}: open data",
        version=allmende.__version__,
        # Read by `api.openapi` at its public address: the framework's own routes answer with its own pages.
        path="/-/openapi",
        render_plugins=[JsonRenderPlugin()],
    )


def _with_files(app: App) -> App:
    """Send addresses of files to their handlers, before the router takes them for pages."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            inner = inner_path(scope["path"])
            if inner is not None:
                scope = {**scope, "path": inner, "raw_path": inner.encode(), PUBLIC_PATH: scope["path"]}
        await app(scope, receive, send)

    return answer


# --- when something goes wrong ---


def _refuse(request: Request[Any, Any, Any], error: AllmendeError) -> Response[Any]:
    if isinstance(error, SignInNeeded):
        return sign_in_page(_path(request), request.url.query, language_of_path(request))
    status, body = problem(error, _path(request))
    if status >= 500:
        _log.error("%s: %s", _path(request), error)
    answer = _dressed(request, status, body)
    if isinstance(error, QuotaUsed):
        answer.headers["retry-after"] = str(error.seconds)
    return answer


def _refuse_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses: addresses and methods that are not there, bodies that are too large."""
    path = request.scope["path"]
    for standard in request.app.state.refusing:
        if f"{path}/".startswith(f"{standard.path}/") and error.status_code < 500:
            answer: Response[Any] = standard.refuse(request, error)
            return answer
    if error.status_code >= 500:
        _log.exception("%s failed", _path(request), exc_info=error)
    body = plain_problem(error.status_code, _path(request), error.detail)
    answer = _dressed(request, error.status_code, body)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _fail(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.exception("%s failed", _path(request), exc_info=error)
    return _dressed(request, 500, plain_problem(500, _path(request)))


def _path(request: Request[Any, Any, Any]) -> str:
    """The address that was asked for."""
    scope: Mapping[str, Any] = request.scope
    return str(scope.get(PUBLIC_PATH, scope["path"]))


def _dressed(request: Request[Any, Any, Any], status: int, body: dict[str, Any]) -> Response[Any]:
    """A page for people, a problem for programs."""
    path = request.scope["path"]
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if path.startswith(("/api/", "/-/", "/metrics")) or find_spec(ERROR_PAGES) is None:
        return Response(body, status_code=status, media_type="application/problem+json", headers=headers)
    page = import_module(ERROR_PAGES).error_page(
        status, language_of_path(request), request.app.state.reads.city, body.get("hint", "")
    )
    return Response(page, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


# --- for those who keep the machine running ---


@get("/healthz", include_in_schema=False, sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False, sync_to_thread=True)
def readyz(reads: GivenReads) -> dict[str, str]:
    """The store answers too, so pages can be served."""
    reads.generation()
    return {"status": "ready"}


@get("/metrics", include_in_schema=False, sync_to_thread=True, media_type="text/plain; version=0.0.4")
def metrics(request: Request[Any, Any, Any], reads: GivenReads) -> str:
    """Counters for Prometheus; nothing about readers."""
    cache: PageCache = request.app.state.cache
    live: Live = request.app.state.live
    waiting, given_up = request.app.state.subscribing.backlog()
    lines = [
        ("allmende_page_cache_hits_total", "counter", cache.hits),
        ("allmende_page_cache_misses_total", "counter", cache.misses),
        ("allmende_store_generation", "gauge", reads.generation()),
        ("allmende_live_clients", "gauge", live.feed.clients),
        ("allmende_events_waiting", "gauge", waiting),
        ("allmende_events_given_up", "gauge", given_up),
    ]
    return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in lines)
