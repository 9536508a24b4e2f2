"""The store on SQLAlchemy Core: SQLite in WAL mode with full synchronisation, or PostgreSQL.

Every method is one transaction, committed when it returns. Several processes may have the same
store open: SQLite lets them read while one writes, and waits for a busy writer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    create_engine,
    desc,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from allmende.errors import NotFound, StoreFault
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.document import StoryVersion
from allmende.model.run import AccessKey, Feedback, Run, Step
from allmende.model.source import Receipt
from allmende.model.text import Language
from allmende.store.accounts import SqlAccounts
from allmende.store.agreements import SqlAgreements
from allmende.store.bodies import dump, load_story, load_version
from allmende.store.contributions import SqlContributions
from allmende.store.harvests import SqlHarvests
from allmende.store.migrations import NEWEST
from allmende.store.observations import SqlObservations
from allmende.store.people import SqlPeople
from allmende.store.querying import SqlQuerying
from allmende.store.releases import SqlReleases
from allmende.store.subscriptions import SqlSubscriptions
from allmende.store.tables import ACCESS_KEY, DEFINITION, FEEDBACK, GENERATION, RECEIPT, RUN, STORY, VERSION
from allmende.store.thing_tables import SEGMENT
from allmende.store.things import SqlThings
from allmende.store.use import SqlUseLedger
from allmende.store.wishes import SqlWishes

_BUSY_MILLISECONDS = 30_000


def _prepare_sqlite(raw: Any, _: ConnectionPoolEntry) -> None:
    # FULL: an acknowledged write survives a power cut (facts: about one fdatasync per commit).
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        "cache_size=-8192",
    ):
        raw.execute(f"PRAGMA {pragma}")


class SqlStore:
    """The Store port on any database that SQLAlchemy speaks to; tested on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = self.engine = engine
        self.observations = SqlObservations(engine)
        self.subscriptions = SqlSubscriptions(engine)
        self.observations.within = self.subscriptions.outbox.within
        self.things = SqlThings(engine)
        self.releases = SqlReleases(engine)
        self.people = SqlPeople(engine)
        self.accounts = SqlAccounts(engine)
        self.agreements = SqlAgreements(engine)
        self.wishes = SqlWishes(engine)
        self.harvests = SqlHarvests(engine)
        self.contributions = SqlContributions(engine)
        self.use = SqlUseLedger(engine)
        self.querying = SqlQuerying(engine, lambda: datetime.now(UTC))

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Open (and if needed make or migrate) the store at an SQLAlchemy address.

        Raises StoreFault when it cannot be opened or is damaged.
        """
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            if engine.url.database:
                Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(engine, "connect", _prepare_sqlite)
        try:
            _migrate(engine)
        except DatabaseError as error:
            raise StoreFault(
                f"the store cannot be opened: {error.orig}", where=url, hint="Run `allmende doctor`."
            ) from error
        return cls(engine)

    @property
    def url(self) -> str:
        """Where the store is, without a password."""
        return str(self._engine.url)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    # --- receipts ---

    def add_receipt(self, receipt: Receipt) -> None:
        """Append a receipt."""
        with self._engine.begin() as db:
            db.execute(insert(RECEIPT).values(**_fields(receipt)))

    def receipts(self, source: str) -> tuple[Receipt, ...]:
        """All receipts of a source, newest first."""
        return self._receipts(select(RECEIPT).where(RECEIPT.c.source == source).order_by(desc(RECEIPT.c.id)))

    def receipts_of(self, sha256: str) -> tuple[Receipt, ...]:
        """All receipts for the same bytes, newest first."""
        return self._receipts(select(RECEIPT).where(RECEIPT.c.sha256 == sha256).order_by(desc(RECEIPT.c.id)))

    def raw_files(self) -> frozenset[str]:
        """SHA-256 of every raw file that a receipt, a version or a segment of messages speaks of."""
        with self._engine.connect() as db:
            received = set(db.scalars(select(RECEIPT.c.sha256).distinct()))
            received |= set(db.scalars(select(SEGMENT.c.sha256)))
            versions = [load_version(body) for body in db.scalars(select(VERSION.c.body))]
        named = {sha256 for v in versions for sha256 in (*v.raw, v.rejected_raw) if sha256}
        return frozenset(received | named)

    def _receipts(self, query: Select[Any]) -> tuple[Receipt, ...]:
        with self._engine.connect() as db:
            rows = db.execute(query).mappings()
            return tuple(Receipt(**{k: v for k, v in row.items() if k != "id"}) for row in rows)

    # --- versions ---

    def add_version(self, version: DatasetVersion) -> None:
        """Append a version; StoreFault when that number exists already."""
        row = {
            "dataset": version.dataset,
            "number": version.number,
            "created": version.created,
            "body": dump(version),
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(VERSION).values(**row))
                _grow(db)
        except IntegrityError as error:
            raise StoreFault(
                f"{version.pin} exists already", hint="Another run published it; run again."
            ) from error

    def versions(self, dataset: str) -> tuple[DatasetVersion, ...]:
        """All versions, newest first."""
        query = select(VERSION.c.body).where(VERSION.c.dataset == dataset).order_by(desc(VERSION.c.number))
        with self._engine.connect() as db:
            return tuple(load_version(body) for body in db.scalars(query))

    def latest_versions(self) -> dict[str, DatasetVersion]:
        """The newest version of every dataset that has one."""
        newest = (
            select(VERSION.c.dataset, func.max(VERSION.c.number).label("number"))
            .group_by(VERSION.c.dataset)
            .subquery()
        )
        query = select(VERSION.c.body).join(
            newest, (VERSION.c.dataset == newest.c.dataset) & (VERSION.c.number == newest.c.number)
        )
        with self._engine.connect() as db:
            found = [load_version(body) for body in db.scalars(query)]
        return {version.dataset: version for version in sorted(found, key=lambda v: v.dataset)}

    def version(self, pin: Pin) -> DatasetVersion:
        """That version; NotFound when there is none."""
        query = select(VERSION.c.body).where(
            VERSION.c.dataset == pin.dataset, VERSION.c.number == pin.version
        )
        with self._engine.connect() as db:
            body = db.scalar(query)
        if body is None:
            raise NotFound("there is no such version", where=str(pin))
        return load_version(body)

    # --- runs ---

    def add_run(self, run: Run) -> None:
        """Append to the ledger."""
        fields = _fields(run)
        step = fields.pop("step")
        with self._engine.begin() as db:
            db.execute(insert(RUN).values(kind=step.kind, subject=step.subject, **fields))
            _grow(db)

    def latest_runs(self) -> dict[Step, Run]:
        """The newest run of every step that ever ran."""
        newest = select(func.max(RUN.c.id)).group_by(RUN.c.kind, RUN.c.subject)
        return {run.step: run for run in self._runs(select(RUN).where(RUN.c.id.in_(newest)))}

    def runs(self, step: Step, limit: int = 20) -> tuple[Run, ...]:
        """The newest runs of a step, newest first."""
        query = select(RUN).where(RUN.c.kind == step.kind, RUN.c.subject == step.subject)
        return tuple(self._runs(query.order_by(desc(RUN.c.id)).limit(limit)))

    def _runs(self, query: Select[Any]) -> list[Run]:
        with self._engine.connect() as db:
            return [_run(dict(row)) for row in db.execute(query).mappings()]

    # --- stories ---

    def add_story(self, version: StoryVersion) -> None:
        """Append a story's version; StoreFault when that number exists already."""
        key = {"story": version.story, "language": version.language, "number": version.number}
        try:
            with self._engine.begin() as db:
                db.execute(insert(STORY).values(**key, created=version.created, body=dump(version)))
                _grow(db)
        except IntegrityError as error:
            raise StoreFault(
                f"story {version.story}@{version.number} exists already", hint="Run again."
            ) from error

    def story(self, story: str, language: Language, number: int | None = None) -> StoryVersion:
        """A story's version, or its newest; NotFound when there is none."""
        query = _stories().where(STORY.c.story == story, STORY.c.language == language)
        if number is not None:
            query = query.where(STORY.c.number == number)
        with self._engine.connect() as db:
            body = db.scalar(query.limit(1))
        if body is None:
            raise NotFound("there is no such story", where=story)
        return load_story(body)

    def story_versions(self, story: str, language: Language) -> tuple[StoryVersion, ...]:
        """All versions of a story in one language, newest first."""
        query = _stories().where(STORY.c.story == story, STORY.c.language == language)
        with self._engine.connect() as db:
            return tuple(load_story(body) for body in db.scalars(query))

    def latest_stories(self, language: Language) -> tuple[StoryVersion, ...]:
        """The newest version of every story in one language, by id."""
        with self._engine.connect() as db:
            found = [load_story(body) for body in db.scalars(_stories().where(STORY.c.language == language))]
        newest = {story.story: story for story in reversed(found)}
        return tuple(newest[name] for name in sorted(newest))

    # --- definitions, keys, feedback ---

    def keep_definition(self, hash_: str, text: str) -> None:
        """Remember a definition under its hash; keeping it again changes nothing."""
        if self.definition(hash_) is not None:
            return
        try:
            with self._engine.begin() as db:
                db.execute(insert(DEFINITION).values(hash=hash_, body=text))
        except IntegrityError:
            return  # another process kept the same text meanwhile

    def definition(self, hash_: str) -> str | None:
        """The definition with that hash, or None."""
        with self._engine.connect() as db:
            return db.scalar(select(DEFINITION.c.body).where(DEFINITION.c.hash == hash_))

    def add_key(self, key: AccessKey) -> None:
        """Keep a new key (its hash, never its secret)."""
        fields = _fields(key) | {"scopes": " ".join(key.scopes)}
        with self._engine.begin() as db:
            db.execute(insert(ACCESS_KEY).values(**fields))

    def keys(self) -> tuple[AccessKey, ...]:
        """All keys ever made, oldest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(ACCESS_KEY).order_by(ACCESS_KEY.c.created, ACCESS_KEY.c.id)).mappings()
            return tuple(AccessKey(**dict(row) | {"scopes": tuple(row["scopes"].split())}) for row in rows)

    def revoke_key(self, key_id: str, moment: datetime) -> None:
        """End a key; NotFound when there is none. The first revocation counts."""
        if key_id not in {key.id for key in self.keys()}:
            raise NotFound("there is no such key", where=key_id, hint="`allmende key CITY list` shows all.")
        query = update(ACCESS_KEY).where(ACCESS_KEY.c.id == key_id, ACCESS_KEY.c.revoked.is_(None))
        with self._engine.begin() as db:
            db.execute(query.values(revoked=moment))

    def add_feedback(self, feedback: Feedback) -> None:
        """Keep what a reader wrote."""
        with self._engine.begin() as db:
            db.execute(insert(FEEDBACK).values(**_fields(feedback)))

    def feedback(self) -> tuple[Feedback, ...]:
        """Everything readers wrote, newest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(FEEDBACK).order_by(desc(FEEDBACK.c.id))).mappings()
            return tuple(Feedback(**{k: v for k, v in row.items() if k != "id"}) for row in rows)

    def generation(self) -> int:
        """A number that grows with every write that readers can see."""
        with self._engine.connect() as db:
            return db.scalar(select(GENERATION.c.number).where(GENERATION.c.id == 1)) or 0


def _stories() -> Select[Any]:
    return select(STORY.c.body).order_by(STORY.c.story, desc(STORY.c.number))


def _grow(db: Connection) -> None:
    db.execute(update(GENERATION).where(GENERATION.c.id == 1).values(number=GENERATION.c.number + 1))


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _run(row: dict[str, Any]) -> Run:
    row.pop("id")
    return Run(step=Step(row.pop("kind"), row.pop("subject")), **row)


def _migrate(engine: Engine) -> None:
    if _revision(engine) == NEWEST:
        return
    # Alembic is loaded only when there is something to do: it costs 10 MB and a quarter of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "allmende.store:migrations")
    with engine.begin() as db:
        if engine.dialect.name == "sqlite":
            # One process migrates, the others wait here; Python's driver begins no transaction before DDL.
            db.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def _revision(engine: Engine) -> str | None:
    """Up to which migration the store is; None for a new one (or one that cannot be read: Alembic will say)."""
    try:
        with engine.connect() as db:
            return db.execute(text("select version_num from alembic_version")).scalar()
    except DatabaseError:
        return None
