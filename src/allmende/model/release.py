"""The way of one content of a dataset to the public: a state machine with no path around a check.

States: draft -> described -> checked -> approved -> published -> superseded or withdrawn. A refresh that the
guard stops is `held` while the old version stays public; it goes on over `approved`, or ends `refused`.
What may follow what stands in one table; who may do it, and on which conditions, in `advance`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from allmende.errors import Conflict, NotAllowed
from allmende.model.dataset import Check
from allmende.model.finding import Finding
from allmende.model.guard import Decision, GuardFinding, undecided
from allmende.model.person import Grant, Person, Role
from allmende.model.standing import Definition

State = Literal[
    "draft", "described", "checked", "held", "approved", "published", "refused", "superseded", "withdrawn"
]
Action = Literal[
    "fill", "describe", "check", "decide", "approve", "publish", "refuse", "withdraw", "supersede"
]
Work = Literal["", "fetch", "look", "check", "publish"]

SYSTEM = "system"
"""Who acts when nobody does: refreshes that are held, deadlines that passed."""

FOLLOWS: dict[tuple[State, Action], State] = {
    ("draft", "fill"): "draft",
    ("draft", "describe"): "described",
    ("described", "fill"): "draft",
    ("described", "describe"): "described",
    ("described", "check"): "checked",
    ("checked", "fill"): "draft",
    ("checked", "describe"): "described",
    ("checked", "check"): "checked",
    ("checked", "decide"): "checked",
    ("checked", "approve"): "approved",
    ("held", "decide"): "held",
    ("held", "approve"): "approved",
    ("held", "describe"): "described",
    ("approved", "publish"): "published",
    ("approved", "check"): "checked",
    ("approved", "describe"): "described",
    ("approved", "fill"): "draft",
    ("published", "supersede"): "superseded",
    ("published", "withdraw"): "withdrawn",
    ("superseded", "withdraw"): "withdrawn",
    **{(state, "refuse"): "refused" for state in ("draft", "described", "checked", "held", "approved")},
}
"""What may follow what. Anything that is not here is refused."""

ROLES_FOR: dict[Action, tuple[Role, ...]] = {
    "fill": ("contributor", "steward"),
    "describe": ("contributor", "steward"),
    "check": ("contributor", "steward", "releaser", "privacy_officer"),
    "decide": ("steward", "privacy_officer"),
    "approve": ("releaser",),
    "publish": ("releaser",),
    "refuse": ("steward", "releaser", "privacy_officer"),
    "withdraw": ("steward", "releaser", "privacy_officer"),
}
"""Who may do what, by role in the release's department. What is not here is done by the system only."""

PRIVATE_KINDS = frozenset(
    {"iban", "tax_id", "social_security", "health_insurance", "credit_card", "birth_date", "name"}
)
"""Findings that only the privacy officer may decide on."""

SYSTEM_ACTIONS = frozenset({"check", "approve", "publish", "supersede", "refuse"})


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """What a city decides about releases.

    `open_after_days`: what was checked without a finding, and was not answered for so long, is published
    (0: never). `answer_days`: how long the city has to answer a wish for data.
    """

    open_after_days: int = 0
    answer_days: int = 30


@dataclass(frozen=True, slots=True)
class Release:
    """One content of one dataset on its way.

    `revision` grows with every step and guards against two people changing the same. `raw` is the SHA-256 of
    the bytes, `definition` what was described (None when the city's files do), `checked_for` the fingerprint of
    bytes and description that the checks were made for. `held_for` are the reasons (codes) of a refresh that was
    stopped, `maker` the hash of the definition that made it. `involved` are all who filled, described, checked or
    decided: none of them may approve. `conclusions` are what an instrument says of it, to be confirmed. `work` is what a child process is doing, `fault` why it could not.
    """

    id: str
    dataset: str
    department: str
    state: State
    revision: int
    started: datetime
    changed: datetime
    begun_by: str
    raw: str = ""
    file_name: str = ""
    address: str = ""
    definition: Definition | None = None
    described_by: str = ""
    checked_for: str = ""
    checks: tuple[Check, ...] = ()
    findings: tuple[GuardFinding, ...] = ()
    decisions: tuple[Decision, ...] = ()
    held_for: tuple[str, ...] = ()
    maker: str = ""
    involved: tuple[str, ...] = ()
    approved_by: str = ""
    rows: int | None = None
    version: int | None = None
    deadline: datetime | None = None
    work: Work = ""
    fault: str = ""
    hint: str = ""
    conclusions: tuple[Finding, ...] = ()

    @property
    def open_findings(self) -> tuple[GuardFinding, ...]:
        """The findings that still stop it."""
        return undecided(self.findings, self.decisions)

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """The checks that stop it: those of the contract (others are told, and do not stop)."""
        return tuple(check for check in self.checks if not check.passed and check.name.startswith("contract"))

    @property
    def ended(self) -> bool:
        """True when nothing can come of it any more."""
        return self.state in ("refused", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """One step of a release, as its history tells it. `number` counts from 1."""

    release: str
    number: int
    at: datetime
    actor: str
    action: str
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done: the action, the revision that was looked at, and why."""

    action: Action
    revision: int
    reason: str = ""


def advance(release: Release, step: Step, by: Person | None, now: datetime, today: date) -> Release:
    """The release after a step by a person, or (None) by the system itself.

    Raises Conflict when somebody was quicker, NotAllowed when this cannot follow or is not theirs to do.
    """
    if step.revision != release.revision:
        raise Conflict(
            "somebody else changed this in the meantime",
            where=release.id,
            hint="Look at it again, then decide.",
            code="conflict",
        )
    follows = FOLLOWS.get((release.state, step.action))
    if follows is None:
        raise NotAllowed(
            f"{step.action} cannot follow {release.state}", where=release.id, code="cannot_follow"
        )
    _check_right(release, step, by, today)
    _check_conditions(release, step, by, now)
    who = by.id if by else SYSTEM
    after = replace(release, state=follows, revision=release.revision + 1, changed=now, fault="", hint="")
    return _with_traces(after, step.action, who)


def _check_right(release: Release, step: Step, by: Person | None, today: date) -> None:
    if by is None:
        if step.action not in SYSTEM_ACTIONS:
            raise NotAllowed(f"{step.action} is for people", where=release.id)
        return
    roles = ROLES_FOR.get(step.action, ())
    if by.closed is not None or not any(by.may(role, release.department, today) for role in roles):
        raise NotAllowed(
            f"{step.action} needs the role {' or '.join(roles) or 'of nobody'} in {release.department}",
            where=release.id,
            hint="Ask the administrator, or somebody who has the role.",
            code="role",
        )
    if step.action == "approve":
        _check_four_eyes(release, by, today)


def _check_four_eyes(release: Release, by: Person, today: date) -> None:
    """Whoever had a hand in it does not release it, nor does somebody who only stands in for them."""
    involved = {release.begun_by, *release.involved} - {"", SYSTEM}
    grants = (g for g in by.grants if g.holds("releaser", release.department, today))
    if by.id in involved or not any(_is_free(grant, involved) for grant in grants):
        raise NotAllowed(
            "a second person has to release this: who worked on it or decided on its findings may not",
            where=release.id,
            hint="Ask another releaser of the department.",
            code="four_eyes",
        )


def _is_free(grant: Grant, involved: Iterable[str]) -> bool:
    return not grant.deputy_for or grant.deputy_for not in set(involved)


def _check_conditions(release: Release, step: Step, by: Person | None, now: datetime) -> None:
    if step.action in ("refuse", "withdraw", "decide") and by is not None and not step.reason.strip():
        raise NotAllowed(
            "a reason is needed", where=release.id, hint="Write in a sentence why.", code="reason"
        )
    if step.action in ("approve", "publish"):
        _check_ready(release)
    if step.action == "approve" and by is None and not is_overdue(release, now):
        raise NotAllowed("it waits for a person until its deadline", where=release.id)


def _check_ready(release: Release) -> None:
    """Nothing goes on whose bytes or description are not those that were checked."""
    if release.checked_for != release_fingerprint(release):
        raise NotAllowed(
            "it was changed since it was checked",
            where=release.id,
            hint="Check it again first.",
            code="changed_since",
        )
    if release.failed_checks:
        raise NotAllowed(
            "a check failed that must not",
            where=release.id,
            hint=release.failed_checks[0].detail,
            code="check_failed",
        )
    if release.open_findings:
        found = release.open_findings[0]
        raise NotAllowed(
            f"nobody has decided on what was found: {found.kind} in {found.column or 'the table'}",
            where=release.id,
            hint="Leave the column out, or decide with a reason.",
            code="undecided",
        )


def checked(
    release: Release,
    checks: tuple[Check, ...],
    findings: tuple[GuardFinding, ...],
    rows: int | None,
    deadline: datetime | None,
) -> Release:
    """The release with what its checks found; only of a release that is (or was held and so is) being checked."""
    return replace(
        release,
        checks=checks,
        findings=findings,
        rows=rows,
        deadline=deadline,
        checked_for=release_fingerprint(release),
        work="",
    )


def is_overdue(release: Release, now: datetime) -> bool:
    """True when the deadline passed and nothing stands against opening by default."""
    return (
        release.state == "checked"
        and release.deadline is not None
        and now >= release.deadline
        and not any(found.blocking for found in release.findings)
    )


def deadline_of(rules: ReleaseRules, checked: datetime) -> datetime | None:
    """When what was checked opens by default; None when it never does."""
    return checked + timedelta(days=rules.open_after_days) if rules.open_after_days > 0 else None


def release_fingerprint(release: Release) -> str:
    """What the checks were made for: the bytes and the description, by their hash and text."""
    return f"{release.raw}|{release.definition!r}"


def _with_traces(release: Release, action: Action, who: str) -> Release:
    if action in ("fill", "describe", "check", "decide") and who != SYSTEM:
        release = replace(release, involved=tuple(dict.fromkeys((*release.involved, who))))
    if action in ("fill", "describe"):
        described = who if action == "describe" else release.described_by
        # A decision was on what was found then; other bytes or words are found in anew.
        return replace(
            release,
            described_by=described,
            checked_for="",
            checks=(),
            findings=(),
            decisions=(),
            approved_by="",
        )
    if action == "approve":
        return replace(release, approved_by=who)
    return replace(release, approved_by="") if action == "check" else release


def may_decide(person: Person, kind: str, department: str, today: date) -> bool:
    """True when the person may decide on findings of this kind."""
    roles: tuple[Role, ...] = ("privacy_officer",) if kind in PRIVATE_KINDS else ROLES_FOR["decide"]
    return person.may_one_of(roles, department, today)
