"""Connector `pegelonline`: gauges and their values."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestPegelonline(ConnectorContract):
    """The contract of every connector."""

    connector_id = "pegelonline"
    refused = (b"", b"{}", b"[1]", b'"x"')


def test_values_of_one_gauge_are_named_by_the_address(tmp_path: Path) -> None:
    """A list of measurements does not say what it is of; its address does."""
    path = tmp_path / "measurements.json"
    path.write_text('[{"timestamp": "2026-03-01T09:15:00+01:00", "value": 159.0}]')
    address = "https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations/ST%20EG/W/measurements.json?start=P7D"
    parsed = load_connector("pegelonline").parse(raw_of(path, address), source_of("pegelonline"), ())
    row = parsed.table.to_pylist()[0]
    assert (row["device"], row["property"], row["value"]) == ("ST EG", "W", 159.0)


@pytest.mark.shared
@shared
def test_real_answers(tmp_path: Path) -> None:
    """Two gauges of the Main: all eight series with their units."""
    answers = json.loads((DATA / "11_water" / "pegelonline_responses.json").read_text())
    path = tmp_path / "stations.json"
    path.write_text(json.dumps(list(answers.values())))
    parsed = load_connector("pegelonline").parse(raw_of(path), source_of("pegelonline"), ())
    check_law(parsed)
    assert parsed.table["property"].to_pylist() == ["DFH", "W", "LT", "WT", "VA", "O2", "PH", "Q"]
    assert parsed.table["value"].to_pylist()[:3] == [715.0, 159.0, 21.2]
