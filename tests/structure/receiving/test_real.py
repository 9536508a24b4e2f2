"""Real spreadsheets of offices: what is found in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from allmende.structure.receiving.look import look_into
from tests.structure.receiving.conftest import codes

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[4] / "shared" / "data")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]

FILES = {
    "03_jena_sensors/Rules_Sensordaten.xlsx": (4, {"several_tables", "formulas", "comments", "merged_down"}),
    "05_airquality/PM10_2011.xlsx": (1, {"pictures"}),
    "05_airquality/NO2_2005.xls": (1, set()),
    "08_parking/parkapi_sources/bb_parkhaus.xlsx": (1, {"hidden_columns"}),
    "08_parking/parkapi_sources/pum_bw.xlsx": (1, {"formulas"}),
    "08_parking/parkapi_sources/vrs_p_r.xlsx": (2, {"several_sheets"}),
    "08_parking/parkapi_sources/ellwangen.xlsx": (2, {"several_sheets", "comments"}),
    "18_city_statistics/13211-03ir.xls": (1, {"merged_down"}),
}


@pytest.mark.parametrize("name", FILES)
def test_real_spreadsheets(name: str) -> None:
    """Sheets of measurements, car parks and statistics: their tables, and what a steward is told."""
    tables, told = FILES[name]
    found = look_into(DATA / name, name)
    assert not found.stopped
    assert len(found.blocks) == tables
    assert told <= codes(found)


def test_every_recorded_table_can_be_looked_at() -> None:
    """Nothing recorded is taken for a disguise, a bomb or broken."""
    paths = [
        path for path in DATA.rglob("*") if path.suffix in (".csv", ".xlsx", ".xls") and path.stat().st_size
    ]
    found = {path.name: codes(look_into(path, path.name)) for path in paths}
    assert len(found) > 60
    bad = {
        "disguise",
        "bomb",
        "broken",
        "hostile",
        "locked",
        "nul_bytes",
        "is_unknown",
        "unreadable",
        "no_table",
    }
    assert {name: told & bad for name, told in found.items() if told & bad} == {}
