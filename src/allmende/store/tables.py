"""The tables of the store, as SQLAlchemy sees them. Migrations make them; this describes the newest state."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, keep UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store keeps aware times only")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


RECEIPT = Table(
    "receipt",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(120), nullable=False),
    Column("address", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("replayed", Boolean, nullable=False),
    Index("receipt_of_source", "source", "id"),
)

# Versions and stories are kept whole as JSON beside the columns they are found by: they are
# immutable, so nothing in them is ever updated or joined on.
VERSION = Table(
    "version",
    METADATA,
    Column("dataset", String(120), nullable=False),
    Column("number", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("dataset", "number"),
)

STORY = Table(
    "story",
    METADATA,
    Column("story", String(120), nullable=False),
    Column("language", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("story", "language", "number"),
)

RUN = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("transient", Boolean, nullable=False),
    Column("rows", Integer),
    Column("rejected", Integer),
    Index("run_of_step", "kind", "subject", "id"),
)

DEFINITION = Table(
    "definition",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

ACCESS_KEY = Table(
    "access_key",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(128), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("page", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("received", Moment, nullable=False),
)

GENERATION = Table(
    "generation",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
)
