"""Connector `opensensemap`: boxes and measurements."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestOpenSenseMap(ConnectorContract):
    """The contract of every connector."""

    connector_id = "opensensemap"
    refused = (b"", b"{}", b"[1]", b'{"sensors": 1}')


@pytest.mark.shared
@shared
def test_real_measurements() -> None:
    """A day of boxes in Münster: every value is taken or rejected with its reason; times are UTC."""
    path = DATA / "05_airquality" / "opensensemap" / "ms_data.json"
    parsed = load_connector("opensensemap").parse(raw_of(path), source_of("opensensemap"), ())
    check_law(parsed)
    assert parsed.rows_rejected == 0
    first = parsed.table.slice(0, 1).to_pylist()[0]
    assert (first["device"], first["property"], first["value"]) == ("57585de44bab38000e49fa97", "PM2.5", 1.0)
    assert first["time"].isoformat() == "2018-01-01T03:58:27+00:00"
