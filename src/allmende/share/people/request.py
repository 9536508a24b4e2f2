"""Who sent a request, told by the cookie, and the forms that they send."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Request, Response

from allmende.errors import SignInNeeded
from allmende.model.access import ANONYMOUS, Principal
from allmende.model.city import City
from allmende.model.text import Language
from allmende.ports import Clock
from allmende.share.people.cookie import secret_of
from allmende.share.people.forms import Form, check_form, check_origin
from allmende.share.people.signing_in import SignedIn, SigningIn, principal_of


class _Known(Protocol):
    @property
    def city(self) -> City: ...
    @property
    def clock(self) -> Clock: ...


class People:
    """Tells handlers who asks. Nothing is remembered between two requests."""

    def __init__(self, signing_in: SigningIn, known: _Known) -> None:
        self.signing_in = signing_in
        self._known = known

    def found(self, request: Request[Any, Any, Any]) -> SignedIn | None:
        """Who sent a request; None when nobody signed in."""
        header = request.headers.get("cookie", "")
        return self.signing_in.of(secret_of(header, tls=is_tls(request))) if header else None

    def principal(self, request: Request[Any, Any, Any]) -> Principal:
        """What the sender may read."""
        signed = self.found(request)
        if signed is None:
            return ANONYMOUS
        city = self._known.city
        today = self._known.clock.now().astimezone(ZoneInfo(city.time_zone)).date()
        return principal_of(signed.person, city, today)

    def signed(self, request: Request[Any, Any, Any]) -> SignedIn:
        """Who sent a request. Raises SignInNeeded."""
        signed = self.found(request)
        if signed is None:
            raise SignInNeeded("nobody has signed in")
        return signed

    async def form(self, request: Request[Any, Any, Any], signed: SignedIn) -> Form:
        """The form that was sent. Raises ForeignForm unless it is from the sender's own page."""
        check_origin(request.headers)
        fields = await request.form()
        form = Form({name: fields.getall(name) for name in fields})
        check_form(form, signed)
        return form


def is_tls(request: Request[Any, Any, Any]) -> bool:
    """True when the reader came over TLS. Who claims it falsely only gets a stricter cookie."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").lower())


def sign_in_page(path: str, query: str, language: Language) -> Response[Any]:
    """The way to the form to sign in, and from there back to `path`."""
    start = "/en" if language == "en" else ""
    wanted = quote(f"{path}?{query}" if query else path, safe="")
    headers = {"location": f"{start}/anmelden?weiter={wanted}", "cache-control": "no-store"}
    return Response(b"", status_code=303, headers=headers)
