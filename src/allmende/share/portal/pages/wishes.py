"""Wishes for data: the public list with answers, the form for everybody, and the page behind a secret link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from allmende.errors import AllmendeError, FormFault, TooOften
from allmende.model.city import City
from allmende.model.text import Language
from allmende.model.wish import LONGEST_TEXT, LONGEST_TITLE, Wish
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenLanguage,
    GivenOpenForms,
    GivenPrincipal,
    GivenWishing,
)
from allmende.share.people.forms import Form
from allmende.share.people.limits import network_of
from allmende.share.portal.pages.sign_in import address_of, go
from allmende.share.portal.pages.workshop.parts import refusal, today_of
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words

HOME = "/wuensche"
SentForm = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A wish as a reader sees it: the dataset that was published for it, and whether its answer is late."""

    wish: Wish
    dataset: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Context:
    """The list, and the form with what was typed; `problem` says what is wrong with it."""

    wishes: tuple[Shown, ...]
    days: int
    title: str
    text: str
    problem: str
    longest_title: int
    longest_text: int


@dataclass(frozen=True, slots=True)
class OwnContext:
    """One wish, for who asked."""

    one: Shown
    link: str


@get(HOME, include_in_schema=False, sync_to_thread=True)
def wishes(
    wishing: GivenWishing, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:  # fmt: skip
    """What people want the city to publish, and what it answered."""
    return _list(wishing, principal, city, language, today_of(clock.now(), city))


@post(HOME, include_in_schema=False, sync_to_thread=True, status_code=200)
def make_wish(
    request: Request[Any, Any, Any], wishing: GivenWishing, principal: GivenPrincipal, city: GivenCity,
    language: GivenLanguage, clock: GivenClock, open_forms: GivenOpenForms, data: SentForm,
) -> Response[Any]:  # fmt: skip
    """Keep a wish, and lead to the page that only who asked knows."""
    form = Form(data)
    title, text = form.text("title"), form.text("text")
    try:
        if not open_forms.check(request.headers, form, network_of(address_of(request))):
            return go(f"{_start(language)}{HOME}")
        _, secret = wishing.ask(title, text)
    except (FormFault, TooOften) as error:
        today = today_of(clock.now(), city)
        return _list(wishing, principal, city, language, today, title, text, error)
    return go(f"{_start(language)}{HOME}/w/{secret}")


@get("/wuensche/w/{secret:str}", include_in_schema=False, sync_to_thread=True)
def own_wish(
    secret: str, request: Request[Any, Any, Any], wishing: GivenWishing, principal: GivenPrincipal,
    city: GivenCity, language: GivenLanguage, clock: GivenClock,
) -> Response[str]:  # fmt: skip
    """How a wish stands, for who holds its link."""
    wish = wishing.of_secret(secret[:100])
    path = f"{HOME}/w/{secret}"
    shown = Shown(wish, wishing.dataset_of(principal, wish), wish.is_late(today_of(clock.now(), city)))
    link = f"{str(request.base_url).rstrip('/')}{_start(language)}{path}"
    t = Words(language)
    frame = Frame(
        wish.title, path, crumbs=((t("nav.home"), "/"), (t("wishes.title"), HOME)), alternates=False
    )
    # The address is the secret: no other page learns it.
    headers = {**LIVE, "referrer-policy": "no-referrer"}
    return page("wish.html", OwnContext(shown, link), frame, city, language, headers=headers)


def _list(
    wishing: Any, principal: Any, city: City, language: Language, today: date,
    title: str = "", text: str = "", error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    shown = tuple(
        Shown(one, wishing.dataset_of(principal, one), one.is_late(today)) for one in wishing.public()
    )
    problem = refusal(error, language) if error else ""
    days = city.release.answer_days
    context = Context(shown, days, title, text, problem, LONGEST_TITLE, LONGEST_TEXT)
    t = Words(language)
    frame = Frame(
        t("wishes.title"), HOME, section="data", crumbs=((t("nav.home"), "/"), (t("nav.data"), "/daten"))
    )
    status = 429 if isinstance(error, TooOften) else 422 if error else 200
    return page("wishes.html", context, frame, city, language, status, LIVE)


def _start(language: Language) -> str:
    return "/en" if language == "en" else ""
