"""Agreements in the store, and what was used of their quotas: counted before it is given, in one statement each.

So several processes together never give more than was agreed, and what was counted before a crash stays counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, text, update

from allmende.errors import NotFound
from allmende.model.agreement import Agreement, Delivery, Quota
from allmende.model.audit import Entry
from allmende.model.run import AccessKey
from allmende.store.agreement_tables import AGREEMENT, AGREEMENT_DELIVERY, AGREEMENT_KEY, AGREEMENT_USE
from allmende.store.bodies import plain, structured
from allmende.store.people import append
from allmende.store.tables import ACCESS_KEY

_BEGIN = text(
    "insert into agreement_use (agreement, counted, span, since, used)"
    " values (:agreement, :counted, :span, :since, 0) on conflict do nothing"
)


class _Full(Exception):
    """A quota does not hold so much; carries it."""

    def __init__(self, quota: Quota) -> None:
        super().__init__()
        self.quota = quota


class SqlAgreements:
    """The Agreements port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, agreement: Agreement, made: datetime, entry: Entry) -> None:
        """A new agreement, still without keys."""
        values = {"id": agreement.id, "party": agreement.party, "made": made, "body": _body(agreement)}
        with self._engine.begin() as db:
            db.execute(insert(AGREEMENT).values(**values))
            append(db, entry)

    def sign(self, id_: str, day: date, entry: Entry) -> None:
        """It holds from now on; the first signature counts. Raises NotFound."""
        self._change(id_, entry, lambda found: found if found.signed else replace(found, signed=day))

    def revoke(self, id_: str, at: datetime, because: str, entry: Entry) -> None:
        """It ends at once, with all its keys; the first revocation counts. Raises NotFound."""
        self._change(
            id_,
            entry,
            lambda found: found if found.revoked else replace(found, revoked=at, revoked_because=because),
        )

    def _change(self, id_: str, entry: Entry, change: Callable[[Agreement], Agreement]) -> None:
        with self._engine.begin() as db:
            # Writing first takes SQLite's only lock; PostgreSQL locks the row.
            db.execute(update(AGREEMENT).where(AGREEMENT.c.id == id_).values(id=id_))
            body = db.scalar(select(AGREEMENT.c.body).where(AGREEMENT.c.id == id_))
            if body is None:
                raise NotFound(f"there is no agreement {id_!r}", where=id_)
            changed = change(structured(body, Agreement))
            db.execute(update(AGREEMENT).where(AGREEMENT.c.id == id_).values(body=_body(changed)))
            append(db, entry)

    def bind(self, id_: str, key: AccessKey, entry: Entry) -> None:
        """A new key for the agreement. Raises NotFound."""
        self.get(id_)
        fields = {name: getattr(key, name) for name in AccessKey.__slots__}
        with self._engine.begin() as db:
            db.execute(insert(ACCESS_KEY).values(**fields | {"scopes": " ".join(key.scopes)}))
            db.execute(insert(AGREEMENT_KEY).values(key=key.id, agreement=id_))
            append(db, entry)

    def get(self, id_: str) -> Agreement:
        """The agreement with its keys. Raises NotFound."""
        found = self._agreements(AGREEMENT.c.id == id_)
        if not found:
            raise NotFound(f"there is no agreement {id_!r}", where=id_)
        return found[0]

    def of_key(self, key_id: str) -> Agreement | None:
        """The agreement that a key belongs to; None when it belongs to none."""
        wanted = select(AGREEMENT_KEY.c.agreement).where(AGREEMENT_KEY.c.key == key_id)
        return next(iter(self._agreements(AGREEMENT.c.id.in_(wanted))), None)

    def all(self) -> tuple[Agreement, ...]:
        """Every agreement ever made, the newest first."""
        return self._agreements()

    def _agreements(self, *where: ColumnElement[bool]) -> tuple[Agreement, ...]:
        query = select(AGREEMENT.c.body).where(*where).order_by(AGREEMENT.c.made.desc(), AGREEMENT.c.id)
        keys = select(AGREEMENT_KEY).order_by(AGREEMENT_KEY.c.key)
        with self._engine.connect() as db:
            found = [structured(body, Agreement) for body in db.scalars(query)]
            bound = [(row.agreement, row.key) for row in db.execute(keys)] if found else []
        return tuple(replace(one, keys=tuple(key for id_, key in bound if id_ == one.id)) for one in found)

    # --- what is given back ---

    def deliver(self, delivery: Delivery, entry: Entry) -> None:
        """Note that something was given back. Raises NotFound."""
        self.get(delivery.agreement)
        with self._engine.begin() as db:
            db.execute(insert(AGREEMENT_DELIVERY).values(**asdict(delivery)))
            append(db, entry)

    def deliveries(self, id_: str) -> tuple[Delivery, ...]:
        """What was given back, the oldest first."""
        table = AGREEMENT_DELIVERY
        columns = (table.c.agreement, table.c.gift, table.c.at, table.c.text)
        with self._engine.connect() as db:
            rows = db.execute(select(*columns).where(table.c.agreement == id_).order_by(table.c.id)).all()
        return tuple(Delivery(**row._mapping) for row in rows)

    # --- what is used ---

    def take(self, id_: str, amount: int, quotas: Sequence[tuple[Quota, date]]) -> Quota | None:
        """Count `amount` in every quota (with the first day of its span), or in none of them.

        The quota that does not hold so much; None when it was counted.
        """
        try:
            with self._engine.begin() as db:
                for quota, first in quotas:
                    _take(db, id_, amount, quota, first)
        except _Full as full:
            return full.quota
        return None

    def used(self, id_: str, quota: Quota, first: date) -> int:
        """How much was used of a quota in the span that begins on that day."""
        columns = AGREEMENT_USE.c
        query = select(columns.used).where(
            columns.agreement == id_,
            columns.counted == quota.counted,
            columns.span == quota.span,
            columns.since == first.isoformat(),
        )
        with self._engine.connect() as db:
            return db.scalar(query) or 0


def _take(db: Connection, id_: str, amount: int, quota: Quota, first: date) -> None:
    named = {"agreement": id_, "counted": quota.counted, "span": quota.span, "since": first.isoformat()}
    db.execute(_BEGIN, named)
    columns = AGREEMENT_USE.c
    where = [columns[name] == value for name, value in named.items()]
    counted = update(AGREEMENT_USE).where(*where, columns.used + amount <= quota.amount)
    if db.execute(counted.values(used=columns.used + amount)).rowcount != 1:
        raise _Full(quota)


def _body(agreement: Agreement) -> str:
    return json.dumps(plain(replace(agreement, keys=())), ensure_ascii=False, sort_keys=True)
