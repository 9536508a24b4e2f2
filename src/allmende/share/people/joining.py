"""From an identity of the sign-in service to a person of the portal: found, added, and given the roles of its groups."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from allmende.errors import Conflict
from allmende.model.audit import Entry
from allmende.model.person import Grant, Person
from allmende.ports import People
from allmende.share.people.openid import Identity, OpenIdSettings

WHO = "openid"


def join(identity: Identity, settings: OpenIdSettings, people: People, now: datetime) -> Person:
    """The person of an identity. Who comes for the first time is added, with no role but those of their groups.

    People are known by issuer and subject only: a name or an e-mail address of somebody else opens nothing.
    """
    person = people.of_subject(identity.subject) or _added(identity, people, now)
    if person.closed is None:
        _follow_groups(person, identity, settings, people, now)
    return people.get(person.id)


def _added(identity: Identity, people: People, now: datetime) -> Person:
    made = Person(
        secrets.token_hex(6), identity.name, identity.title, identity.email, (), now, subject=identity.subject
    )
    for name in (identity.name, f"{identity.name[:60]}-{secrets.token_hex(3)}"):
        try:
            found = replace(made, name=name)
            people.add(found, Entry(0, now, WHO, "add", f"person:{made.id}", name))
        except Conflict:
            continue  # a local account has this name; it stays that of its owner
        return found
    raise Conflict("this name is taken", where=identity.name)


def _follow_groups(
    person: Person, identity: Identity, settings: OpenIdSettings, people: People, now: datetime
) -> None:
    """Roles that groups give are given and taken with the groups; others are the administrator's."""
    wanted = {_rule(grant) for group, grant in settings.roles if group in identity.groups}
    held = {_rule(grant) for grant in person.grants}
    for grant in dict.fromkeys(grant for _, grant in settings.roles):
        rule = _rule(grant)
        if rule in wanted and rule not in held:
            people.grant(person.id, grant, _entry("grant", person, grant, now))
        elif rule in held and rule not in wanted:
            people.revoke(person.id, grant, _entry("revoke", person, grant, now))


def _rule(grant: Grant) -> tuple[str, str, str]:
    """What a grant is about; a last day that the administrator set stays as it is."""
    return grant.role, grant.department, grant.deputy_for


def _entry(action: str, person: Person, grant: Grant, now: datetime) -> Entry:
    return Entry(0, now, WHO, action, f"person:{person.id}", f"{grant.role}:{grant.department}")
