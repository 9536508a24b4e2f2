"""People and their roles, for administrators; they look after accounts and see no more data than others."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from litestar import Response, get, post

from allmende.errors import AllmendeError, FormFault, NotFound
from allmende.model.audit import Entry
from allmende.model.city import City
from allmende.model.person import EVERY_DEPARTMENT, ROLES, Grant, Person, Role
from allmende.model.text import Language
from allmende.ports import Clock, Store
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenForm,
    GivenLanguage,
    GivenSigned,
    GivenSigningIn,
    GivenStore,
)
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import SignedIn, SigningIn
from allmende.share.portal.pages.workshop.parts import (
    HOME,
    Around,
    around,
    refusal,
    status_of,
    today_of,
    workshop_page,
)
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """Everybody, and what can be chosen. `link` is the way to set a password, shown this once."""

    around: Around
    people: tuple[Person, ...]
    roles: tuple[Role, ...]
    departments: tuple[tuple[str, str], ...]
    link: str


@get("/werkstatt/personen", include_in_schema=False, sync_to_thread=True)
def people(
    signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock, store: GivenStore
) -> Response[str]:
    """Everybody with their roles."""
    check_administrator(signed.person, today_of(clock.now(), city))
    return _page(signed, city, language, clock, store)


@post("/werkstatt/personen/{action:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def change_people(
    action: str, signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock,
    store: GivenStore, signing_in: GivenSigningIn, form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Add somebody, give or take a role, close an account, make a link to set a password."""
    check_administrator(signed.person, today_of(clock.now(), city))
    try:
        link = _do(action, signed.person, store, signing_in, form, clock.now(), city)
    except AllmendeError as error:
        return _page(signed, city, language, clock, store, error=error)
    start = "/en" if language == "en" else ""
    told = Words(language)("people.done")
    return _page(signed, city, language, clock, store, f"{start}/anmelden/{link}" if link else "", told)


def check_administrator(person: Person, today: date) -> None:
    """NotFound for everybody else: who does not look after people does not learn of this page."""
    if person.closed or not any(g.holds("administrator", g.department, today) for g in person.grants):
        raise NotFound("there is no such page")


def _do(
    action: str, by: Person, store: Store, signing_in: SigningIn, form: Form, now: datetime, city: City
) -> str:
    """Do it; returns the secret of a new link, or nothing."""
    if action == "neu":
        person = _new(form, now)
        store.people.add(person, _entry(by, "add", person, person.name, now))
        return signing_in.make_link(person, by.id)
    person = store.people.get(form.text("person", 40))
    if action == "link":
        return signing_in.make_link(person, by.id)
    if action == "schliessen":
        store.people.close(person.id, now, _entry(by, "close", person, "", now))
        store.accounts.sign_out_everywhere(person.id)
    elif action in ("geben", "nehmen"):
        grant = _grant(form, city)
        entry = _entry(by, "grant" if action == "geben" else "revoke", person, _said(grant), now)
        (store.people.grant if action == "geben" else store.people.revoke)(person.id, grant, entry)
    return ""


def _new(form: Form, now: datetime) -> Person:
    name, title = form.text("name", 80).lower(), form.text("title", 120)
    if not name or not all(sign.isalnum() or sign in ".-_@" for sign in name):
        raise FormFault("name", "name_form")
    if not title:
        raise FormFault("title", "title_missing")
    return Person(secrets.token_hex(6), name, title, form.text("email", 200), (), now)


def _grant(form: Form, city: City) -> Grant:
    role = next((one for one in ROLES if one == form.text("role", 40)), None)
    department = form.text("department", 120)
    if role is None:
        raise FormFault("role", "choose")
    if department not in {*city.departments, EVERY_DEPARTMENT}:
        raise FormFault("department", "choose")
    return Grant(role, department, _day(form.text("until", 10)), form.text("deputy_for", 40))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise FormFault("until", "day_form") from error


def _entry(by: Person, action: str, person: Person, detail: str, now: datetime) -> Entry:
    return Entry(0, now, by.id, action, f"person:{person.id}", detail)


def _said(grant: Grant) -> str:
    return f"{grant.role}:{grant.department}" + (f" until {grant.until}" if grant.until else "")


def _page(
    signed: SignedIn, city: City, language: Language, clock: Clock, store: Store, link: str = "",
    told: str = "", error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    t = Words(language)
    problem = refusal(error, language) if error else ""
    departments = (
        (EVERY_DEPARTMENT, t("people.every_department")),
        *((one.id, one.title.of(language)) for one in city.departments.values()),
    )
    context = Context(
        around(signed, clock.now(), city, problem, told), store.people.all(), ROLES, departments, link
    )
    status = status_of(error) if error else 200
    return workshop_page(
        "people.html", context, t("people.title"), f"{HOME}/personen", city, language, status
    )
