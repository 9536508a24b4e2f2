"""The use ledger: sums by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Engine, func, insert, select, update

from allmende.model.use import Use
from allmende.store.use_tables import USE


class SqlUseLedger:
    """The UseLedger port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, counted: Iterable[Use]) -> None:
        """Add sums to those that are there."""
        with self._engine.begin() as db:
            for one in counted:
                where = (
                    USE.c.subject == one.subject,
                    USE.c.day == one.day,
                    USE.c.channel == one.channel,
                    USE.c.robot == one.robot,
                )
                more = update(USE).where(*where).values(count=USE.c.count + one.count)
                if not db.execute(more).rowcount:
                    db.execute(
                        insert(USE).values(
                            subject=one.subject,
                            day=one.day,
                            channel=one.channel,
                            robot=one.robot,
                            count=one.count,
                        )
                    )

    def of(self, subject: str, since: date) -> tuple[Use, ...]:
        """The sums of something from a day on, oldest first."""
        query = (
            select(USE).where(USE.c.subject == subject, USE.c.day >= since).order_by(USE.c.day, USE.c.channel)
        )
        with self._engine.connect() as db:
            return tuple(Use(**row._mapping) for row in db.execute(query))

    def total(self) -> int:
        """Everything that was ever counted."""
        with self._engine.connect() as db:
            return int(db.scalar(select(func.coalesce(func.sum(USE.c.count), 0))) or 0)
