"""The tables of foreign catalogues and what they list. Migration 0011 makes them."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from allmende.store.tables import METADATA, Moment

HARVEST = Table(
    "harvest",
    METADATA,
    Column("catalogue", String(120), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("faults", Text, nullable=False),
)

# `key` is the SHA-256 of the identifier, which may be too long for an index. `words` is what the search looks through,
# `body` the dataset as JSON.
FOREIGN = Table(
    "foreign_dataset",
    METADATA,
    Column("catalogue", String(120), nullable=False),
    Column("key", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("gone", Moment),
    Column("same_catalogue", String(120), nullable=False),
    Column("same_identifier", Text, nullable=False),
    PrimaryKeyConstraint("catalogue", "key"),
)
