"""The tables of releases. Migrations 0004 and 0009 make them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from allmende.store.tables import METADATA, Moment

RELEASE = Table(
    "release",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("dataset", String(120), nullable=False),
    Column("department", String(120), nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("look", Text, nullable=False),
    Index("release_of_dataset", "dataset", "changed"),
)

RELEASE_STEP = Table(
    "release_step",
    METADATA,
    Column("release", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("release", "number"),
)

STANDING = Table(
    "dataset_standing",
    METADATA,
    Column("dataset", String(120), primary_key=True),
    Column("shown", String(20), nullable=False),
    Column("definition", Text, nullable=False),
)

INCIDENT = Table(
    "incident",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("dataset", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", Text, nullable=False),
)

UPLOAD = Table(
    "upload",
    METADATA,
    Column("dataset", String(120), nullable=False),
    Column("raw", String(64), nullable=False),
    Column("person", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("dataset", "raw"),
)
