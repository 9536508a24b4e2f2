"""Which raw messages are old enough to leave the store, and where those are that left it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from allmende.model.message import KeptMessage
from allmende.store.observations import kept_message
from allmende.store.thing_tables import MESSAGE, SEGMENT


class SegmentRows:
    """The SQL side of moving messages. What is quarantined stays, to be read again by a mended decoder."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def old(self, before: int, limit: int) -> tuple[KeptMessage, ...]:
        """Messages received before a moment (microseconds since 1970), by number."""
        query = (
            select(MESSAGE)
            .where(MESSAGE.c.received_at < before, MESSAGE.c.status != "quarantined")
            .order_by(MESSAGE.c.id)
            .limit(limit)
        )
        with self._engine.connect() as db:
            return tuple(kept_message(row) for row in db.execute(query))

    def moved(self, sha256: str, messages: tuple[KeptMessage, ...]) -> None:
        """Record the segment and delete its messages, in one transaction."""
        ids = [kept.id for kept in messages]
        row = {
            "sha256": sha256,
            "first_id": ids[0],
            "last_id": ids[-1],
            "count": len(ids),
            "created": datetime.now(UTC),
        }
        with self._engine.begin() as db:
            db.execute(insert(SEGMENT).values(**row))
            for start in range(0, len(ids), 500):
                db.execute(delete(MESSAGE).where(MESSAGE.c.id.in_(ids[start : start + 500])))

    def holding(self, message_id: int) -> tuple[str, ...]:
        """The raw files that may hold a message."""
        query = select(SEGMENT.c.sha256).where(
            SEGMENT.c.first_id <= message_id, SEGMENT.c.last_id >= message_id
        )
        with self._engine.connect() as db:
            return tuple(db.scalars(query))

    def files(self) -> frozenset[str]:
        """All raw files that are segments."""
        with self._engine.connect() as db:
            return frozenset(db.scalars(select(SEGMENT.c.sha256)))
