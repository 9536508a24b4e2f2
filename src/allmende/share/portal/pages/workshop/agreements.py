"""Agreements on commercial data: for stewards, who make them, and releasers, who sign them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Response, get, post

from allmende.errors import AllmendeError
from allmende.model.agreement import (
    COUNTED,
    GIFT_KINDS,
    PURPOSES,
    SPANS,
    Agreement,
    Delivery,
    Gift,
    Holding,
)
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.person import Person
from allmende.model.text import Language
from allmende.ports import Clock, Store
from allmende.share.agreeing import ENDING, MAKING, SIGNING, Agreeing
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenForm,
    GivenLanguage,
    GivenMeter,
    GivenSigned,
    GivenStore,
)
from allmende.share.metering import Meter, QuotaUse
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.agreement_text import Part, text_of
from allmende.share.portal.pages.sign_in import go
from allmende.share.portal.pages.workshop.agreement_form import AMOUNTS, GIFTS, read_agreement
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

AGREEMENTS = f"{HOME}/vertraege"


@dataclass(frozen=True, slots=True)
class Listed:
    """An agreement and how it stands today."""

    agreement: Agreement
    holding: Holding


@dataclass(frozen=True, slots=True)
class ListContext:
    """The agreements on data of this person's departments."""

    around: Around
    agreements: tuple[Listed, ...]
    may_make: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A promise with its number, what came, and whether its day has passed without anything."""

    number: int
    gift: Gift
    deliveries: tuple[Delivery, ...]
    is_late: bool


@dataclass(frozen=True, slots=True)
class Context:
    """One agreement: its text, what was used, what came back. `secret` is a new key, shown this once."""

    around: Around
    agreement: Agreement
    holding: Holding
    parts: tuple[Part, ...]
    uses: tuple[QuotaUse, ...]
    gifts: tuple[Given, ...]
    may_sign: bool
    may_change: bool
    secret: str


@dataclass(frozen=True, slots=True)
class FormContext:
    """The form for a new agreement, with what was typed (`typed`, `chosen` for boxes)."""

    around: Around
    datasets: tuple[Dataset, ...]
    purposes: tuple[str, ...]
    counted: tuple[str, ...]
    spans: tuple[str, ...]
    gift_kinds: tuple[str, ...]
    amounts: int
    gifts: int
    typed: Mapping[str, str]
    chosen: frozenset[str]


@get("/werkstatt/vertraege", include_in_schema=False, sync_to_thread=True)
def agreements(
    signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock, store: GivenStore
) -> Response[str]:
    """All agreements that concern this person."""
    desk = Agreeing(store, city, clock)
    listed = tuple(
        Listed(one, one.holding(clock.now(), city.time_zone)) for one in desk.seen_by(signed.person)
    )
    context = ListContext(around(signed, clock.now(), city), listed, bool(_own(desk, signed.person)))
    return workshop_page(
        "agreements.html", context, Words(language)("agreement.title"), AGREEMENTS, city, language
    )


@get("/werkstatt/vertraege/neu", include_in_schema=False, sync_to_thread=True)
def agreement_form(
    signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock, store: GivenStore
) -> Response[str]:
    """The form for a new agreement."""
    return _form_page(Agreeing(store, city, clock), signed, city, language, clock, Form({}))


@post("/werkstatt/vertraege/neu", include_in_schema=False, sync_to_thread=True, status_code=200)
def make_agreement(
    signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock, store: GivenStore,
    form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Keep a draft; what was typed stays when something is wrong."""
    desk = Agreeing(store, city, clock)
    try:
        draft = read_agreement(form)
        desk.check(signed.person, MAKING, draft.datasets)
        made = desk.make(draft, signed.person.id)
    except AllmendeError as error:
        return _form_page(desk, signed, city, language, clock, form, error)
    return go(f"{'/en' if language == 'en' else ''}{AGREEMENTS}/{made.id}")


@get("/werkstatt/vertraege/{name:str}", include_in_schema=False, sync_to_thread=True)
def agreement_page(
    name: str, signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock,
    store: GivenStore, meter: GivenMeter,
) -> Response[str]:  # fmt: skip
    """One agreement."""
    return _page(name, signed, city, language, clock, store, meter)


@post(
    "/werkstatt/vertraege/{name:str}/{action:str}",
    include_in_schema=False,
    sync_to_thread=True,
    status_code=200,
)
def change_agreement(
    name: str, action: str, signed: GivenSigned, city: GivenCity, language: GivenLanguage, clock: GivenClock,
    store: GivenStore, meter: GivenMeter, form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Sign, make a key, note a gift, or end it; then the page as it stands."""
    desk = Agreeing(store, city, clock)
    found = desk.get(signed.person, name)
    try:
        secret = _do(action, desk, signed.person, found, form)
    except AllmendeError as error:
        return _page(name, signed, city, language, clock, store, meter, error=error)
    if secret:
        return _page(name, signed, city, language, clock, store, meter, secret)
    return go(f"{'/en' if language == 'en' else ''}{AGREEMENTS}/{name}")


def _do(action: str, desk: Agreeing, person: Person, found: Agreement, form: Form) -> str:
    """Do it; returns the secret of a new key, or nothing."""
    if action == "unterschreiben":
        desk.check(person, SIGNING, found.datasets)
        desk.sign(found.id, person.id)
        return ""
    desk.check(person, ENDING, found.datasets)
    if action == "schluessel":
        return desk.make_key(found.id, form.text("name", 120), person.id)
    if action == "beenden":
        desk.revoke(found.id, form.text("reason", 2_000), person.id)
    elif action == "gegengabe":
        desk.deliver(found.id, form.number("gift"), form.text("text", 2_000), person.id)
    return ""


def _page(
    name: str, signed: SignedIn, city: City, language: Language, clock: Clock, store: Store, meter: Meter,
    secret: str = "", error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    desk, now = Agreeing(store, city, clock), clock.now()
    found = desk.get(signed.person, name)
    holding = found.holding(now, city.time_zone)
    context = Context(
        around(signed, now, city, refusal(error, language) if error else ""),
        found,
        holding,
        text_of(found, city, language),
        meter.uses(found),
        gifts_of(found, store.agreements.deliveries(found.id), today_of(now, city)),
        holding == "unsigned" and desk.may(signed.person, SIGNING, found.datasets),
        holding != "revoked" and desk.may(signed.person, ENDING, found.datasets),
        secret,
    )
    title, status = f"{Words(language)('agreement.title')}: {found.party}", status_of(error) if error else 200
    return workshop_page("agreement.html", context, title, f"{AGREEMENTS}/{name}", city, language, status)


def gifts_of(agreement: Agreement, deliveries: tuple[Delivery, ...], today: date) -> tuple[Given, ...]:
    """Each promise with what came of it."""
    given = [
        tuple(one for one in deliveries if one.gift == number + 1) for number in range(len(agreement.gifts))
    ]
    return tuple(
        Given(number, gift, came, not came and gift.due is not None and gift.due < today)
        for number, (gift, came) in enumerate(zip(agreement.gifts, given, strict=True), 1)
    )


def _own(desk: Agreeing, person: Person) -> tuple[Dataset, ...]:
    return tuple(one for one in desk.on_offer() if desk.may(person, MAKING, [one.id]))


def _form_page(
    desk: Agreeing, signed: SignedIn, city: City, language: Language, clock: Clock, form: Form,
    error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    typed: dict[str, Any] = {name: form.text(name) for name in form.fields}
    context = FormContext(
        around(signed, clock.now(), city, refusal(error, language) if error else ""),
        _own(desk, signed.person), PURPOSES, COUNTED, SPANS, GIFT_KINDS, AMOUNTS, GIFTS, typed,
        frozenset((*form.texts("datasets"), *form.texts("purposes"), *form.texts("credited"))),
    )  # fmt: skip
    status = status_of(error) if error else 200
    title = Words(language)("agreement.new")
    return workshop_page("agreement_form.html", context, title, f"{AGREEMENTS}/neu", city, language, status)
