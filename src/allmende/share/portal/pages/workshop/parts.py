"""What all pages of the workshop share: the frame, what comes next for a release, and refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from litestar import Response

from allmende.errors import AllmendeError, FormFault
from allmende.model.city import City
from allmende.model.person import Person
from allmende.model.release import ROLES_FOR, Action, Release, may_decide
from allmende.model.text import Language
from allmende.share.people.signing_in import SignedIn
from allmende.share.portal.render import LIVE, Frame, page
from allmende.share.portal.words import Words

HOME = "/werkstatt"
Next = Literal[
    "working", "again", "describe", "mend", "decide", "release", "wait_decide", "wait_release", "publishing", "done"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What stands on every page: who works here, the sign that only their forms carry, and whether they look
    after people. `problem` is a refusal in words, `told` what was done."""

    person: str
    csrf: str
    administrator: bool
    problem: str = ""
    told: str = ""


def around(signed: SignedIn, now: datetime, city: City, problem: str = "", told: str = "") -> Around:
    """The frame for somebody."""
    today = today_of(now, city)
    administrator = any(
        grant.holds("administrator", grant.department, today) for grant in signed.person.grants
    )
    return Around(signed.person.title, signed.csrf, administrator, problem, told)


def today_of(now: datetime, city: City) -> date:
    """The day in the city."""
    return now.astimezone(ZoneInfo(city.time_zone)).date()


def workshop_page(
    template: str, context: Any, title: str, path: str, city: City, language: Language, status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:  # fmt: skip
    """A page of the workshop; nobody keeps it."""
    t = Words(language)
    crumbs = ((t("nav.home"), "/"),) if path == HOME else ((t("nav.home"), "/"), (t("workshop.title"), HOME))
    frame = Frame(title, path, section="workshop", crumbs=crumbs)
    return page(f"workshop/{template}", context, frame, city, language, status, {**LIVE, **(headers or {})})


def may(person: Person, action: Action, department: str, today: date) -> bool:
    """True when the person has a role for an action."""
    return person.may_one_of(ROLES_FOR[action], department, today)


def next_of(release: Release, person: Person, today: date) -> Next:
    """What comes next with a release, as this person sees it."""
    if release.work and not release.fault:
        return "working"
    if release.fault:
        return "again"
    if release.state in ("draft", "described"):
        return "describe"
    if release.state in ("checked", "held"):
        return _next_of_checked(release, person, today)
    return "publishing" if release.state == "approved" else "done"


def _next_of_checked(release: Release, person: Person, today: date) -> Next:
    if release.failed_checks:
        return "mend"
    if release.open_findings:
        mine = any(
            may_decide(person, found.kind, release.department, today) for found in release.open_findings
        )
        return "decide" if mine else "wait_decide"
    involved = person.id in (release.begun_by, *release.involved)
    mine = may(person, "approve", release.department, today) and not involved
    return "release" if mine else "wait_release"


def waits_for(release: Release, person: Person, today: date) -> bool:
    """True when the person can do something about a release now."""
    step = next_of(release, person, today)
    if step in ("decide", "release"):
        return True
    return step in ("again", "describe", "mend") and may(person, "fill", release.department, today)


def refusal(error: AllmendeError, language: Language) -> str:
    """Why something was not done, in the reader's language."""
    t = Words(language)
    if isinstance(error, FormFault):
        return t(f"form.{error.fault}")
    if error.code and t.knows(f"refusal.{error.code}"):
        said = t(f"refusal.{error.code}")
        return f"{said} {error.hint}" if error.code == "check_failed" and language == "en" else said
    return f"{error.message}. {error.hint}".strip()


def status_of(error: AllmendeError) -> int:
    """The status of a page that shows a refusal."""
    return {"conflict": 409, "role": 403, "four_eyes": 403}.get(error.code, 422)


def department_title(department: str, city: City, language: Language) -> str:
    """What an office is called; the whole city when it is none."""
    found = city.departments.get(department)
    return found.title.of(language) if found else city.contact.publisher
