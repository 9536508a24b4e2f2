"""The tables of agreements, their keys, what was given back, and what was used. Migration 0008 makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, String, Table, Text

from allmende.store.tables import METADATA, Moment

AGREEMENT = Table(
    "agreement",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("party", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

AGREEMENT_KEY = Table(
    "agreement_key",
    METADATA,
    Column("key", String(40), primary_key=True),
    Column("agreement", String(40), ForeignKey("agreement.id"), nullable=False),
)

AGREEMENT_DELIVERY = Table(
    "agreement_delivery",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agreement", String(40), ForeignKey("agreement.id"), nullable=False),
    Column("gift", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
)

# `since` is the first day of the span, as 2026-11-01. Days that are over stay, for the account of the year.
AGREEMENT_USE = Table(
    "agreement_use",
    METADATA,
    Column("agreement", String(40), ForeignKey("agreement.id"), nullable=False),
    Column("counted", String(20), nullable=False),
    Column("span", String(20), nullable=False),
    Column("since", String(10), nullable=False),
    Column("used", BigInteger, nullable=False),
    PrimaryKeyConstraint("agreement", "counted", "span", "since"),
)
