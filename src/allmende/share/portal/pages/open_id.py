"""Signing in by the city's service: away to it, and back."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response, get

from allmende.errors import AllmendeError, NotAllowed, NotFound
from allmende.model.text import Language
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenLanguage,
    GivenOpenId,
    GivenSigningIn,
    GivenStore,
)
from allmende.share.people.cookie import set_cookie
from allmende.share.people.joining import join
from allmende.share.people.limits import network_of
from allmende.share.people.openid import COOKIE, LASTS, SECURE_COOKIE, OpenId
from allmende.share.people.request import is_tls
from allmende.share.portal.pages.sign_in import (
    Context,
    address_of,
    go,
    is_secure,
    next_page,
    sign_in_answer,
)

BACK = "/anmelden/zurueck"
_log = logging.getLogger(__name__)


@get("/anmelden/dienst", include_in_schema=False, sync_to_thread=True)
def to_service(
    request: Request[Any, Any, Any], city: GivenCity, language: GivenLanguage, open_id: GivenOpenId
) -> Response[Any]:
    """Away to the service; what was begun is kept in this browser for ten minutes."""
    service = _known(open_id)
    wanted = next_page(request.query_params.get("weiter"))
    start = "/en" if language == "en" else ""
    if not is_secure(request):
        return sign_in_answer(Context("", wanted, "insecure", False, True), city, language, 403)
    if not service.begun.allows(network_of(address_of(request))):
        return sign_in_answer(Context("", wanted, "too_often", True, True), city, language, 429)
    try:
        begun = service.begin(back_of(request), f"{start}{wanted}")
    except AllmendeError as error:
        _log.warning("the sign-in service: %s", error)
        return sign_in_answer(Context("", wanted, "service_away", True, True), city, language, 503)
    return go(begun.address, {"set-cookie": _kept(begun.sealed, request)})


@get(BACK, include_in_schema=False, sync_to_thread=True)
def from_service(
    request: Request[Any, Any, Any], city: GivenCity, language: GivenLanguage, open_id: GivenOpenId,
    signing_in: GivenSigningIn, store: GivenStore, clock: GivenClock,
) -> Response[Any]:  # fmt: skip
    """Back from the service: signed in, or the page to sign in with the reason."""
    service = _known(open_id)
    answer = {name: str(value) for name, value in request.query_params.items()}
    try:
        identity, wanted = service.finish(answer, request.cookies.get(_name(request), ""), back_of(request))
        secret = signing_in.open(join(identity, service.settings, store.people, clock.now()), "openid")
    except AllmendeError as error:
        _log.warning("the sign-in service: %s", error)
        problem = "service_refused" if isinstance(error, NotAllowed) else "service_away"
        page = sign_in_answer(Context("", next_page(None), problem, True, True), city, language, 401)
        page.headers["set-cookie"] = _kept("", request)
        return page
    answered = go(_own(wanted, language), {"set-cookie": set_cookie(secret, tls=is_tls(request))})
    return _forget(answered, request)


def back_of(request: Request[Any, Any, Any]) -> str:
    """The address that the service sends people back to; it has to be registered there."""
    scheme = "https" if is_tls(request) else "http"
    return f"{scheme}://{request.headers.get('host', '')}{BACK}"


def _known(open_id: OpenId | None) -> OpenId:
    if open_id is None:
        raise NotFound("this city has no sign-in service")
    return open_id


def _own(wanted: str, language: Language) -> str:
    """The page that was wanted, in the language in which it was."""
    start = "/en" if wanted.startswith("/en/") else ""
    return f"{start}{next_page(wanted)}"


def _name(request: Request[Any, Any, Any]) -> str:
    return SECURE_COOKIE if is_tls(request) else COOKIE


def _kept(sealed: str, request: Request[Any, Any, Any]) -> str:
    age = int(LASTS.total_seconds()) if sealed else 0
    secure = "; Secure" if is_tls(request) else ""
    return f"{_name(request)}={sealed}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"


def _forget(answer: Response[Any], request: Request[Any, Any, Any]) -> Response[Any]:
    """A sign-in that was begun is used once."""
    answer.set_cookie(
        key=_name(request),
        value="",
        max_age=0,
        path="/",
        secure=is_tls(request),
        httponly=True,
        samesite="lax",
    )
    return answer
