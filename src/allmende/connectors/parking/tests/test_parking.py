"""Connector `parking`: free spaces of ParkAPI and its like."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestParking(ConnectorContract):
    """The contract of every connector."""

    connector_id = "parking"
    refused = (b"", b"{}", b"7", b'{"lots": 1}')


def test_a_wrong_field_is_a_problem() -> None:
    """The options may name fields of the service, but only for what a car park has."""
    problems = load_connector("parking").check(source_of("parking", {"fields": {"fre": "x"}}))
    assert [(problem.path, problem.hint[:9]) for problem in problems] == [
        ("$.options.fields.fre", "There are")
    ]


@pytest.mark.shared
@shared
@pytest.mark.parametrize(
    ("file", "options", "lots", "free"),
    [
        ("herrenberg.json", {}, 4, 60.0),
        ("freiburg.json", {"time_zone": "Europe/Berlin"}, 19, 56.0),
        ("basel.json", {}, 16, 286.0),
    ],
)
def test_real_car_parks(file: str, options: dict[str, Any], lots: int, free: float | None) -> None:
    """Of Herrenberg's 26 car parks four send; all of Freiburg's and Basel's do."""
    path = DATA / "08_parking" / "parkapi_sources" / file
    parsed = load_connector("parking").parse(raw_of(path), source_of("parking", options), ())
    check_law(parsed)
    live = [row for row in parsed.table.to_pylist() if row["property"] == "free"]
    assert len(live) == lots
    assert (live[0]["value"] if live else None) == free


@pytest.mark.shared
@shared
def test_real_places_of_jena() -> None:
    """A file without live numbers gives capacities only."""
    path = DATA / "08_parking" / "parkapi2_jena.geojson"
    parsed = load_connector("parking").parse(raw_of(path), source_of("parking"), ())
    check_law(parsed)
    assert set(parsed.table["property"].to_pylist()) == {"capacity"}
    assert parsed.table["geometry"].null_count == 0
