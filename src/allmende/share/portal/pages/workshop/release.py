"""One release: what was seen, what the checks found, who decided what, and what can be done now."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get, post

from allmende.errors import AllmendeError, FormFault
from allmende.model.city import City
from allmende.model.guard import Decision, GuardFinding
from allmende.model.look import Look
from allmende.model.person import Person
from allmende.model.received import Choice
from allmende.model.release import Release, ReleaseStep, may_decide
from allmende.model.text import Language
from allmende.ports import Clock, Desk, Store
from allmende.share.given import (
    GivenCity,
    GivenClock,
    GivenDesk,
    GivenForm,
    GivenLanguage,
    GivenSigned,
    GivenStore,
)
from allmende.share.people.forms import Form
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.pages.sign_in import go
from allmende.share.portal.pages.workshop.overview import title_of
from allmende.share.portal.pages.workshop.parts import (
    HOME,
    Around,
    Next,
    around,
    department_title,
    may,
    next_of,
    refusal,
    status_of,
    today_of,
    workshop_page,
)
from allmende.share.portal.words import Words

PROGRESS = {"refresh": "2"}
"""While a process works on it the page is asked for again every two seconds."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with the decision on it, and whether this person may decide on it now."""

    finding: GuardFinding
    decision: Decision | None
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A step of the history: when, who (by name), what, and why."""

    step: ReleaseStep
    who: str


@dataclass(frozen=True, slots=True)
class Context:
    """A release as its page shows it. `look` is None as long as nobody has looked at the bytes."""

    around: Around
    release: Release
    title: str
    department: str
    next: Next
    look: Look | None
    findings: tuple[Found, ...]
    history: tuple[Told, ...]
    may_describe: bool
    may_approve: bool
    may_refuse: bool
    reason: str


@get("/werkstatt/r/{name:str}", include_in_schema=False, sync_to_thread=True)
def release(
    name: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, store: GivenStore,
) -> Response[str]:  # fmt: skip
    """How a release stands."""
    return release_page(name, signed, desk, city, language, clock, store)


@post("/werkstatt/r/{name:str}/{action:str}", include_in_schema=False, sync_to_thread=True, status_code=200)
def act(
    name: str, action: str, signed: GivenSigned, desk: GivenDesk, city: GivenCity, language: GivenLanguage,
    clock: GivenClock, store: GivenStore, form: GivenForm,
) -> Response[str]:  # fmt: skip
    """Decide, approve, refuse, or try again; then the page as it stands."""
    try:
        _do(action, desk, signed.person, name, form)
    except AllmendeError as error:
        desk.get(signed.person, name)  # what is not there stays a page that says so
        return release_page(name, signed, desk, city, language, clock, store, error, form.text("reason"))
    start = "/en" if language == "en" else ""
    return go(f"{start}{HOME}/r/{name}")


def _do(action: str, desk: Desk, person: Person, name: str, form: Form) -> None:
    revision, reason = form.number("revision"), form.text("reason", 2_000)
    if action == "entscheiden":
        desk.decide(person, name, revision, form.text("kind", 40), form.text("column", 200), reason)
    elif action == "freigeben":
        desk.approve(person, name, revision, reason)
    elif action == "ablehnen":
        desk.refuse(person, name, revision, reason)
    elif action == "lesen":
        desk.choose(person, name, revision, _choice(desk.look(person, name), form))
    elif action == "nochmal":
        desk.again(person, name)


def _choice(look: Look | None, form: Form) -> Choice:
    """The table that was chosen by its number (where there are several), and what was ticked."""
    totals, confirmed = bool(form.text("without_totals")), bool(form.text("confirmed"))
    blocks = look.file.blocks if look else ()
    number = form.number("table")
    if len(blocks) < 2 or not form.text("table"):
        return Choice(without_totals=totals, confirmed=confirmed)
    if number >= len(blocks):
        raise FormFault("table", "choose")
    return Choice(blocks[number].sheet, blocks[number].range, totals, confirmed)


def release_page(
    name: str, signed: SignedIn, desk: Desk, city: City, language: Language, clock: Clock, store: Store,
    error: AllmendeError | None = None, reason: str = "",
) -> Response[str]:  # fmt: skip
    """The page, with a refusal when there is one."""
    found = desk.get(signed.person, name)
    problem = refusal(error, language) if error else ""
    context = _context(found, signed, desk, city, language, clock, store, problem, reason)
    headers = PROGRESS if context.next == "working" else {}
    title = f"{context.title}: {Words(language)(f'release.{found.state}')}"
    status = status_of(error) if error else 200
    return workshop_page("release.html", context, title, f"{HOME}/r/{name}", city, language, status, headers)


def _context(
    found: Release, signed: SignedIn, desk: Desk, city: City, language: Language, clock: Clock, store: Store,
    problem: str, reason: str,
) -> Context:  # fmt: skip
    person, today = signed.person, today_of(clock.now(), city)
    names = {one.id: one.title for one in store.people.all()}
    decisions = {(one.kind, one.column): one for one in found.decisions}
    deciding = found.state in ("checked", "held")
    return Context(
        around(signed, clock.now(), city, problem),
        found,
        title_of(found),
        department_title(found.department, city, language),
        next_of(found, person, today),
        desk.look(person, found.id),
        tuple(
            Found(
                one,
                decisions.get(one.subject),
                deciding and may_decide(person, one.kind, found.department, today),
            )
            for one in found.findings
        ),
        tuple(Told(step, names.get(step.actor, "")) for step in desk.history(person, found.id)),
        (
            found.state in ("draft", "described", "checked", "approved")
            or (found.state == "held" and found.definition is not None)
        )
        and may(person, "describe", found.department, today),
        deciding and not found.failed_checks and may(person, "approve", found.department, today),
        not found.ended and found.state != "published" and may(person, "refuse", found.department, today),
        reason,
    )
