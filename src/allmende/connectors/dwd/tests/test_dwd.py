"""Connector `dwd`: station data of the weather service."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from allmende.errors import Unreadable
from allmende.extensions import load_connector
from allmende.testing.connector_contract import ConnectorContract, check_law, raw_of, source_of

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[5].parent / "shared" / "data")
shared = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}")


class TestDwd(ConnectorContract):
    """The contract of every connector."""

    connector_id = "dwd"
    refused = (b"", b"PK\x03\x04", b"a;b\n1;2\n")


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """A ZIP file with these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b"x"}, "0 products"),
        ({"produkt_a.txt": b"x", "produkt_b.txt": b"x"}, "2 products"),
        ({"../produkt_a.txt": b"x"}, "outside"),
        ({"produkt_a.txt": bytes(40_000_000)}, "bomb"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    """No product, two, one that leads outside, a bomb: each is named and nothing is unpacked."""
    path = zipped(tmp_path / "x.zip", files)
    with pytest.raises(Unreadable, match=words):
        load_connector("dwd").parse(raw_of(path), source_of("dwd"), ())


def test_a_place_can_be_given(tmp_path: Path) -> None:
    """Files of current values do not say where the station stands."""
    path = tmp_path / "x.txt"
    path.write_text("STATIONS_ID;MESS_DATUM;QN_9;TT_TU;eor\n44;2026030107;3;4.5;eor\n")
    options = {"longitude": 11.6, "latitude": 50.9, "name": "Dorf"}
    (row,) = load_connector("dwd").parse(raw_of(path), source_of("dwd", options), ()).table.to_pylist()
    assert (row["device"], row["name"], row["property"], row["unit"]) == ("00044", "Dorf", "TT_TU", "Cel")
    assert row["time"].isoformat() == "2026-03-01T07:00:00+00:00"
    assert row["geometry"] is not None


def test_a_month_has_an_end(tmp_path: Path) -> None:
    """Monthly values count for the whole of their last day."""
    path = tmp_path / "x.txt"
    path.write_text(
        "STATIONS_ID;MESS_DATUM_BEGINN;MESS_DATUM_ENDE;QN_4;MO_TT;eor\n44;20260201;20260228;3;1.5;eor\n"
    )
    (row,) = load_connector("dwd").parse(raw_of(path), source_of("dwd"), ()).table.to_pylist()
    assert (row["time"].date(), row["end"].date()) == (date(2026, 2, 1), date(2026, 3, 1))


@pytest.mark.shared
@shared
def test_real_files() -> None:
    """Ten minutes of sunshine out of a ZIP file, and days since 1957: -999 is never a value."""
    folder = DATA / "06_weather"
    for name in (
        "10minutenwerte_SOLAR_01766_akt.zip",
        "produkt_klima_Tageswerte_19570901_20121231_02667.txt",
    ):
        parsed = load_connector("dwd").parse(raw_of(folder / name), source_of("dwd"), ())
        check_law(parsed)
        assert parsed.rows_rejected == 0, parsed.rejected[:3]
        assert parsed.table.num_rows > 500
        assert -999.0 not in set(parsed.table["value"].to_pylist())
        assert int(parsed.detected["missing"]) > 0
