"""Connector ckan: all pages of a portal, one row per dataset, no person's address."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.connectors.ckan.connector import CkanConnector
from allmende.connectors.ckan.mapping import page_address, to_record
from allmende.errors import SourceRefused, SourceUnreachable, Unreadable
from allmende.testing.connector_contract import ConnectorContract, any_json, check_law, raw_of, source_of
from allmende.testing.http import FakeHttp

SHARED = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
PORTAL = "https://example.org/"


class TestContract(ConnectorContract):
    """ckan keeps what every connector must keep."""

    connector_id = "ckan"
    refused = (
        b"",
        b" \n ",
        b"{}",
        b"[]",
        b'{"success": false, "error": {"message": "Not found"}}',
        b'{"success": true, "result": [',
        b'{"success": true, "result": {}}',
    )


def page(first: int, count: int, announced: int) -> bytes:
    results = [{"id": f"d{i}", "name": f"d{i}"} for i in range(first, first + count)]
    return json.dumps({"success": True, "result": {"count": announced, "results": results}}).encode()


def portal(*pages: bytes | Exception, size: int = 2) -> FakeHttp:
    return FakeHttp({page_address(PORTAL, "", i * size, size): p for i, p in enumerate(pages)})


def harvested(http: FakeHttp, **options: Any) -> bytes:
    source = source_of("ckan", {"page": 2, **options})
    (fetched,) = CkanConnector().fetch(source, http, None)
    return b"".join(fetched.chunks)


def test_a_harvest_asks_for_pages_until_one_is_not_full(tmp_path: Path) -> None:
    """Five datasets in pages of two are three requests and five rows."""
    http = portal(page(0, 2, 5), page(2, 2, 5), page(4, 1, 5))
    path = tmp_path / "raw"
    path.write_bytes(harvested(http))
    parsed = CkanConnector().parse(raw_of(path), source_of("ckan"), ())
    check_law(parsed)
    assert parsed.table.column("id").to_pylist() == ["d0", "d1", "d2", "d3", "d4"]
    assert len(http.asked) == 3
    assert "datasets_announced" not in parsed.detected


@settings(max_examples=200, deadline=None)
@given(
    results=st.lists(
        any_json()
        | st.fixed_dictionaries(
            {"id": st.text(max_size=3)},
            optional={
                k: any_json()
                for k in ("title", "tags", "extras", "resources", "organization", "metadata_created")
            },
        ),
        max_size=4,
    )
)
def test_any_answer_keeps_the_law(results: Any) -> None:
    """Portals fill their fields with everything: rows by the law or Unreadable."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Unreadable):
        path = Path(folder) / "raw"
        path.write_text(json.dumps({"success": True, "result": {"results": results}}))
        check_law(CkanConnector().parse(raw_of(path), source_of("ckan"), ()))


def test_a_harvest_has_an_end(tmp_path: Path) -> None:
    """A portal that gives full pages for ever is left after `most`, and the difference is shown."""
    path = tmp_path / "raw"
    path.write_bytes(harvested(portal(page(0, 2, 99), page(2, 2, 99), page(4, 2, 99)), most=4))
    parsed = CkanConnector().parse(raw_of(path), source_of("ckan"), ())
    assert (parsed.rows_in, parsed.detected["datasets_announced"]) == (4, "99")


def test_a_page_that_fails_ends_the_harvest_with_its_error() -> None:
    """Half a catalogue is not published as a whole one."""
    with pytest.raises(SourceUnreachable):
        harvested(portal(page(0, 2, 4), SourceUnreachable("503")))


@pytest.mark.parametrize(
    "answer", [b"<html>", b"{}", b'{"success": false, "error": {"message": "Access denied"}}']
)
def test_what_is_no_portal_is_refused_with_its_address(answer: bytes) -> None:
    """A wrong address is told from an empty portal."""
    with pytest.raises(SourceRefused, match="no answer of a CKAN portal"):
        harvested(portal(answer))


@pytest.mark.parametrize(
    "address",
    ["https://x.org", "https://x.org/", "https://x.org/api/3/action/package_list", "https://x.org/api/3/"],
)
def test_any_address_of_the_portal_will_do(address: str) -> None:
    """The page's address is built from the portal's; the order is stable, so that paging loses nothing."""
    assert page_address(address, "tags:baum", 200, 100) == (
        "https://x.org/api/3/action/package_search"
        "?fq=tags%3Abaum&sort=metadata_created+asc%2C+id+asc&rows=100&start=200"
    )


def test_a_portal_below_a_path_keeps_it() -> None:
    """Some portals live in a folder of their city's site."""
    assert page_address("https://x.org/daten/", "", 0, 1).startswith("https://x.org/daten/api/3/action/")


def test_persons_are_left_out() -> None:
    """Names and addresses of authors and maintainers do not come along."""
    theirs = {"id": "a", "author": "A", "author_email": "a@b", "maintainer": "M", "maintainer_email": "m@b"}
    assert {value for value in to_record(theirs).values() if value} == {"a"}


@pytest.mark.parametrize("value", [0, 1001])
def test_the_page_size_has_bounds(value: int) -> None:
    """CKAN gives at most a thousand."""
    assert [p.path for p in CkanConnector().check(source_of("ckan", {"page": value}))] == ["$.options.page"]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no recorded data in {SHARED}")
def test_a_recorded_answer_of_a_portal_is_read() -> None:
    """One dataset of Rhineland-Palatinate with its distributions."""
    path = SHARED / "15_catalogue" / "package_show_response.json"
    parsed = CkanConnector().parse(raw_of(path), source_of("ckan"), ())
    check_law(parsed)
    row = parsed.table.to_pylist()[0]
    assert row["id"] == "352a646f-e170-49c7-9d1e-53bdef9392fc"
    assert row["licence_title"] == "Creative Commons Nicht-Kommerziell (CC-NC)"
    assert len(json.loads(row["distributions"])) > 1
