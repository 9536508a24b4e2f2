"""Wishes and contributions of the public, for people of the city who answer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from allmende.errors import AllmendeError, NotFound
from allmende.model.city import City
from allmende.model.contribution import Contribution
from allmende.model.dataset import Dataset
from allmende.model.person import Person
from allmende.model.release import ROLES_FOR
from allmende.model.text import Language
from allmende.model.wish import NEXT, WISH_STATES, Wish, WishChange, WishState
from allmende.ports import Clock, Desk, Store
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenDesk,
    GivenForm,
    GivenLanguage,
    GivenSigned,
    GivenStore,
    GivenWishing,
)
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.pages.sign_in import go
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
from allmende.share.wishing import Wishing

WISHES = f"{HOME}/wuensche"
CONTRIBUTIONS = f"{HOME}/beitraege"
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish, whether its answer is late, and the states it can go to."""

    wish: Wish
    is_late: bool
    nexts: tuple[WishState, ...]


@dataclass(frozen=True, slots=True)
class WishesContext:
    """All wishes, those without an answer first; `open_wish` is the one whose form was sent."""

    around: Around
    wishes: tuple[Asked, ...]
    datasets: tuple[Dataset, ...]
    open_wish: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Contributions to a collection that nobody has read yet, the first of `count`."""

    collection: Dataset
    columns: tuple[str, ...]
    rows: tuple[Contribution, ...]
    count: int


@dataclass(frozen=True, slots=True)
class ContributionsContext:
    """What waits in the collections of this person's departments."""

    around: Around
    waiting: tuple[Waiting, ...]
    collections: tuple[Dataset, ...]


@get("/werkstatt/wuensche", include_in_schema=False, sync_to_thread=True)
def wishes_desk(
    signed: GivenSigned, wishing: GivenWishing, city: GivenCity, language: GivenLanguage, clock: GivenClock
) -> Response[str]:
    """All wishes. Raises NotAllowed."""
    return _wishes(signed, wishing, city, language, clock)


@post("/werkstatt/wuensche/{name:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def answer_wish(
    name: str, signed: GivenSigned, wishing: GivenWishing, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, form: GivenForm,
) -> Response[Any]:  # fmt: skip
    """Show, answer or hide one; what was typed stays when something is wrong."""
    change = _change(form)
    try:
        wishing.answer(signed.person, name, change)
    except NotFound:
        raise
    except AllmendeError as error:
        return _wishes(signed, wishing, city, language, clock, (name, change), error)
    return go(f"{'/en' if language == 'en' else ''}{WISHES}#{name}")


def _change(form: Form) -> WishChange:
    state: WishState = next((one for one in WISH_STATES if one == form.text("state")), "received")
    return WishChange(
        form.number("revision"), state, form.text("title"), form.text("text"), form.text("answer"),
        form.text("dataset", 120),
    )  # fmt: skip


def _wishes(
    signed: SignedIn, wishing: Wishing, city: City, language: Language, clock: Clock,
    tried: tuple[str, WishChange] | None = None, error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    today = today_of(clock.now(), city)
    found = [_typed(one, tried) for one in wishing.all(signed.person)]
    asked = [Asked(one, one.is_late(today), NEXT[one.state]) for one in found]
    asked.sort(key=lambda one: (WISH_STATES.index(one.wish.state) > 1, one.wish.due))
    datasets = tuple(one for one in city.datasets.values() if wishing.is_public(one.id))
    context = WishesContext(
        around(signed, clock.now(), city, refusal(error, language) if error else ""),
        tuple(asked),
        tuple(sorted(datasets, key=lambda one: one.title.of(language).casefold())),
        tried[0] if tried else "",
    )
    status = status_of(error) if error else 200
    return workshop_page(
        "wishes.html", context, Words(language)("wishes.title"), WISHES, city, language, status
    )


def _typed(wish: Wish, tried: tuple[str, WishChange] | None) -> Wish:
    """The wish with what was typed for it, when its form was refused."""
    if tried is None or tried[0] != wish.id:
        return wish
    change = tried[1]
    return Wish(wish.id, "", change.title, change.text, wish.made, wish.due, wish.state, change.answer,
                change.dataset, wish.changed, wish.revision)  # fmt: skip


# --- contributions ---


@get("/werkstatt/beitraege", include_in_schema=False, sync_to_thread=True)
def contributions_desk(
    signed: GivenSigned, desk: GivenDesk, store: GivenStore, city: GivenCity, language: GivenLanguage,
    clock: GivenClock,
) -> Response[str]:  # fmt: skip
    """What waits to be read."""
    return _contributions(signed, store, city, language, clock)


@post("/werkstatt/beitraege/{name:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def decide_contributions(
    name: str, signed: GivenSigned, desk: GivenDesk, store: GivenStore, city: GivenCity,
    language: GivenLanguage, clock: GivenClock, form: GivenForm,
) -> Response[Any]:  # fmt: skip
    """Accept or reject what was chosen."""
    try:
        _decide(desk, signed.person, name, form)
    except NotFound:
        raise
    except AllmendeError as error:
        return _contributions(signed, store, city, language, clock, error)
    return go(f"{'/en' if language == 'en' else ''}{CONTRIBUTIONS}")


def _decide(desk: Desk, person: Person, dataset: str, form: Form) -> None:
    ids = form.texts("id")
    if form.text("action") == "accept":
        desk.take_contributions(person, dataset, ids)
    else:
        desk.reject_contributions(person, dataset, ids, form.text("reason", 1_000))


def _contributions(
    signed: SignedIn, store: Store, city: City, language: Language, clock: Clock,
    error: AllmendeError | None = None,
) -> Response[str]:  # fmt: skip
    today = today_of(clock.now(), city)
    mine = tuple(
        one for one in city.datasets.values()
        if one.contributions is not None
        and signed.person.may_one_of(ROLES_FOR["fill"], one.department, today)
    )  # fmt: skip
    waiting = (_waiting(store, one) for one in mine)
    context = ContributionsContext(
        around(signed, clock.now(), city, refusal(error, language) if error else ""),
        tuple(one for one in waiting if one.count),
        mine,
    )
    title, status = Words(language)("contribute.desk"), status_of(error) if error else 200
    return workshop_page("contributions.html", context, title, CONTRIBUTIONS, city, language, status)


def _waiting(store: Store, collection: Dataset) -> Waiting:
    found = store.contributions.of_dataset(collection.id, "waiting")
    columns = tuple(dict.fromkeys(name for one in found[:MOST_SHOWN] for name in one.cells))
    return Waiting(collection, columns, found[:MOST_SHOWN], len(found))
