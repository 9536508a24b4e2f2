"""Imprint, privacy, accessibility, and the form to report a barrier (§ 12b BGG, Directive (EU) 2016/2102)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from allmende.model.city import City
from allmende.model.run import Feedback
from allmende.model.text import Language
from allmende.ports import Clock, Store
from allmende.share.given import GivenCity, GivenClock, GivenLanguage, GivenStore
from allmende.share.portal.render import Frame, page
from allmende.share.portal.words import Words

LONGEST = 4_000
# Together for all readers: nobody is counted, and a flood does not fill the disk.
MOST_PER_HOUR = 60
_Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Context:
    """`kind` is imprint, privacy or accessibility."""

    kind: str


@dataclass(frozen=True, slots=True)
class FeedbackContext:
    """The form: what was written, the problem with it (a word's name, empty when there is none), and whether it was sent."""

    page: str
    message: str
    contact: str
    problem: str
    sent: bool


@get("/impressum", include_in_schema=False, sync_to_thread=False)
def imprint(city: GivenCity, language: GivenLanguage) -> Response[str]:
    """Who answers for the portal."""
    return _legal("imprint", "/impressum", city, language)


@get("/datenschutz", include_in_schema=False, sync_to_thread=False)
def privacy(city: GivenCity, language: GivenLanguage) -> Response[str]:
    """What is known about readers: nothing."""
    return _legal("privacy", "/datenschutz", city, language)


def _legal(kind: str, path: str, city: City, language: Language) -> Response[str]:
    t = Words(language)
    frame = Frame(t(f"{kind}.title"), path, crumbs=((t("nav.home"), "/"),))
    return page("legal.html", Context(kind), frame, city, language)


@get("/barrierefreiheit", include_in_schema=False, sync_to_thread=False)
def accessibility(city: GivenCity, language: GivenLanguage, request: Request[Any, Any, Any]) -> Response[str]:
    """How accessible the portal is, and a form to report barriers."""
    asked = str(request.query_params.get("seite", ""))[:300]
    return _form(FeedbackContext(asked, "", "", "", False), city, language, 200)


@post("/barrierefreiheit", include_in_schema=False, sync_to_thread=True, status_code=200)
def report_barrier(
    city: GivenCity, language: GivenLanguage, store: GivenStore, clock: GivenClock, data: _Form
) -> Response[str]:
    """Keep a report. The field `website` is a trap for programs: people do not see it."""
    where, message, contact = (str(data.get(name, "")).strip() for name in ("page", "message", "contact"))
    context = FeedbackContext(where[:300], message[:LONGEST], contact[:300], "", False)
    problem = _problem(message, store, clock)
    if problem:
        return _form(
            FeedbackContext(context.page, context.message, context.contact, problem, False),
            city,
            language,
            422,
        )
    if not data.get("website"):
        store.add_feedback(Feedback(context.page, context.message, context.contact, clock.now()))
    return _form(FeedbackContext("", "", "", "", True), city, language, 200)


def _problem(message: str, store: Store, clock: Clock) -> str:
    if not message:
        return "accessibility.message_missing"
    if len(message) > LONGEST:
        return "accessibility.message_long"
    recent = [
        one
        for one in store.feedback()[:MOST_PER_HOUR]
        if (clock.now() - one.received).total_seconds() < 3_600
    ]
    return "accessibility.too_many" if len(recent) >= MOST_PER_HOUR else ""


def _form(context: FeedbackContext, city: City, language: Language, status: int) -> Response[str]:
    t = Words(language)
    frame = Frame(t("accessibility.title"), "/barrierefreiheit", crumbs=((t("nav.home"), "/"),))
    return page("accessibility.html", context, frame, city, language, status)
