"""Rows of access classes that may be seen. Which classes these are, the gate decides."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, select

from allmende.store.thing_tables import DATASTREAM, THING

Classes = Collection[str]


def visible(kind: str, source: FromClause, classes: Classes) -> ColumnElement[bool]:
    """The condition that a row of a kind may be seen.

    A historical location has the class of its thing, an observation that of its datastream.
    """
    labels = sorted(classes)
    if kind == "historical_location":
        return source.c.thing_id.in_(select(THING.c.id).where(THING.c.access.in_(labels)))
    if kind == "observation":
        return source.c.datastream_id.in_(select(DATASTREAM.c.id).where(DATASTREAM.c.access.in_(labels)))
    return source.c.access.in_(labels)
