"""Signing in and out, and the page behind a link to set a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from allmende.errors import NotAllowed, TooOften
from allmende.model.city import City
from allmende.model.text import Language
from allmende.share.given import GivenCity, GivenForm, GivenLanguage, GivenOpenId, GivenSigned, GivenSigningIn
from allmende.share.people.cookie import is_local, set_cookie
from allmende.share.people.forms import Form, check_origin
from allmende.share.people.limits import network_of
from allmende.share.people.passwords import SHORTEST
from allmende.share.people.request import is_tls
from allmende.share.people.signing_in import WeakPassword
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words

HOME = "/werkstatt"
_Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Context:
    """The form: what was typed, where it leads to, and what is wrong (a word's name). `secure` is False where
    nobody may sign in, because the line could be listened to; `service` is True where the city has a sign-in service."""

    name: str
    next: str
    problem: str
    secure: bool
    service: bool = False


@dataclass(frozen=True, slots=True)
class LinkContext:
    """The form to set a password: whose, what is wrong with it (a word's name), and whether it was set."""

    title: str
    problem: str
    shortest: int
    done: bool


@get("/anmelden", include_in_schema=False, sync_to_thread=False)
def sign_in_form(
    request: Request[Any, Any, Any], city: GivenCity, language: GivenLanguage, open_id: GivenOpenId
) -> Response[str]:
    """The form to sign in."""
    return sign_in_answer(
        Context(
            "", next_page(request.query_params.get("weiter")), "", is_secure(request), open_id is not None
        ),
        city,
        language,
    )


@post("/anmelden", include_in_schema=False, sync_to_thread=True, status_code=200)
def sign_in(
    request: Request[Any, Any, Any], city: GivenCity, language: GivenLanguage, signing_in: GivenSigningIn,
    open_id: GivenOpenId, data: _Form,
) -> Response[Any]:  # fmt: skip
    """Sign in; then on to where the person wanted to go."""
    check_origin(request.headers)
    form = Form(data)
    name, wanted = form.text("name", 120), next_page(form.text("weiter"))
    if not is_secure(request):
        return sign_in_answer(
            Context(name, wanted, "insecure", False, open_id is not None), city, language, 403
        )
    try:
        secret = signing_in.sign_in(name, form.text("password", 1_000), network_of(address_of(request)))
    except TooOften:
        return sign_in_answer(
            Context(name, wanted, "too_often", True, open_id is not None), city, language, 429
        )
    except NotAllowed:
        return sign_in_answer(Context(name, wanted, "wrong", True, open_id is not None), city, language, 401)
    start = "/en" if language == "en" else ""
    return go(f"{start}{wanted}", {"set-cookie": set_cookie(secret, tls=is_tls(request))})


@post("/abmelden", include_in_schema=False, sync_to_thread=True, status_code=200)
def sign_out(
    request: Request[Any, Any, Any], language: GivenLanguage, signing_in: GivenSigningIn,
    signed: GivenSigned, form: GivenForm,
) -> Response[Any]:  # fmt: skip
    """End the sign-in, here and in the store."""
    signing_in.sign_out(signed)
    start = "/en" if language == "en" else "/"
    return go(start, {"set-cookie": set_cookie("", tls=is_tls(request))})


@get("/anmelden/{link:str}", include_in_schema=False, sync_to_thread=True)
def password_form(
    link: str, city: GivenCity, language: GivenLanguage, signing_in: GivenSigningIn
) -> Response[str]:
    """The form to set a password; the link works for three days and once."""
    person = signing_in.person_of_link(link)
    return _link_form(LinkContext(person.title, "", SHORTEST, False), link, city, language)


@post("/anmelden/{link:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def set_password(
    request: Request[Any, Any, Any], link: str, city: GivenCity, language: GivenLanguage,
    signing_in: GivenSigningIn, data: _Form,
) -> Response[str]:  # fmt: skip
    """Set the password; whoever was signed in with the old one is signed out."""
    check_origin(request.headers)
    person = signing_in.person_of_link(link)
    form, problem = Form(data), ""
    if form.text("password", 1_000) != form.text("again", 1_000):
        problem = "differ"
    else:
        try:
            signing_in.set_password(link, form.text("password", 1_000))
        except WeakPassword as error:
            problem = error.weakness
    context = LinkContext(person.title, problem, SHORTEST, not problem)
    return _link_form(context, link, city, language, 422 if problem else 200)


def go(address: str, headers: dict[str, str] | None = None) -> Response[Any]:
    """On to another page after a form was taken (303: the browser asks with GET)."""
    return Response(b"", status_code=303, headers={"location": address, **LIVE, **(headers or {})})


def address_of(request: Request[Any, Any, Any]) -> str:
    """Where a request came from. A proxy on this machine says it; nobody else is believed."""
    direct = request.client.host if request.client else ""
    said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return said if said and is_local(direct) else direct


def next_page(wanted: object) -> str:
    """A page of the portal, never another host: only paths of ours are followed."""
    text = str(wanted or "").removeprefix("/en")
    plain = (
        text.startswith(HOME)
        and text.isascii()
        and text.isprintable()
        and "\\" not in text
        and "//" not in text
    )
    return text if plain else HOME


def is_secure(request: Request[Any, Any, Any]) -> bool:
    """True when nobody can listen: over TLS, or on this machine."""
    return is_tls(request) or is_local(request.headers.get("host", ""))


def sign_in_answer(context: Context, city: City, language: Language, status: int = 200) -> Response[str]:
    """The page to sign in."""
    t = Words(language)
    frame = Frame(t("sign_in.title"), "/anmelden", crumbs=((t("nav.home"), "/"),))
    return page("sign_in.html", context, frame, city, language, status, LIVE)


def _link_form(
    context: LinkContext, link: str, city: City, language: Language, status: int = 200
) -> Response[str]:
    t = Words(language)
    frame = Frame(t("sign_in.password_title"), f"/anmelden/{link}", alternates=False)
    # The address is a secret as long as it works: no other page learns it.
    headers = {**LIVE, "referrer-policy": "same-origin"}
    return page("password.html", context, frame, city, language, status, headers)
