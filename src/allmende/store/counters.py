"""Ids: blocks of numbers taken inside the transaction that uses them."""

from __future__ import annotations

from sqlalchemy import Connection, update

from allmende.store.thing_tables import COUNTER


def take_ids(db: Connection, name: str, number: int = 1) -> int:
    """The first of `number` fresh ids of a kind.

    The counter's row stays locked until the transaction ends, so ids are committed in their order.
    """
    query = (
        update(COUNTER)
        .where(COUNTER.c.name == name)
        .values(next=COUNTER.c.next + number)
        .returning(COUNTER.c.next)
    )
    after: int = db.execute(query).scalar_one()
    return after - number
