"""Signing in and out: from a name and a password to a secret in the browser, and back to the person.

A secret has 256 random bits; the store keeps its SHA-256. It is made anew with every sign-in. What a person may
do is asked again with every request, so a role that is taken away is gone with the next one.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from allmende.errors import NotAllowed, NotFound, TooOften
from allmende.model.access import Access, Principal, Scope
from allmende.model.account import LINK_LASTS, SignIn
from allmende.model.audit import Entry
from allmende.model.city import City
from allmende.model.person import ROLES, Person, Role
from allmende.ports import Clock, Store
from allmende.share.people.limits import Limit
from allmende.share.people.passwords import hash_password, is_outdated, is_right, weakness
from allmende.share.principals import hash_of

_log = logging.getLogger(__name__)
_TOUCH = timedelta(minutes=1)
READING: tuple[Role, ...] = tuple(role for role in ROLES if role != "administrator")
"""Roles that see the data of their department. Administrators look after people, not after data."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who signed in. `csrf` stands in each of their forms, and nobody else can know it."""

    person: Person
    hash: str
    csrf: str


class WeakPassword(NotAllowed):
    """A new password that cannot be taken; `weakness` names why (short, long, known)."""

    def __init__(self, found: str) -> None:
        super().__init__("this password is too weak", hint="Take a longer one, like a few words.")
        self.weakness = found


class SigningIn:
    """Knows people by their passwords and sign-ins."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._people = store.people
        self._accounts = store.accounts
        self._clock = clock
        # Somebody who guesses from one line, and guesses at one account from many lines.
        self._here = Limit(10, 600.0)
        self._anywhere = Limit(50, 3_600.0)
        self._from = Limit(60, 600.0)

    def sign_in(self, name: str, password: str, network: str = "") -> str:
        """The secret of a new sign-in. Raises NotAllowed, the same for a wrong name and a wrong password, and
        TooOften."""
        self._check_tries(name.casefold()[:120], network)
        person = self._called(name)
        known = self._accounts.password(person.id) if person else ""
        if not is_right(known, password) or person is None:
            _log.warning("a sign-in failed")
            raise NotAllowed("this name or this password is not right", code="wrong_password")
        self._here.clear(f"{network} {name.casefold()[:120]}")
        if is_outdated(known):
            self._accounts.rehash(person.id, hash_password(password))
        return self.open(person, "password")

    def open(self, person: Person, how: str) -> str:
        """The secret of a new sign-in of a person who was recognised by other means. Raises NotAllowed."""
        if person.closed is not None:
            raise NotAllowed("this account is closed")
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        entry = Entry(0, now, person.id, "sign_in", f"person:{person.id}", how)
        self._accounts.sign_in(SignIn(hash_of(secret), person.id, now, now), entry)
        return secret

    def of(self, secret: str) -> SignedIn | None:
        """Who has this secret; None when it is not known, over, or the account is closed."""
        if not secret:
            return None
        now, found = self._clock.now(), self._accounts.signed_in(hash_of(secret))
        if found is None or not found.holds(now):
            return None
        person = self._people.get(found.person)
        if person.closed is not None:
            return None
        if now - found.used > _TOUCH:
            self._accounts.use(found.hash, now)
        return SignedIn(person, found.hash, hashlib.sha256(f"form:{secret}".encode()).hexdigest())

    def sign_out(self, signed: SignedIn) -> None:
        """End this sign-in."""
        self._accounts.sign_out(signed.hash)

    def make_link(self, person: Person, by: str) -> str:
        """The secret of a link with which the person sets a password; an older link no longer works."""
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        entry = Entry(0, now, by, "password_link", f"person:{person.id}", "")
        self._accounts.add_link(hash_of(secret), person.id, now + LINK_LASTS, entry)
        return secret

    def person_of_link(self, secret: str) -> Person:
        """Whom a link is for. Raises NotFound when it is not known, over or was used."""
        found = self._accounts.person_of_link(hash_of(secret), self._clock.now())
        person = self._people.get(found) if found else None
        if person is None or person.closed is not None:
            raise NotFound("this link is not known, or is over", hint="Ask the administrator for a new one.")
        return person

    def set_password(self, secret: str, password: str) -> Person:
        """Set the password of the person whom a link is for. Raises NotFound, WeakPassword."""
        person = self.person_of_link(secret)
        found = weakness(password, person.name)
        if found:
            raise WeakPassword(found)
        now = self._clock.now()
        entry = Entry(0, now, person.id, "set_password", f"person:{person.id}", "")
        self._accounts.set_password(person.id, hash_password(password), now, entry)
        return person

    def _check_tries(self, name: str, network: str) -> None:
        """In this order: what one line is refused must not count against the account, or anybody could lock
        its owner out."""
        asked = ((self._from, network), (self._here, f"{network} {name}"), (self._anywhere, name))
        if not all(limit.allows(key) for limit, key in asked):
            raise TooOften("this was tried too often", hint="Wait ten minutes, then try again.")

    def _called(self, name: str) -> Person | None:
        try:
            return self._people.called(name.strip())
        except NotFound:
            return None


def principal_of(person: Person, city: City, today: date) -> Principal:
    """What a person may read: open data, and all data of the departments in which they have a role."""
    scopes = tuple(
        Scope(Access.INTERNAL, dataset.id)
        for dataset in city.datasets.values()
        if person.may_one_of(READING, dataset.department, today)
    )
    return Principal("person", person.title, scopes, person=person)
