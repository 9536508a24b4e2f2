"""What becomes of a kept message when it is read again: its status and reason, and the ids of its values."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, update

from allmende.model.message import Arrival
from allmende.store.thing_tables import MESSAGE, MESSAGE_KEY


def settle_messages(db: Connection, arrivals: Iterable[Arrival]) -> None:
    """Write down the new status of messages that were read again, in the transaction of their values.

    A message that is sent once more is then answered with the ids it has now.
    """
    for arrival in arrivals:
        if arrival.reread is None:
            continue
        db.execute(
            update(MESSAGE)
            .where(MESSAGE.c.id == arrival.reread)
            .values(status=arrival.status, reason=arrival.reason, device=arrival.device)
        )
        if arrival.observations:
            ids = [row.id for row in arrival.observations]
            db.execute(
                update(MESSAGE_KEY)
                .where(MESSAGE_KEY.c.message_id == arrival.reread, MESSAGE_KEY.c.count == 0)
                .values(first_id=ids[0], count=len(ids))
            )
