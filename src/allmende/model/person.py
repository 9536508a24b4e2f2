"""People who work with the city's data, and the roles they have in its departments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from allmende.model.text import Text

Role = Literal["reader", "contributor", "steward", "releaser", "privacy_officer", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
EVERY_DEPARTMENT = "*"


@dataclass(frozen=True, slots=True)
class Department:
    """An office of the city that answers for data. `id` is its name in files and grants."""

    id: str
    title: Text
    email: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a department (`*` is all of them), perhaps for a time only.

    `until` is the last day on which it holds. `deputy_for` is the id of the person who is stood in for.
    """

    role: Role
    department: str
    until: date | None = None
    deputy_for: str = ""

    def holds(self, role: Role, department: str, today: date) -> bool:
        """True when this grant gives `role` in `department` on the day `today`."""
        in_time = self.until is None or today <= self.until
        return in_time and self.role == role and self.department in (department, EVERY_DEPARTMENT)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `name` is what they sign in with, `title` what others read.

    `subject` is who they are to the city's sign-in service (issuer and subject), empty for a local account.
    A closed account keeps its name in the history, and may do nothing.
    """

    id: str
    name: str
    title: str
    email: str = ""
    grants: tuple[Grant, ...] = ()
    created: datetime | None = None
    closed: datetime | None = None
    subject: str = ""

    def may(self, role: Role, department: str, today: date) -> bool:
        """True when the person has `role` in `department` on the day `today`. Default closed."""
        return self.closed is None and any(grant.holds(role, department, today) for grant in self.grants)

    def may_one_of(self, roles: Iterable[Role], department: str, today: date) -> bool:
        """True when the person has at least one of the roles."""
        return any(self.may(role, department, today) for role in roles)
