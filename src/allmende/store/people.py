"""People and their roles, and the audit log, in the store. Whatever is written of people is told in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, desc, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from allmende.errors import Conflict, NotFound
from allmende.model.audit import BEGINNING, Entry, hash_of
from allmende.model.person import Grant, Person
from allmende.store.people_tables import AUDIT, PERSON, PERSON_GRANT

_NO_LEAP = 1_000


class SqlPeople:
    """The People port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, person: Person, entry: Entry) -> None:
        """A new person. Raises Conflict when the name is taken."""
        values = {
            f: getattr(person, f) for f in ("id", "name", "title", "email", "subject", "created", "closed")
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(PERSON).values(**values))
                append(db, entry)
        except IntegrityError as error:
            raise Conflict(f"there is a person {person.name!r} already", where=person.name) from error
        for grant in person.grants:
            self.grant(person.id, grant, replace(entry, action="grant", detail=_said(grant)))

    def close(self, person: str, at: datetime, entry: Entry) -> None:
        """The person may do nothing from now on."""
        with self._engine.begin() as db:
            db.execute(update(PERSON).where(PERSON.c.id == person).values(closed=at))
            append(db, entry)

    def grant(self, person: str, grant: Grant, entry: Entry) -> None:
        """Give a role; one that is there gets its new last day."""
        with self._engine.begin() as db:
            db.execute(delete(PERSON_GRANT).where(*_same(person, grant)))
            db.execute(insert(PERSON_GRANT).values(person=person, **asdict(grant)))
            append(db, entry)

    def revoke(self, person: str, grant: Grant, entry: Entry) -> None:
        """Take a role away. Raises NotFound when it was not given."""
        with self._engine.begin() as db:
            if not db.execute(delete(PERSON_GRANT).where(*_same(person, grant))).rowcount:
                raise NotFound(f"there is no role {grant.role} in {grant.department}", where=person)
            append(db, entry)

    def called(self, name: str) -> Person:
        """The person who signs in as `name`. Raises NotFound."""
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            raise NotFound(f"there is no person {name!r}", hint="`allmende person CITY list` names all.")
        return found

    def get(self, id_: str) -> Person:
        """The person with that id. Raises NotFound."""
        found = next((one for one in self.all() if one.id == id_), None)
        if found is None:
            raise NotFound("there is no such person", where=id_)
        return found

    def of_subject(self, subject: str) -> Person | None:
        """The person whom the city's sign-in service knows by this subject; None when nobody is."""
        return next((one for one in self.all() if subject and one.subject == subject), None)

    def all(self) -> tuple[Person, ...]:
        """Everybody, by name; also those whose account is closed."""
        with self._engine.connect() as db:
            people = db.execute(select(PERSON).order_by(PERSON.c.name)).all()
            grants = db.execute(
                select(PERSON_GRANT).order_by(PERSON_GRANT.c.role, PERSON_GRANT.c.department)
            ).all()
        given: dict[str, list[Grant]] = {}
        for row in grants:
            given.setdefault(row.person, []).append(
                Grant(row.role, row.department, row.until, row.deputy_for)
            )
        return tuple(Person(**row._mapping, grants=tuple(given.get(row.id, ()))) for row in people)

    # --- the audit log ---

    def tell(self, entry: Entry) -> None:
        """Append an entry; its number and hashes are made here."""
        with self._engine.begin() as db:
            append(db, entry)

    def audit(self) -> Iterator[Entry]:
        """Every entry, the oldest first."""
        last = 0
        while True:
            query = select(AUDIT).where(AUDIT.c.number > last).order_by(AUDIT.c.number).limit(_NO_LEAP)
            with self._engine.connect() as db:
                rows = db.execute(query).all()
            yield from (Entry(**row._mapping) for row in rows)
            if len(rows) < _NO_LEAP:
                return
            last = rows[-1].number


def append(db: Connection, entry: Entry) -> None:
    """Append to the chain within a transaction, so that what is told and what is done are kept together.

    One writer at a time: PostgreSQL locks the table, SQLite has one writer anyway (and its transaction
    must have begun with a write or will, at the insert, see that the number is taken).
    """
    if db.dialect.name == "postgresql":
        db.execute(text("lock table audit in exclusive mode"))
    last = db.execute(select(AUDIT.c.number, AUDIT.c.hash).order_by(desc(AUDIT.c.number)).limit(1)).first()
    numbered = replace(
        entry, number=(last.number if last else 0) + 1, previous=last.hash if last else BEGINNING
    )
    db.execute(insert(AUDIT).values(**asdict(replace(numbered, hash=hash_of(numbered)))))


def _same(person: str, grant: Grant) -> tuple[ColumnElement[bool], ...]:
    columns = PERSON_GRANT.c
    return (
        columns.person == person,
        columns.role == grant.role,
        columns.department == grant.department,
        columns.deputy_for == grant.deputy_for,
    )


def _said(grant: Grant) -> str:
    until = f" until {grant.until}" if grant.until else ""
    return f"{grant.role}:{grant.department}{until}" + (
        f" for {grant.deputy_for}" if grant.deputy_for else ""
    )
