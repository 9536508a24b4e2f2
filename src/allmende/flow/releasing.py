"""What people do with releases and datasets: decide, approve, refuse, withdraw, show again.

Who may do what is asked here, before anything is changed; every step is in the release's history and in the
audit log.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from allmende.catalogue.lineage import Lineage
from allmende.errors import NotAllowed, NotFound
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.audit import Entry
from allmende.model.guard import Decision
from allmende.model.person import ROLES, Person, Role
from allmende.model.release import (
    ROLES_FOR,
    Action,
    Release,
    ReleaseStep,
    Step,
    advance,
    may_decide,
)
from allmende.model.standing import Shown, Standing
from allmende.model.withdrawal import Incident

_WATCHING: tuple[Role, ...] = tuple(role for role in ROLES if role != "administrator")


class Releasing:
    """One city's releases, for people. What a person may not see is not there."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._releases = workspace.store.releases

    def seen_by(self, person: Person) -> tuple[Release, ...]:
        """All releases of departments in which the person has a role, newest first."""
        return tuple(one for one in self._releases.of_departments(None) if self._sees(person, one.department))

    def get(self, person: Person, release: str) -> Release:
        """One release. Raises NotFound."""
        found = self._releases.get(release)
        if not self._sees(person, found.department):
            raise NotFound(f"there is no release {release!r}", where=release)
        return found

    def history(self, person: Person, release: str) -> tuple[ReleaseStep, ...]:
        """Its steps, oldest first. Raises NotFound."""
        return self._releases.steps(self.get(person, release).id)

    def decide(
        self, person: Person, release: str, revision: int, kind: str, column: str, reason: str
    ) -> Release:
        """Decide that a finding is no obstacle. Raises NotAllowed, Conflict, NotFound."""
        found = self.get(person, release)
        if not any(one.subject == (kind, column) for one in found.findings):
            raise NotFound(
                f"nothing of the kind {kind!r} was found in {column or 'the table'}", where=release
            )
        if not may_decide(person, kind, found.department, self._today()):
            raise NotAllowed(f"on {kind} the privacy officer decides", where=release, code="privacy_officer")
        after = self._advanced(found, Step("decide", revision, reason), person)
        decision = Decision(kind, column, reason, person.id, self._now())
        decided = replace(after, decisions=(*_others(after, kind, column), decision))
        return self._saved(decided, revision, person, "decide", f"{kind} in {column}: {reason}")

    def approve(self, person: Person, release: str, revision: int, reason: str = "") -> Release:
        """Approve; the next run publishes it. Raises NotAllowed, Conflict, NotFound."""
        return self._step(person, release, revision, "approve", reason)

    def refuse(self, person: Person, release: str, revision: int, reason: str) -> Release:
        """Refuse; the last version stays public. Raises NotAllowed, Conflict, NotFound."""
        return self._step(person, release, revision, "refuse", reason)

    def withdraw(self, person: Person, dataset: str, reason: str) -> Incident:
        """Take a dataset back: gone for everyone at once, with all that is made from it.

        Raises NotAllowed, NotFound.
        """
        self._check_role(person, dataset, ROLES_FOR["withdraw"], reason)
        incident = self._incident(person, dataset, reason)
        ended = [
            self._ended(one, person, reason)
            for one in self._releases.of_dataset(dataset)
            if one.state in ("published", "superseded")
        ]
        standing = self._standing(dataset, "withdrawn")
        self._releases.withdraw(standing, incident, ended, self._entry(person, "withdraw", dataset, reason))
        self._workspace.current_city()
        return incident

    def show_again(self, person: Person, dataset: str, reason: str) -> None:
        """Show a withdrawn dataset again; not by who withdrew it. Raises NotAllowed, NotFound."""
        self._check_role(person, dataset, ROLES_FOR["approve"], reason, gone=True)
        last = next((one for one in self._releases.incidents() if one.dataset == dataset), None)
        if last is not None and last.actor == person.id:
            raise NotAllowed(
                "who withdrew it may not show it again alone", where=dataset, code="withdrew_alone"
            )
        self._releases.stand(self._standing(dataset, last.before if last else "released"))
        self._workspace.store.people.tell(self._entry(person, "show_again", dataset, reason))
        self._workspace.current_city()

    def incidents(self, person: Person) -> tuple[Incident, ...]:
        """The records of withdrawals in the person's departments, newest first."""
        known = self._workspace.city.datasets
        return tuple(
            one
            for one in self._releases.incidents()
            if one.dataset in known and self._sees(person, known[one.dataset].department)
        )

    # --- inside ---

    def _step(self, person: Person, release: str, revision: int, action: Action, reason: str) -> Release:
        found = self.get(person, release)
        after = self._advanced(found, Step(action, revision, reason), person)
        return self._saved(after, revision, person, action, reason)

    def _advanced(self, release: Release, step: Step, person: Person) -> Release:
        return advance(release, step, person, self._now(), self._today())

    def _saved(self, after: Release, before: int, person: Person, action: Action, reason: str) -> Release:
        step = ReleaseStep(after.id, 0, self._now(), person.id, action, after.state, reason)
        self._releases.save(after, before, step)
        return after

    def _check_role(
        self, person: Person, dataset: str, roles: tuple[Role, ...], reason: str, gone: bool = False
    ) -> None:
        found = self._workspace.city.datasets.get(dataset)
        if found is None or not self._sees(person, found.department):
            raise NotFound(f"there is no dataset {dataset!r}", where=dataset)
        if (found.access is Access.WITHDRAWN) is not gone:
            raise NotAllowed("it is withdrawn" if not gone else "it is not withdrawn", where=dataset)
        if not person.may_one_of(roles, found.department, self._today()):
            raise NotAllowed(
                f"this needs the role {' or '.join(roles)} in {found.department or 'the city'}",
                where=dataset,
                code="role",
            )
        if not reason.strip():
            raise NotAllowed(
                "a reason is needed", where=dataset, hint="Write in a sentence why.", code="reason"
            )

    def _incident(self, person: Person, dataset: str, reason: str) -> Incident:
        store, city = self._workspace.store, self._workspace.city
        versions = [v for v in store.versions(dataset) if v.access < Access.INTERNAL]
        users = Lineage(city, store).used_by(dataset)
        return Incident(
            secrets.token_hex(6), dataset, self._now(), person.id, reason,
            tuple(v.number for v in versions), min((v.created for v in versions), default=None),
            (*users.datasets, *users.indicators, *users.stories),
            before=known.shown if (known := self._known(dataset)) else "released",
        )  # fmt: skip

    def _ended(self, release: Release, person: Person, reason: str) -> tuple[Release, int, ReleaseStep]:
        after = self._advanced(release, Step("withdraw", release.revision, reason), person)
        step = ReleaseStep(after.id, 0, self._now(), person.id, "withdraw", after.state, reason)
        return after, release.revision, step

    def _known(self, dataset: str) -> Standing | None:
        return next((one for one in self._releases.standings() if one.dataset == dataset), None)

    def _standing(self, dataset: str, shown: Shown) -> Standing:
        known = self._known(dataset)
        return Standing(dataset, shown, known.definition if known else None)

    def _entry(self, person: Person, action: str, subject: str, detail: str) -> Entry:
        return Entry(0, self._now(), person.id, action, subject, detail)

    def _sees(self, person: Person, department: str) -> bool:
        return person.may_one_of(_WATCHING, department, self._today())

    def _now(self) -> datetime:
        return self._workspace.clock.now()

    def _today(self) -> date:
        return self._now().astimezone(ZoneInfo(self._workspace.city.time_zone)).date()


def _others(release: Release, kind: str, column: str) -> tuple[Decision, ...]:
    return tuple(one for one in release.decisions if (one.kind, one.column) != (kind, column))
