"""GTFS: whole feeds, ids that lead nowhere, times after midnight, and files that are none."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.connectors.gtfs.checks import Fault
from allmende.connectors.gtfs.connector import GtfsConnector, _fitting
from allmende.connectors.gtfs.feed import Feed, text_table
from allmende.connectors.gtfs.tables import TABLES
from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.ports import Parsed
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")

FEED = {
    "agency.txt": "agency_id,agency_name\n1,Nahverkehr\n",
    "routes.txt": "\ufeffroute_id,agency_id,route_short_name,route_type\nr,1,5,0\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "w,1,1,1,1,1,0,0,20260101,20261231\nbad,1,1,1,1,1,0,0,20260230,20261231\n",
    "trips.txt": "route_id,service_id,trip_id,trip_headsign,shape_id\nr,w,t,Markt,\nr,never,u,Markt,\nweg,w,v,Markt,\nr,w,s,Ort,lost\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,A,50.9,11.5\nb,B,50.91,11.51\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t,23:59:30, 6:05:00,a,1\nt,25:10:00,25:11:00,b,2\nt,7:61:00,7:00:00,b,3\nt,7:00:00,7:00:00,lost,4\n"
    "lost,7:00:00,7:00:00,a,1\nt,7:00:00,7:00:00,a,2\nt,,,b,6\n",
}  # fmt: skip


class TestContract(ConnectorContract):
    """gtfs keeps what every connector must keep."""

    connector_id = "gtfs"
    refused: ClassVar[tuple[bytes, ...]] = (
        b"",
        b"<html></html>",
        b"PK\x03\x04broken",
        b"stop_id,stop_id\n1,2\n",
    )


def _feed(folder: Path, files: dict[str, str]) -> Path:
    path = folder / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _parse(path: Path, table: str, columns: tuple[Column, ...] = ()) -> Parsed:
    parsed = GtfsConnector().parse(raw_of(path), source_of("gtfs", {"table": table}), columns)
    check_law(parsed)
    return parsed


def _reasons(parsed: Parsed) -> list[tuple[int, str]]:
    return [(one.row, one.column) for one in parsed.rejected]


def test_stop_times_need_their_trip_and_their_stop(tmp_path: Path) -> None:
    """Rows whose ids lead nowhere are rejected with the reason; times count on after midnight."""
    parsed = _parse(_feed(tmp_path, FEED), "stop_times")
    assert parsed.rows_in == 7
    assert _reasons(parsed) == [(3, "arrival_time"), (4, "stop_id"), (5, "trip_id"), (6, "trip_id")]
    assert parsed.table["arrival_seconds"].to_pylist() == [86370, 90600, None]
    assert parsed.table["departure_time"].to_pylist() == ["6:05:00", "25:11:00", None]
    assert "not in stops.txt" in next(one.reason for one in parsed.rejected if one.row == 4)


def test_trips_need_days_and_a_route(tmp_path: Path) -> None:
    """A service that no calendar has, and a line that is not there; a lost shape is only told."""
    parsed = _parse(_feed(tmp_path, FEED), "trips")
    assert _reasons(parsed) == [(2, "service_id"), (3, "route_id")]
    assert "not checked" in parsed.detected["ids in shape_id"]
    assert parsed.table["trip_id"].to_pylist() == ["t", "s"]


def test_a_feed_without_calendar_says_so(tmp_path: Path) -> None:
    """Its trips are read; on which days they run is told to be unknown."""
    files = {name: text for name, text in FEED.items() if name != "calendar.txt"}
    parsed = _parse(_feed(tmp_path, files), "trips")
    assert "not known" in parsed.detected["calendar"]
    assert _reasons(parsed) == [(3, "route_id")]


def test_days_that_no_calendar_has(tmp_path: Path) -> None:
    """The thirtieth of February is rejected, not moved to March."""
    parsed = _parse(_feed(tmp_path, FEED), "calendar")
    assert _reasons(parsed) == [(2, "start_date")]
    assert parsed.table["end_date"].to_pylist() == [date(2026, 12, 31)]


def test_a_feed_in_a_folder_and_declared_columns(tmp_path: Path) -> None:
    """Files may lie in one folder of the ZIP; a contract may rename and retype."""
    path = _feed(tmp_path, {f"feed/{name}": text for name, text in FEED.items()})
    columns = (
        Column("line", "integer", source_name="route_short_name"),
        Column("id", "text", source_name="route_id"),
    )
    parsed = _parse(path, "routes", columns)
    assert parsed.table.to_pylist()[0] == {"line": 5, "id": "r", "agency_id": "1", "route_type": 0}


def test_rejected_rows_keep_their_text(tmp_path: Path) -> None:
    """A row with too few cells, and one whose declared type does not fit: text and value stand beside the reason."""
    path = _feed(tmp_path, {"stops.txt": "stop_id,stop_name\nshort\nx1,Markt\n7,Ort\n"})
    parsed = _parse(path, "stops", (Column("number", "integer", source_name="stop_id"),))
    assert [(one.row, one.raw) for one in parsed.rejected] == [(1, "short"), (2, "x1,Markt")]
    assert "'x1' does not fit the declared type integer" in parsed.rejected[1].reason
    assert parsed.table["number"].to_pylist() == [7]


def test_a_contract_that_fits_nothing_stays_small() -> None:
    """All rows with one fault are one mask, not one for each."""
    many = pa.array([f"x{n}" for n in range(50_000)])
    faults = list[Fault]()
    _fitting("text", many, Column("stop_id", "integer"), faults, "stop_id")
    assert [int(one.rows.sum()) for one in faults] == [50_000]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"bad_stops.txt": "stop_id\n1\n"}, "no stops.txt"),
        ({"stops.txt": "name\nx\n"}, "no column stop_id"),
        ({"a/stops.txt": "stop_id\n1\n", "b/stops.txt": "stop_id\n1\n"}, "two files"),
        ({"stops.txt": ""}, "no table"),
    ],
)
def test_what_is_no_feed_is_refused(tmp_path: Path, files: dict[str, str], words: str) -> None:
    """With what is missing, and what is there."""
    with pytest.raises(Unreadable, match=words):
        _parse(_feed(tmp_path, files), "stops")


def test_a_wrong_table_is_told_with_the_right_one() -> None:
    """Did you mean."""
    found = GtfsConnector().check(source_of("gtfs", {"table": "stoptimes"}))
    assert [one.path for one in found] == ["$.options.table"]
    assert "stop_times" in found[0].hint
    assert GtfsConnector().check(source_of("gtfs", {"table": "trips"})) == []


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6),
            min_size=2,
            max_size=3,
        ),
        max_size=5,
    )
)
def test_no_row_is_lost(rows: list[list[str]]) -> None:
    """Rows of the file are rows of the table or wrong ones, whatever the cells hold."""
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    read = text_table(("trip_id,name\n" + "\n".join(quoted)).encode(), "trips")
    assert read.rows == len(rows)
    assert read.cells.num_rows == sum(len(row) == 2 for row in rows)
    assert sorted([*read.numbers, *(number for number, _, _ in read.wrong)]) == list(range(1, len(rows) + 1))


@pytest.mark.shared
@shared
def test_real_feeds_are_read_or_refused() -> None:
    """Every table of the real feeds, by file: rows, and how many were rejected."""
    folder = DATA / "09_transit"
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for name in ("vpe_gtfs_2024.zip", "bullrunner-gtfs.zip"):
        there = set(Feed(folder / name, "stops").tables) & set(TABLES)
        every = {table: _parse(folder / name, table) for table in there}
        found |= {(name, table): (one.rows_in, one.rows_rejected) for table, one in every.items()}
    assert found["vpe_gtfs_2024.zip", "stop_times"][0] > 10_000
    assert found["bullrunner-gtfs.zip", "stops"][0] > 50
    assert {rejected for _, rejected in found.values()} == {0}
    with pytest.raises(Unreadable, match=r"no stops\.txt"):
        _parse(folder / "badgtfs.zip", "stops")
    for path in sorted(folder.glob("gtfs_*/*.txt")):
        parsed = _parse(path, path.stem)
        assert parsed.rows_in > 0, path.name
