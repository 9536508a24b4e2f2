"""The tables of passwords, of links to set them, and of sign-ins. Migration 0006 makes them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from allmende.store.tables import METADATA, Moment

PASSWORD = Table(
    "person_password",
    METADATA,
    Column("person", String(40), ForeignKey("person.id"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("changed", Moment, nullable=False),
)

LINK = Table(
    "password_link",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("person", String(40), ForeignKey("person.id"), nullable=False),
    Column("expires", Moment, nullable=False),
)

SIGN_IN = Table(
    "sign_in",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("person", String(40), ForeignKey("person.id"), nullable=False),
    Column("started", Moment, nullable=False),
    Column("used", Moment, nullable=False),
    Index("sign_in_of_person", "person"),
)
