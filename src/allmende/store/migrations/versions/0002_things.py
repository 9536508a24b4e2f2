"""Things, datastreams, observations, and the messages they came in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTERS = (
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


def _make_counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("next", sa.BigInteger(), nullable=False),
    )


def _make_thing() -> None:
    op.create_table(
        "thing",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
    )


def _make_location() -> None:
    op.create_table(
        "location",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("geometry", _JSON),
        sa.Column("west", sa.Double()),
        sa.Column("south", sa.Double()),
        sa.Column("east", sa.Double()),
        sa.Column("north", sa.Double()),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
    )


def _make_thing_location() -> None:
    op.create_table(
        "thing_location",
        sa.Column("thing_id", _NUMBER, nullable=False),
        sa.Column("location_id", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("thing_id", "location_id"),
    )
    op.create_index("ix_thing_location_location_id", "thing_location", ["location_id"])


def _make_historical_location() -> None:
    op.create_table(
        "historical_location",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("thing_id", _NUMBER, nullable=False),
        sa.Column("time", _NUMBER, nullable=False),
    )
    op.create_index("ix_historical_location_thing_id", "historical_location", ["thing_id"])


def _make_historical_place() -> None:
    op.create_table(
        "historical_place",
        sa.Column("historical_location_id", _NUMBER, nullable=False),
        sa.Column("location_id", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("historical_location_id", "location_id"),
    )
    op.create_index("ix_historical_place_location_id", "historical_place", ["location_id"])


def _make_sensor() -> None:
    op.create_table(
        "sensor",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("metadata", _JSON),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
    )


def _make_observed_property() -> None:
    op.create_table(
        "observed_property",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
    )


def _make_datastream() -> None:
    op.create_table(
        "datastream",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("thing_id", _NUMBER, nullable=False),
        sa.Column("sensor_id", _NUMBER, nullable=False),
        sa.Column("multi", sa.Boolean(), nullable=False),
        sa.Column("units", _JSON, nullable=False),
        sa.Column("observation_type", sa.Text(), nullable=False),
        sa.Column("types", _JSON, nullable=False),
        sa.Column("observed_area", _JSON),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
    )
    op.create_index("ix_datastream_sensor_id", "datastream", ["sensor_id"])
    op.create_index("ix_datastream_thing_id", "datastream", ["thing_id"])


def _make_datastream_property() -> None:
    op.create_table(
        "datastream_property",
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("observed_property_id", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("datastream_id", "position"),
    )
    op.create_index(
        "ix_datastream_property_observed_property_id", "datastream_property", ["observed_property_id"]
    )


def _make_feature() -> None:
    op.create_table(
        "feature",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(240), unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("geometry", _JSON),
        sa.Column("west", sa.Double()),
        sa.Column("south", sa.Double()),
        sa.Column("east", sa.Double()),
        sa.Column("north", sa.Double()),
        sa.Column("properties", _JSON, nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
        sa.Column("location_id", _NUMBER),
    )
    op.create_index("ix_feature_location_id", "feature", ["location_id"])


def _make_feature_use() -> None:
    op.create_table(
        "feature_use",
        sa.Column("feature_id", _NUMBER, nullable=False),
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("feature_id", "datastream_id"),
    )
    op.create_index("ix_feature_use_datastream_id", "feature_use", ["datastream_id"])


def _make_observation() -> None:
    op.create_table(
        "observation",
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.Column("phenomenon_time", _NUMBER, nullable=False),
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("phenomenon_end", _NUMBER),
        sa.Column("result_time", _NUMBER),
        sa.Column("number", sa.Double()),
        sa.Column("value", sa.Text()),
        sa.Column("raw", sa.Double()),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("recorded_at", _NUMBER, nullable=False),
        sa.Column("superseded_at", _NUMBER),
        sa.Column("message_id", _NUMBER),
        sa.Column("feature_id", _NUMBER),
        sa.Column("extra", sa.Text()),
        sa.PrimaryKeyConstraint("datastream_id", "phenomenon_time", "id", "revision"),
        sqlite_with_rowid=False,
    )
    op.create_index("observation_of_id", "observation", ["id"])


def _make_ended() -> None:
    op.create_table(
        "ended",
        sa.Column("observation_id", _NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.Column("phenomenon_time", _NUMBER, nullable=False),
        sa.Column("superseded_at", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("observation_id", "revision"),
    )
    op.create_index("ended_of_datastream", "ended", ["datastream_id", "phenomenon_time"])


def _make_latest() -> None:
    op.create_table(
        "latest",
        sa.Column("datastream_id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("observation_id", _NUMBER),
        sa.Column("revision", sa.Integer()),
        sa.Column("phenomenon_time", _NUMBER),
        sa.Column("phenomenon_end", _NUMBER),
        sa.Column("result_time", _NUMBER),
        sa.Column("number", sa.Double()),
        sa.Column("value", sa.Text()),
        sa.Column("raw", sa.Double()),
        sa.Column("flags", sa.Integer()),
        sa.Column("recorded_at", _NUMBER),
        sa.Column("message_id", _NUMBER),
        sa.Column("feature_id", _NUMBER),
        sa.Column("extra", sa.Text()),
        sa.Column("count", _NUMBER, nullable=False),
        sa.Column("first_time", _NUMBER),
        sa.Column("last_time", _NUMBER),
        sa.Column("first_result_time", _NUMBER),
        sa.Column("last_result_time", _NUMBER),
    )


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("way", sa.String(120), nullable=False),
        sa.Column("key", sa.String(240)),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("received_at", _NUMBER, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("device", sa.String(240), nullable=False),
    )
    op.create_index("ix_message_received_at", "message", ["received_at"])
    op.create_index("message_of_status", "message", ["status", "id"])


def _make_message_key() -> None:
    op.create_table(
        "message_key",
        sa.Column("way", sa.String(120), nullable=False),
        sa.Column("key", sa.String(240), nullable=False),
        sa.Column("message_id", _NUMBER, nullable=False),
        sa.Column("first_id", _NUMBER),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("way", "key"),
    )


def _make_segment() -> None:
    op.create_table(
        "segment",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("first_id", _NUMBER, nullable=False),
        sa.Column("last_id", _NUMBER, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_segment_first_id", "segment", ["first_id"])


def _make_move() -> None:
    op.create_table(
        "move",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )


def upgrade() -> None:
    """Make the tables, and a counter for each kind of id."""
    _make_counter()
    _make_thing()
    _make_location()
    _make_thing_location()
    _make_historical_location()
    _make_historical_place()
    _make_sensor()
    _make_observed_property()
    _make_datastream()
    _make_datastream_property()
    _make_feature()
    _make_feature_use()
    _make_observation()
    _make_ended()
    _make_latest()
    _make_message()
    _make_message_key()
    _make_segment()
    _make_move()
    counter = sa.table("counter", sa.column("name"), sa.column("next"))
    op.bulk_insert(counter, [{"name": name, "next": 1} for name in _COUNTERS])
