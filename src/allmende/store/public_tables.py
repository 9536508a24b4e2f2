"""The tables of what the public asks for and gives: wishes and contributions. Migration 0010 makes them."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from allmende.store.tables import METADATA, Moment

WISH = Table(
    "wish",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("secret", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("due", Date, nullable=False),
    Column("state", String(20), nullable=False),
    Column("answer", Text, nullable=False),
    Column("dataset", String(120), nullable=False),
    Column("changed", Moment),
    Column("revision", Integer, nullable=False),
)

CONTRIBUTION = Table(
    "contribution",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("dataset", String(120), nullable=False),
    Column("cells", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("secret", String(64), nullable=False),
    Column("given_by", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided", Moment),
    Index("contribution_of", "dataset", "state", "made"),
    Index("contribution_secret", "secret"),
)
