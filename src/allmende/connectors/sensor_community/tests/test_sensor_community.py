"""Connector `sensor_community`: newest values and days of its archive."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestSensorCommunity(ConnectorContract):
    """The contract of every connector."""

    connector_id = "sensor_community"
    refused = (b"", b"{}", b"7")


@pytest.mark.shared
@shared
def test_real_days_of_the_archive() -> None:
    """Five days of dust and weather: every measured value is a row, empty bookkeeping is none."""
    for path in sorted((DATA / "05_airquality" / "sensor_community").glob("*.csv")):
        parsed = load_connector("sensor_community").parse(raw_of(path), source_of("sensor_community"), ())
        check_law(parsed)
        assert parsed.rows_rejected == 0, path
        assert set(parsed.table["property"].unique().to_pylist()) <= {
            "P1",
            "P2",
            "temperature",
            "humidity",
            "pressure",
        }
        assert parsed.table.num_rows > 500
        assert parsed.table["geometry"].null_count == 0
