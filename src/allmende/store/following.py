"""Following the ids: larger ids were committed later, so who remembers the last one misses none."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select

from allmende.model.observation import Observation
from allmende.store.thing_tables import COUNTER, OBSERVATION

_TABLE = OBSERVATION.c


def newest_id(engine: Engine) -> int:
    """The id of the observation that was stored last; 0 when there is none."""
    with engine.connect() as db:
        next_id = db.scalar(select(COUNTER.c.next).where(COUNTER.c.name == "observation"))
    return (next_id or 1) - 1


def since(
    engine: Engine, observation_id: int, datastreams: Collection[int] | None, limit: int
) -> list[Observation]:
    """Hot current observations with larger ids, in the order of ids."""
    query = select(OBSERVATION).where(_TABLE.id > observation_id, _TABLE.superseded_at.is_(None))
    if datastreams is not None:
        # Not the bare column: it would lead along whole series instead of along the new ids.
        query = query.where((_TABLE.datastream_id + 0).in_(sorted(datastreams)))
    with engine.connect() as db:
        return [Observation(*row) for row in db.execute(query.order_by(_TABLE.id).limit(limit))]
