"""Releases, their history, and how datasets stand, in the store.

A release is written under the revision that was read: of two people who change the same, the second gets
Conflict. Every write that readers can see grows the generation, and the edition of the city.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, desc, func, insert, select, update

from allmende.errors import Conflict, NotFound
from allmende.model.audit import Entry
from allmende.model.release import Release, ReleaseStep
from allmende.model.standing import Definition, Shown, Standing
from allmende.model.withdrawal import Incident
from allmende.store.bodies import plain, structured
from allmende.store.people import append
from allmende.store.release_tables import INCIDENT, RELEASE, RELEASE_STEP, STANDING, UPLOAD
from allmende.store.tables import GENERATION

_CONTENT, _EDITION = 1, 2


class SqlReleases:
    """The Releases port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- releases ---

    def add(self, release: Release, step: ReleaseStep) -> None:
        """A new release with its first step."""
        with self._engine.begin() as db:
            db.execute(insert(RELEASE).values(**_row(release), id=release.id, look=""))
            _tell(db, step)

    def save(self, release: Release, before: int, step: ReleaseStep | None = None) -> None:
        """Write a release over its revision `before`, with the step that led there. Raises Conflict."""
        with self._engine.begin() as db:
            self._save(db, release, before, step)

    def publish(self, release: Release, before: int, step: ReleaseStep, standing: Standing) -> None:
        """Write a release and how its dataset stands from now on, at once. Raises Conflict."""
        with self._engine.begin() as db:
            self._save(db, release, before, step)
            _stand(db, standing)
            _grow(db)

    def withdraw(
        self,
        standing: Standing,
        incident: Incident,
        ended: Iterable[tuple[Release, int, ReleaseStep]],
        entry: Entry,
    ) -> None:
        """Close a dataset, end its releases (each over a revision), keep the record: all or nothing.

        Raises Conflict.
        """
        with self._engine.begin() as db:
            _stand(db, standing)
            _grow(db)
            for release, before, step in ended:
                self._save(db, release, before, step)
            _keep_incident(db, incident)
            append(db, entry)

    def _save(self, db: Connection, release: Release, before: int, step: ReleaseStep | None) -> None:
        where = (RELEASE.c.id == release.id, RELEASE.c.revision == before)
        if db.execute(update(RELEASE).where(*where).values(**_row(release))).rowcount != 1:
            raise Conflict("somebody else changed this in the meantime", where=release.id, code="conflict")
        if step is not None:
            _tell(db, step)

    def get(self, id_: str) -> Release:
        """The release; NotFound when there is none."""
        found = self._releases(RELEASE.c.id == id_)
        if not found:
            raise NotFound(f"there is no release {id_!r}", where=id_)
        return found[0]

    def of_dataset(self, dataset: str) -> tuple[Release, ...]:
        """All releases of a dataset, newest first."""
        return self._releases(RELEASE.c.dataset == dataset)

    def of_departments(self, departments: Iterable[str] | None) -> tuple[Release, ...]:
        """All releases of some departments (None: of all), newest first."""
        return self._releases(*([] if departments is None else [RELEASE.c.department.in_(list(departments))]))

    def in_states(self, states: Iterable[str]) -> tuple[Release, ...]:
        """All releases that stand in one of the states, newest first."""
        return self._releases(RELEASE.c.state.in_(list(states)))

    def _releases(self, *where: Any) -> tuple[Release, ...]:
        with self._engine.connect() as db:
            rows = db.execute(
                select(RELEASE.c.body).where(*where).order_by(desc(RELEASE.c.changed), RELEASE.c.id)
            )
            return tuple(structured(row.body, Release) for row in rows)

    def steps(self, release: str) -> tuple[ReleaseStep, ...]:
        """The history of a release, oldest first."""
        query = select(RELEASE_STEP).where(RELEASE_STEP.c.release == release).order_by(RELEASE_STEP.c.number)
        with self._engine.connect() as db:
            return tuple(ReleaseStep(**row._mapping) for row in db.execute(query))

    def keep_look(self, id_: str, look: str) -> None:
        """Keep what was seen in a release's bytes (JSON), beside it."""
        with self._engine.begin() as db:
            db.execute(update(RELEASE).where(RELEASE.c.id == id_).values(look=look))

    def look(self, id_: str) -> str:
        """What was seen in a release's bytes; empty when nobody looked yet."""
        with self._engine.connect() as db:
            return db.scalar(select(RELEASE.c.look).where(RELEASE.c.id == id_)) or ""

    # --- uploads ---

    def add_upload(self, dataset: str, raw: str, person: str, at: datetime, entry: Entry) -> None:
        """A person brought these bytes for a dataset; who brought them first stays known."""
        with self._engine.begin() as db:
            known = select(UPLOAD.c.person).where(UPLOAD.c.dataset == dataset, UPLOAD.c.raw == raw)
            if db.scalar(known) is None:
                db.execute(insert(UPLOAD).values(dataset=dataset, raw=raw, person=person, at=at))
            append(db, entry)

    def uploader(self, dataset: str, raw: str) -> str:
        """The id of the person who brought these bytes for a dataset; empty when nobody did."""
        query = select(UPLOAD.c.person).where(UPLOAD.c.dataset == dataset, UPLOAD.c.raw == raw)
        with self._engine.connect() as db:
            return db.scalar(query) or ""

    # --- standings ---

    def standings(self) -> tuple[Standing, ...]:
        """How every dataset stands that the store knows something of."""
        with self._engine.connect() as db:
            rows = db.execute(select(STANDING).order_by(STANDING.c.dataset)).all()
        return tuple(_standing(row.dataset, row.shown, row.definition) for row in rows)

    def stand(self, standing: Standing) -> None:
        """Say how a dataset stands from now on."""
        with self._engine.begin() as db:
            _stand(db, standing)
            _grow(db)

    def edition(self) -> int:
        """Grows whenever a dataset's standing changes."""
        with self._engine.connect() as db:
            return db.scalar(select(GENERATION.c.number).where(GENERATION.c.id == _EDITION)) or 0

    # --- incidents ---

    def add_incident(self, incident: Incident) -> None:
        """Keep the record of a withdrawal."""
        with self._engine.begin() as db:
            _keep_incident(db, incident)

    def incidents(self) -> tuple[Incident, ...]:
        """All records of withdrawals, newest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(INCIDENT.c.body).order_by(desc(INCIDENT.c.at), INCIDENT.c.id)).all()
        return tuple(structured(row.body, Incident) for row in rows)


def _row(release: Release) -> dict[str, Any]:
    return {
        "dataset": release.dataset,
        "department": release.department,
        "state": release.state,
        "revision": release.revision,
        "changed": release.changed,
        "body": json.dumps(plain(release), ensure_ascii=False, sort_keys=True),
    }


def _tell(db: Connection, step: ReleaseStep) -> None:
    """Append a step; its number is the next one, whatever it said."""
    last = db.scalar(select(func.max(RELEASE_STEP.c.number)).where(RELEASE_STEP.c.release == step.release))
    values = {name: getattr(step, name) for name in ("release", "at", "actor", "action", "state", "reason")}
    db.execute(insert(RELEASE_STEP).values(number=(last or 0) + 1, **values))
    append(db, Entry(0, step.at, step.actor, step.action, f"release:{step.release}", step.reason))


def _keep_incident(db: Connection, incident: Incident) -> None:
    values = {"id": incident.id, "dataset": incident.dataset, "at": incident.at}
    values |= {"actor": incident.actor, "reason": incident.reason}
    db.execute(delete(INCIDENT).where(INCIDENT.c.id == incident.id))
    db.execute(insert(INCIDENT).values(**values, body=json.dumps(plain(incident), ensure_ascii=False)))


def _stand(db: Connection, standing: Standing) -> None:
    definition = standing.definition
    text = json.dumps(plain(definition), ensure_ascii=False, sort_keys=True) if definition else ""
    db.execute(delete(STANDING).where(STANDING.c.dataset == standing.dataset))
    db.execute(insert(STANDING).values(dataset=standing.dataset, shown=standing.shown, definition=text))


def _standing(dataset: str, shown: Shown, definition: str) -> Standing:
    return Standing(dataset, shown, structured(definition, Definition) if definition else None)


def _grow(db: Connection) -> None:
    numbers = (_CONTENT, _EDITION)
    db.execute(update(GENERATION).where(GENERATION.c.id.in_(numbers)).values(number=GENERATION.c.number + 1))
