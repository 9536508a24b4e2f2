"""The tables of people and of the audit log. Migration 0005 makes them."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, PrimaryKeyConstraint, String, Table, Text

from allmende.store.tables import METADATA, Moment

PERSON = Table(
    "person",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("closed", Moment),
)

PERSON_GRANT = Table(
    "person_grant",
    METADATA,
    Column("person", String(40), ForeignKey("person.id"), nullable=False),
    Column("role", String(40), nullable=False),
    Column("department", String(120), nullable=False),
    Column("until", Date),
    Column("deputy_for", String(40), nullable=False),
    PrimaryKeyConstraint("person", "role", "department", "deputy_for"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
