"""What foreign catalogues list, in the store. A harvest is one transaction: all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, func, insert, select, update

from allmende.model.harvest import ForeignDataset, ForeignDistribution, ForeignEntry, Harvest, Harvested
from allmende.store.harvest_tables import FOREIGN, HARVEST

MOST_WORDS = 10


class SqlHarvests:
    """The Harvests port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last(self) -> dict[str, Harvest]:
        """The last good harvest of every catalogue."""
        with self._engine.connect() as db:
            rows = [dict(row) for row in db.execute(select(HARVEST)).mappings()]
        return {
            row["catalogue"]: Harvest(**{**row, "faults": tuple(json.loads(row["faults"]))}) for row in rows
        }

    def replace(
        self, harvest: Harvest, datasets: Sequence[ForeignDataset], same: Mapping[str, tuple[str, str]]
    ) -> Harvested:
        """Write a whole harvest: new, changed, and gone; the mark of the harvest in the same transaction."""
        rows = {row["key"]: row for row in (_row(harvest, one, same) for one in datasets)}
        with self._engine.begin() as db:
            before = _before(db, harvest.catalogue)
            new = [row for key, row in rows.items() if key not in before]
            kept = {key: row for key, row in rows.items() if key in before}
            changed = [row for key, row in kept.items() if before[key] != _content(row)]
            gone = [key for key, content in before.items() if key not in rows and content[0] is None]
            _write(db, harvest, new, changed, gone)
            self._mark(db, harvest)
        return Harvested(len(new), len(changed), len(gone), len(kept) - len(changed))

    def confirm(self, catalogue: str, at: datetime) -> None:
        """Nothing had changed at that moment."""
        with self._engine.begin() as db:
            db.execute(update(HARVEST).where(HARVEST.c.catalogue == catalogue).values(at=at))

    def entries(
        self, catalogues: Collection[str], words: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[tuple[ForeignEntry, ...], int]:
        """Those with all words, in order of their titles, those that are gone last; and how many there are."""
        where = [FOREIGN.c.catalogue.in_(tuple(catalogues)), *_conditions(words)]
        ordered = (FOREIGN.c.gone.isnot(None), FOREIGN.c.title, FOREIGN.c.catalogue, FOREIGN.c.key)
        page = select(FOREIGN).where(*where).order_by(*ordered).limit(limit).offset(offset)
        with self._engine.connect() as db:
            count = db.scalar(select(func.count()).select_from(FOREIGN).where(*where)) or 0
            return tuple(_entry(row) for row in db.execute(page).mappings()), count

    def others(self, catalogue: str) -> Iterator[tuple[str, ForeignDataset]]:
        """What all other catalogues list now."""
        query = select(FOREIGN.c.catalogue, FOREIGN.c.body).where(
            FOREIGN.c.catalogue != catalogue, FOREIGN.c.gone.is_(None)
        )
        with self._engine.connect() as db:
            for name, body in db.execute(query.order_by(FOREIGN.c.catalogue, FOREIGN.c.key)):
                yield name, _dataset(body)

    def _mark(self, db: Connection, harvest: Harvest) -> None:
        db.execute(delete(HARVEST).where(HARVEST.c.catalogue == harvest.catalogue))
        db.execute(insert(HARVEST).values(**{**asdict(harvest), "faults": json.dumps(harvest.faults)}))


_Content = tuple[datetime | None, str, str, str]


def _before(db: Connection, catalogue: str) -> dict[str, _Content]:
    columns = (FOREIGN.c.gone, FOREIGN.c.body, FOREIGN.c.same_catalogue, FOREIGN.c.same_identifier)
    rows = db.execute(select(FOREIGN.c.key, *columns).where(FOREIGN.c.catalogue == catalogue))
    return {key: (gone, body, name, identifier) for key, gone, body, name, identifier in rows}


def _content(row: Mapping[str, Any]) -> _Content:
    return None, row["body"], row["same_catalogue"], row["same_identifier"]


def _write(
    db: Connection,
    harvest: Harvest,
    new: list[dict[str, Any]],
    changed: list[dict[str, Any]],
    gone: list[str],
) -> None:
    """What comes back is as it was first seen, without the mark that it is gone."""
    here = (FOREIGN.c.catalogue == harvest.catalogue, FOREIGN.c.key == bindparam("this"))
    if new:
        db.execute(insert(FOREIGN), new)
    if changed:
        names = ("title", "words", "body", "gone", "same_catalogue", "same_identifier")
        statement = update(FOREIGN).where(*here).values({name: bindparam(f"new_{name}") for name in names})
        db.execute(statement, [{"this": r["key"], **{f"new_{n}": r[n] for n in names}} for r in changed])
    if gone:
        db.execute(update(FOREIGN).where(*here).values(gone=harvest.at), [{"this": key} for key in gone])


def _row(harvest: Harvest, one: ForeignDataset, same: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    other = same.get(one.identifier, ("", ""))
    return {
        "catalogue": harvest.catalogue,
        "key": hashlib.sha256(one.identifier.encode()).hexdigest(),
        "title": one.title,
        "words": "\n".join((one.title, one.publisher, one.description, *one.keywords)).casefold(),
        "body": json.dumps(asdict(one), ensure_ascii=False),
        "first_seen": harvest.at,
        "gone": None,
        "same_catalogue": other[0],
        "same_identifier": other[1],
    }


def _conditions(words: str) -> list[ColumnElement[bool]]:
    return [FOREIGN.c.words.contains(word, autoescape=True) for word in words.casefold().split()[:MOST_WORDS]]


def _entry(row: Mapping[Any, Any]) -> ForeignEntry:
    same = (row["same_catalogue"], row["same_identifier"]) if row["same_catalogue"] else None
    return ForeignEntry(row["catalogue"], _dataset(row["body"]), row["first_seen"], row["gone"], same)


def _dataset(body: str) -> ForeignDataset:
    values = json.loads(body)
    parts = tuple(ForeignDistribution(**one) for one in values.pop("distributions"))
    keywords = tuple(values.pop("keywords"))
    return replace(ForeignDataset(**values), keywords=keywords, distributions=parts)
