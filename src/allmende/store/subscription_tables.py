"""The tables of subscriptions: the wishes, how far each condition has come, and what is still to be told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from allmende.store.tables import METADATA, Moment
from allmende.store.thing_tables import Number

# `body` is JSON: interest, condition and where to. The counter `subscription` grows with every
# subscription that is added or removed, so that writers notice. `holder` tells the others until
# `held_until` (microseconds since 1970, like `next_try`) when its turn ends.
SUBSCRIPTION = Table(
    "subscription",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("key_id", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("told", Number, nullable=False),
    Column("given_up", Number, nullable=False),
    Column("withheld", Number, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("next_try", Number, nullable=False),
    Column("holder", String(60), nullable=False),
    Column("held_until", Number, nullable=False),
)

STANDING = Table(
    "standing",
    METADATA,
    Column("subscription_id", String(40), nullable=False),
    Column("datastream_id", Number, nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("since", Number),
    Column("seen", Number),
    PrimaryKeyConstraint("subscription_id", "datastream_id"),
)

# Written in the transaction of the observations they tell of, deleted when they have been told.
# `given_up` is the moment since which nobody tries any more; `body` the observation as JSON.
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("subscription_id", String(40), nullable=False),
    Column("datastream_id", Number, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("happened", Number, nullable=False),
    Column("waits_since", Number, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("given_up", Number),
    Column("reason", Text, nullable=False),
    Index("outbox_of_subscription", "subscription_id", "given_up", "id"),
)
