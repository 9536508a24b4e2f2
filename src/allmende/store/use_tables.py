"""The table of the use ledger. Migration 0007 makes it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, PrimaryKeyConstraint, String, Table

from allmende.store.tables import METADATA

USE = Table(
    "use_count",
    METADATA,
    Column("subject", String(120), nullable=False),
    Column("day", Date, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("robot", Boolean, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("subject", "day", "channel", "robot"),
)
