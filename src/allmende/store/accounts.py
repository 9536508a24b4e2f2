"""Passwords (as hashes), links to set them, and sign-ins, in the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, delete, insert, or_, select, update

from allmende.model.account import IDLE, LONGEST, SignIn
from allmende.model.audit import Entry
from allmende.store.account_tables import LINK, PASSWORD, SIGN_IN
from allmende.store.people import append


class SqlAccounts:
    """The Accounts port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def password(self, person: str) -> str:
        """The hash of a person's password; empty when they have none."""
        with self._engine.connect() as db:
            return db.scalar(select(PASSWORD.c.hash).where(PASSWORD.c.person == person)) or ""

    def set_password(self, person: str, hash_: str, at: datetime, entry: Entry) -> None:
        """A new password; it ends every sign-in of the person and every link to set one."""
        with self._engine.begin() as db:
            for table in (PASSWORD, LINK, SIGN_IN):
                db.execute(delete(table).where(table.c.person == person))
            db.execute(insert(PASSWORD).values(person=person, hash=hash_, changed=at))
            append(db, entry)

    def rehash(self, person: str, hash_: str) -> None:
        """The same password under stronger parameters."""
        with self._engine.begin() as db:
            db.execute(update(PASSWORD).where(PASSWORD.c.person == person).values(hash=hash_))

    def add_link(self, hash_: str, person: str, expires: datetime, entry: Entry) -> None:
        """A link to set a password; it takes the place of an older one."""
        with self._engine.begin() as db:
            db.execute(delete(LINK).where(LINK.c.person == person))
            db.execute(insert(LINK).values(hash=hash_, person=person, expires=expires))
            append(db, entry)

    def person_of_link(self, hash_: str, now: datetime) -> str:
        """The id of the person whom a link is for; empty when it is not known or over."""
        query = select(LINK.c.person).where(LINK.c.hash == hash_, LINK.c.expires > now)
        with self._engine.connect() as db:
            return db.scalar(query) or ""

    def sign_in(self, sign_in: SignIn, entry: Entry) -> None:
        """A new sign-in; those that are over are forgotten."""
        with self._engine.begin() as db:
            db.execute(delete(SIGN_IN).where(_over(sign_in.started)))
            db.execute(
                insert(SIGN_IN).values(
                    hash=sign_in.hash, person=sign_in.person, started=sign_in.started, used=sign_in.used
                )
            )
            append(db, entry)

    def signed_in(self, hash_: str) -> SignIn | None:
        """The sign-in with that hash, also when it is over; None when there is none."""
        with self._engine.connect() as db:
            row = db.execute(select(SIGN_IN).where(SIGN_IN.c.hash == hash_)).first()
        return SignIn(**row._mapping) if row else None

    def use(self, hash_: str, at: datetime) -> None:
        """A sign-in was used."""
        with self._engine.begin() as db:
            db.execute(update(SIGN_IN).where(SIGN_IN.c.hash == hash_).values(used=at))

    def sign_out(self, hash_: str) -> None:
        """End one sign-in."""
        with self._engine.begin() as db:
            db.execute(delete(SIGN_IN).where(SIGN_IN.c.hash == hash_))

    def sign_out_everywhere(self, person: str) -> None:
        """End every sign-in of a person."""
        with self._engine.begin() as db:
            db.execute(delete(SIGN_IN).where(SIGN_IN.c.person == person))


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(SIGN_IN.c.started < now - LONGEST, SIGN_IN.c.used < now - IDLE)
