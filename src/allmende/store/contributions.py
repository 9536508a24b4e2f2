"""Contributions in the store, kept apart until somebody has read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, func, insert, select, update

from allmende.errors import NotFound
from allmende.model.audit import Entry
from allmende.model.contribution import Contribution, ContributionState
from allmende.store.people import append
from allmende.store.public_tables import CONTRIBUTION

_OF = CONTRIBUTION.c


class SqlContributions:
    """The Contributions port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, given: Iterable[Contribution]) -> None:
        """New contributions, all of them or none."""
        rows = [asdict(one) | {"cells": json.dumps(dict(one.cells), ensure_ascii=False)} for one in given]
        if rows:
            with self._engine.begin() as db:
                db.execute(insert(CONTRIBUTION), rows)

    def of_secret(self, secret: str) -> tuple[Contribution, ...]:
        """The contributions whose link has this hash. Raises NotFound."""
        found = self._read(_OF.secret == secret) if secret else ()
        if not found:
            raise NotFound("there is no such contribution", where="contribution")
        return found

    def given_by(self, key: str, dataset: str) -> tuple[Contribution, ...]:
        """What came with a key, oldest first."""
        return self._read(_OF.given_by == key, _OF.dataset == dataset) if key else ()

    def of_dataset(self, dataset: str, state: ContributionState) -> tuple[Contribution, ...]:
        """The contributions to a collection in a state, oldest first."""
        return self._read(_OF.dataset == dataset, _OF.state == state)

    def waiting(self) -> dict[str, int]:
        """How many wait, by collection."""
        query = select(_OF.dataset, func.count()).where(_OF.state == "waiting").group_by(_OF.dataset)
        with self._engine.connect() as db:
            return {str(dataset): int(count) for dataset, count in db.execute(query)}

    def decide(
        self, ids: Iterable[str], state: ContributionState, reason: str, at: datetime, entry: Entry
    ) -> int:
        """Accept or reject those of them that still wait; how many they were."""
        here = (_OF.id.in_(tuple(ids)), _OF.state == "waiting")
        with self._engine.begin() as db:
            changed = db.execute(
                update(CONTRIBUTION).where(*here).values(state=state, reason=reason, decided=at)
            ).rowcount
            if changed:
                append(db, entry)
        return changed

    def _read(self, *conditions: Any) -> tuple[Contribution, ...]:
        query = select(CONTRIBUTION).where(*conditions).order_by(_OF.made, _OF.id)
        with self._engine.connect() as db:
            return tuple(_contribution(row._mapping) for row in db.execute(query))


def _contribution(row: RowMapping) -> Contribution:
    return Contribution(**{**row, "cells": json.loads(row["cells"])})
