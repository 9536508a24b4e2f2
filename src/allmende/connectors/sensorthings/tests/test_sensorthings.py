"""Connector `sensorthings`: values of another server."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allmende.connectors.sensorthings.connector import Options, first_page
from allmende.errors import SourceRefused
from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of
from allmende.testing.http import FakeHttp

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestSensorThings(ConnectorContract):
    """The contract of every connector."""

    connector_id = "sensorthings"
    refused = (b"", b"{}", b"[1]", b'{"value": 7}')


HOME = "https://example.org/v1.1"


def page(value: list[Any], following: str | None = None) -> bytes:
    """A page as a server writes it."""
    return json.dumps({"value": value} | ({"@iot.nextLink": following} if following else {})).encode()


def fetched(http: FakeHttp, **options: Any) -> bytes:
    """What the connector fetches."""
    source = replace(source_of("sensorthings", options), address=HOME)
    (one,) = load_connector("sensorthings").fetch(source, http, None)
    return b"".join(one.chunks)


def test_pages_are_followed(tmp_path: Path) -> None:
    """The first page is asked for with everything that is needed; the next link leads on."""
    first = first_page(HOME, Options(filter="name eq 'a'", newest=5))
    assert "$expand=Thing($expand=Locations),ObservedProperty,Observations(" in first
    assert "$top=5" in first
    assert first.endswith("&$filter=name%20eq%20%27a%27")
    http = FakeHttp(
        {first: page([{"@iot.id": 1}], "Datastreams?$skip=1"), f"{HOME}/Datastreams?$skip=1": page([])}
    )
    assert fetched(http, filter="name eq 'a'", newest=5).count(b'"value"') == 2
    assert http.asked == [first, f"{HOME}/Datastreams?$skip=1"]


@pytest.mark.parametrize(
    ("following", "words"), [("https://evil.example/x", "another server"), (None, "circle")]
)
def test_pages_that_lead_astray_are_refused(following: str | None, words: str) -> None:
    """A next page at another server or in a circle ends the harvest."""
    first = first_page(HOME, Options())
    http = FakeHttp({first: page([], following or first)})
    with pytest.raises(SourceRefused, match=words):
        fetched(http)


def test_what_is_no_page_is_refused() -> None:
    """A web page, or a list."""
    for content in (b"<html>", b"[]"):
        with pytest.raises(SourceRefused):
            fetched(FakeHttp({first_page(HOME, Options()): content}))


def test_wrong_options_are_problems() -> None:
    """Too many newest values, and a name that tells nothing apart."""
    problems = load_connector("sensorthings").check(source_of("sensorthings", {"newest": 0, "property": "x"}))
    assert [problem.path for problem in problems] == ["$.options.newest", "$.options.property"]


@pytest.mark.shared
@shared
def test_a_real_page() -> None:
    """Traffic lights of Jena, listed without observations: all are missing, none is invented."""
    path = DATA / "03_jena_sensors" / "sensorthings_datastreams.json"
    parsed = load_connector("sensorthings").parse(raw_of(path), source_of("sensorthings"), ())
    check_law(parsed)
    assert parsed.table.num_rows == 0
    assert int(parsed.detected["missing"]) > 50
