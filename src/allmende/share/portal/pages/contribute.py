"""Contributing: what the city looks for, the form of one collection, and the page behind a secret link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post

from allmende.errors import AllmendeError, FormFault, TooOften
from allmende.model.city import City
from allmende.model.contribution import Contribution
from allmende.model.dataset import Dataset
from allmende.model.text import Language
from allmende.share.contributing import Contributing, Field
from allmende.share.given import (
    GivenCity,
    GivenContributing,
    GivenLanguage,
    GivenOpenForms,
    GivenPrincipal,
    GivenStore,
)
from allmende.share.people.forms import Form
from allmende.share.people.limits import network_of
from allmende.share.people.open_forms import TRAP
from allmende.share.portal.pages.sign_in import address_of, go
from allmende.share.portal.pages.wishes import SentForm
from allmende.share.portal.pages.workshop.parts import refusal
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words
from allmende.share.principals import hash_of

HOME = "/mitmachen"


@dataclass(frozen=True, slots=True)
class ListContext:
    """The collections that take contributions."""

    collections: tuple[Dataset, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """The form of a collection with what was typed; `wrong` is the field that is meant by `problem`."""

    collection: Dataset
    fields: tuple[Field, ...]
    typed: Mapping[str, str]
    problem: str
    wrong: str


@dataclass(frozen=True, slots=True)
class OwnContext:
    """What somebody gave, and what became of it."""

    given: tuple[Contribution, ...]
    link: str


@get(HOME, include_in_schema=False, sync_to_thread=False)
def contribute(
    contributing: GivenContributing, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage
) -> Response[str]:
    """What people can contribute to."""
    t = Words(language)
    frame = Frame(t("contribute.title"), HOME, section="data", crumbs=_crumbs(t)[:2])
    return page("contribute.html", ListContext(contributing.collections(principal)), frame, city, language)


@get("/mitmachen/{name:str}", include_in_schema=False, sync_to_thread=False)
def contribution_form(
    name: str, contributing: GivenContributing, principal: GivenPrincipal, city: GivenCity, language: GivenLanguage
) -> Response[str]:  # fmt: skip
    """The form of one collection."""
    return _form(contributing.collection(principal, name), contributing, {}, city, language)


@post("/mitmachen/{name:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def give_contribution(
    name: str, request: Request[Any, Any, Any], contributing: GivenContributing, principal: GivenPrincipal,
    city: GivenCity, language: GivenLanguage, open_forms: GivenOpenForms, data: SentForm,
) -> Response[Any]:  # fmt: skip
    """Keep a contribution until somebody has read it."""
    collection = contributing.collection(principal, name)
    form, start = Form(data), "/en" if language == "en" else ""
    typed = {field: form.text(field) for field in data if field != TRAP}
    try:
        if not open_forms.check(request.headers, form, network_of(address_of(request))):
            return go(f"{start}{HOME}")
        secret = contributing.give(collection, typed)
    except (FormFault, TooOften) as error:
        return _form(collection, contributing, typed, city, language, error)
    return go(f"{start}{HOME}/b/{secret}")


@get("/mitmachen/b/{secret:str}", include_in_schema=False, sync_to_thread=True)
def own_contribution(
    secret: str, request: Request[Any, Any, Any], store: GivenStore, city: GivenCity, language: GivenLanguage
) -> Response[str]:
    """What became of a contribution, for who holds its link."""
    given, t = store.contributions.of_secret(hash_of(secret[:100])), Words(language)
    path = f"{HOME}/b/{secret}"
    link = f"{str(request.base_url).rstrip('/')}{'/en' if language == 'en' else ''}{path}"
    frame = Frame(t("contribute.own"), path, crumbs=_crumbs(t), alternates=False)
    headers = {**LIVE, "referrer-policy": "no-referrer"}
    return page("contribution.html", OwnContext(given, link), frame, city, language, headers=headers)


def _form(
    collection: Dataset, contributing: Contributing, typed: Mapping[str, str], city: City, language: Language,
    error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    t = Words(language)
    wrong = error.field if isinstance(error, FormFault) else ""
    fields = contributing.fields(collection)
    context = Context(collection, fields, typed, refusal(error, language) if error else "", wrong)
    frame = Frame(collection.title.of(language), f"{HOME}/{collection.id}", section="data", crumbs=_crumbs(t))
    status = 429 if isinstance(error, TooOften) else 422 if error else 200
    return page("contribute_form.html", context, frame, city, language, status, LIVE if error else None)


def _crumbs(t: Words) -> tuple[tuple[str, str], ...]:
    return ((t("nav.home"), "/"), (t("nav.data"), "/daten"), (t("contribute.title"), HOME))
