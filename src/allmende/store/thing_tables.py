"""The tables of things, their datastreams, observations and the messages they came in.

Times of observations and messages are whole microseconds since 1970 UTC (`model/observation.py` says
why). Ids come from `counter`, taken inside the transaction that uses them, so that a larger id was
committed later: readers that follow the ids never miss one.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from allmende.store.tables import METADATA, Moment

# JSON null is kept as SQL NULL: unknown is None.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Number = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Number, primary_key=True, autoincrement=False)


def _key() -> Column[str]:
    return Column("key", String(240), unique=True)


def _words() -> tuple[Column[str], Column[str]]:
    return Column("name", Text, nullable=False), Column("description", Text, nullable=False)


def _properties() -> Column[object]:
    return Column("properties", Json, nullable=False)


def _access() -> Column[str]:
    """The label of the access class; readers see only what theirs covers."""
    return Column("access", String(12), nullable=False)


def _box() -> tuple[Column[float], ...]:
    """The box around the geometry in WGS 84 degrees; NULL when there is no geometry we can read."""
    return tuple(Column(side, Double) for side in ("west", "south", "east", "north"))


COUNTER = Table(
    "counter",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("next", BigInteger, nullable=False),
)

THING = Table(
    "thing",
    METADATA,
    _id(),
    _key(),
    *_words(),
    _properties(),
    _access(),
)

LOCATION = Table(
    "location",
    METADATA,
    _id(),
    _key(),
    *_words(),
    Column("encoding", Text, nullable=False),
    Column("geometry", Json),
    *_box(),
    _properties(),
    _access(),
)

THING_LOCATION = Table(
    "thing_location",
    METADATA,
    Column("thing_id", Number, nullable=False),
    Column("location_id", Number, nullable=False, index=True),
    PrimaryKeyConstraint("thing_id", "location_id"),
)

HISTORICAL_LOCATION = Table(
    "historical_location",
    METADATA,
    _id(),
    Column("thing_id", Number, nullable=False, index=True),
    Column("time", Number, nullable=False),
)

HISTORICAL_PLACE = Table(
    "historical_place",
    METADATA,
    Column("historical_location_id", Number, nullable=False),
    Column("location_id", Number, nullable=False, index=True),
    PrimaryKeyConstraint("historical_location_id", "location_id"),
)

SENSOR = Table(
    "sensor",
    METADATA,
    _id(),
    _key(),
    *_words(),
    Column("encoding", Text, nullable=False),
    Column("metadata", Json),
    _properties(),
    _access(),
)

OBSERVED_PROPERTY = Table(
    "observed_property",
    METADATA,
    _id(),
    _key(),
    *_words(),
    Column("definition", Text, nullable=False),
    _properties(),
    _access(),
)

# `units` is a JSON list of {name, symbol, definition, ucum}; `types` the observation type of each
# part of a `multi` datastream. An ordinary datastream has one unit and one observed property.
DATASTREAM = Table(
    "datastream",
    METADATA,
    _id(),
    _key(),
    *_words(),
    Column("thing_id", Number, nullable=False, index=True),
    Column("sensor_id", Number, nullable=False, index=True),
    Column("multi", Boolean, nullable=False),
    Column("units", Json, nullable=False),
    Column("observation_type", Text, nullable=False),
    Column("types", Json, nullable=False),
    Column("observed_area", Json),
    _properties(),
    _access(),
)

DATASTREAM_PROPERTY = Table(
    "datastream_property",
    METADATA,
    Column("datastream_id", Number, nullable=False),
    Column("position", Integer, nullable=False),
    Column("observed_property_id", Number, nullable=False, index=True),
    PrimaryKeyConstraint("datastream_id", "position"),
)

FEATURE = Table(
    "feature",
    METADATA,
    _id(),
    _key(),
    *_words(),
    Column("encoding", Text, nullable=False),
    Column("geometry", Json),
    *_box(),
    _properties(),
    _access(),
    # The location this feature was made from, when it was made for an observation that named none.
    Column("location_id", Number, index=True),
)

# Which datastreams have observations about a feature: found without looking at observations.
FEATURE_USE = Table(
    "feature_use",
    METADATA,
    Column("feature_id", Number, nullable=False),
    Column("datastream_id", Number, nullable=False, index=True),
    PrimaryKeyConstraint("feature_id", "datastream_id"),
)

OBSERVATION = Table(
    "observation",
    METADATA,
    Column("datastream_id", Number, nullable=False),
    Column("phenomenon_time", Number, nullable=False),
    Column("id", Number, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("phenomenon_end", Number),
    Column("result_time", Number),
    Column("number", Double),
    Column("value", Text),
    Column("raw", Double),
    Column("flags", Integer, nullable=False),
    Column("recorded_at", Number, nullable=False),
    Column("superseded_at", Number),
    Column("message_id", Number),
    Column("feature_id", Number),
    Column("extra", Text),
    PrimaryKeyConstraint("datastream_id", "phenomenon_time", "id", "revision"),
    Index("observation_of_id", "id"),
    sqlite_with_rowid=False,
)

# Rows that are already in the history and were corrected or deleted since: readers leave them out
# from `superseded_at` on, and the mover writes it into the history and empties this table.
ENDED = Table(
    "ended",
    METADATA,
    Column("observation_id", Number, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("datastream_id", Number, nullable=False),
    Column("phenomenon_time", Number, nullable=False),
    Column("superseded_at", Number, nullable=False),
    PrimaryKeyConstraint("observation_id", "revision"),
    Index("ended_of_datastream", "datastream_id", "phenomenon_time"),
)

# The newest current observation of each datastream, with counters of all its current observations.
LATEST = Table(
    "latest",
    METADATA,
    Column("datastream_id", Number, primary_key=True, autoincrement=False),
    Column("observation_id", Number),
    Column("revision", Integer),
    Column("phenomenon_time", Number),
    Column("phenomenon_end", Number),
    Column("result_time", Number),
    Column("number", Double),
    Column("value", Text),
    Column("raw", Double),
    Column("flags", Integer),
    Column("recorded_at", Number),
    Column("message_id", Number),
    Column("feature_id", Number),
    Column("extra", Text),
    Column("count", Number, nullable=False),
    Column("first_time", Number),
    Column("last_time", Number),
    Column("first_result_time", Number),
    Column("last_result_time", Number),
)

MESSAGE = Table(
    "message",
    METADATA,
    _id(),
    Column("way", String(120), nullable=False),
    Column("key", String(240)),
    Column("topic", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("received_at", Number, nullable=False, index=True),
    Column("payload", LargeBinary, nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("device", String(240), nullable=False),
    Index("message_of_status", "status", "id"),
)

# The producers' ids of messages, kept when the message itself has moved to the lake: what is sent
# again is recognised. Its observations have the ids first_id .. first_id + count - 1.
MESSAGE_KEY = Table(
    "message_key",
    METADATA,
    Column("way", String(120), nullable=False),
    Column("key", String(240), nullable=False),
    Column("message_id", Number, nullable=False),
    Column("first_id", Number),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("way", "key"),
)

# Files of raw messages in the lake: the messages first_id .. last_id lie in the raw file `sha256`.
SEGMENT = Table(
    "segment",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("first_id", Number, nullable=False, index=True),
    Column("last_id", Number, nullable=False),
    Column("count", Integer, nullable=False),
    Column("created", Moment, nullable=False),
)

# A move that is under way: `body` says as JSON what moves where. The row goes with the hot rows.
MOVE = Table(
    "move",
    METADATA,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

COUNTERS = (
    "thing",
    "location",
    "historical_location",
    "sensor",
    "observed_property",
    "datastream",
    "feature",
    "observation",
    "message",
    "move",
)
THING_TABLES = (
    COUNTER,
    THING,
    LOCATION,
    THING_LOCATION,
    HISTORICAL_LOCATION,
    HISTORICAL_PLACE,
    SENSOR,
    OBSERVED_PROPERTY,
    DATASTREAM,
    DATASTREAM_PROPERTY,
    FEATURE,
    FEATURE_USE,
    OBSERVATION,
    ENDED,
    LATEST,
    MESSAGE,
    MESSAGE_KEY,
    SEGMENT,
    MOVE,
)
