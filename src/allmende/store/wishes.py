"""Wishes for data in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Engine, desc, insert, select, update

from allmende.errors import Conflict, NotFound
from allmende.model.audit import Entry
from allmende.model.wish import Wish
from allmende.store.people import append
from allmende.store.public_tables import WISH


class SqlWishes:
    """The Wishes port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, wish: Wish) -> None:
        """A new wish."""
        with self._engine.begin() as db:
            db.execute(insert(WISH).values(**asdict(wish)))

    def save(self, wish: Wish, before: int, entry: Entry) -> None:
        """Write a wish over its revision `before`. Raises Conflict when somebody was quicker."""
        here = (WISH.c.id == wish.id, WISH.c.revision == before)
        with self._engine.begin() as db:
            if not db.execute(update(WISH).where(*here).values(**asdict(wish))).rowcount:
                raise Conflict("somebody else has just changed this wish", where=wish.id, code="conflict")
            append(db, entry)

    def get(self, id_: str) -> Wish:
        """One wish. Raises NotFound."""
        return self._one(WISH.c.id == id_)

    def of_secret(self, secret: str) -> Wish:
        """The wish whose link has this hash. Raises NotFound."""
        return self._one(WISH.c.secret == secret)

    def in_states(self, states: Iterable[str]) -> tuple[Wish, ...]:
        """Wishes in these states, newest first."""
        query = select(WISH).where(WISH.c.state.in_(tuple(states))).order_by(desc(WISH.c.made), WISH.c.id)
        with self._engine.connect() as db:
            return tuple(Wish(**row._mapping) for row in db.execute(query))

    def _one(self, condition: object) -> Wish:
        with self._engine.connect() as db:
            row = db.execute(select(WISH).where(condition)).first()  # type: ignore[arg-type]
        if row is None:
            raise NotFound("there is no such wish", where="wish")
        return Wish(**row._mapping)
