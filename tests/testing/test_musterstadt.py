"""Musterstadt's tables say what its truth says, the same on every machine and day after day."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import shapely

from allmende.errors import SourceRefused
from allmende.testing.musterstadt import InventedHttp, Truth
from allmende.testing.musterstadt.geography import district_shapes, outline
from allmende.testing.musterstadt.tables import TABLES

TODAY = date(2026, 11, 23)


@dataclass
class _Clock:
    moment: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def _rows(name: str, truth: Truth, today: date = TODAY) -> list[dict[str, str]]:
    text = TABLES[name][0](truth, today).decode("cp1252")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_same_seed_same_bytes(name: str) -> None:
    """A table is a pure function of seed and day: asked twice it gives the same bytes."""
    table, _ = TABLES[name]
    assert table(Truth(), TODAY) == table(Truth(), TODAY)


def test_another_seed_gives_another_city() -> None:
    """The seed matters: trees stand elsewhere under another one."""
    assert TABLES["trees.csv"][0](Truth(seed=8), TODAY) != TABLES["trees.csv"][0](Truth(), TODAY)


def test_districts_fill_the_city_without_overlap() -> None:
    """Twelve districts, together exactly the city's area."""
    shapes = district_shapes(Truth())
    assert len(shapes) == 12
    border = outline(Truth())
    assert sum(s.area for s in shapes.values()) == pytest.approx(border.area, rel=1e-9)
    assert shapely.union_all(list(shapes.values())).symmetric_difference(border).area < 1


def test_population_total_is_the_sum_of_districts() -> None:
    """The total row of the spreadsheet equals the sum of the others; the last column is empty."""
    total, *rows = _rows("population.csv", Truth())
    assert _number(total["31.12.2025"]) == sum(_number(r["31.12.2025"]) for r in rows)
    assert {r["31.12.2026"] for r in rows} == {""}


def _number(text: str) -> int:
    return int(text.replace(".", ""))


def test_silent_counter_reports_a_dash_not_zero() -> None:
    """In its outage the counter has a dash on each of 14 days, and never a zero."""
    truth = Truth()
    silent = [r for r in _rows("cycling.csv", truth) if r["Räder"] == "-"]
    assert {r["Zählstelle"] for r in silent} == {truth.silent_counter}
    assert len(silent) == 14


def test_cycling_grows_by_the_planted_rate() -> None:
    """The same months of two years differ by the planted 8 % within noise."""
    sums = {"2025": 0, "2026": 0}
    for row in _rows("cycling.csv", Truth()):
        _, month, year = row["Datum"].split(".")
        if month in ("03", "04", "05") and row["Räder"] != "-":
            sums[year] += int(row["Räder"])
    assert sums["2026"] / sums["2025"] - 1 == pytest.approx(0.08, abs=0.015)


def test_probes_show_their_planted_faults() -> None:
    """Stuck probes repeat one value, silent ones stop a month ago, misplaced ones stand outside."""
    truth = Truth()
    rows = _rows("soil.csv", truth)
    for probe in truth.stuck_probes:
        assert {r["Bodenfeuchte (%)"] for r in rows if r["Sonde"] == probe} == {"21,4"}
    assert not [r for r in rows if r["Sonde"] in truth.silent_probes and r["Datum"].endswith(".11.2026")]
    areas = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in _features("districts.geojson")])
    outside = {
        f["properties"]["probe"]
        for f in _features("probes.geojson")
        if not areas.intersects(shapely.geometry.shape(f["geometry"]))
    }
    assert outside == set(truth.misplaced_probes)


def _features(name: str) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = json.loads(TABLES[name][0](Truth(), TODAY))["features"]
    return found


def test_invented_http_answers_once_a_day() -> None:
    """The second fetch of a day finds nothing new; an unknown name is refused with the known ones."""
    http = InventedHttp(_Clock())
    fetched = http.fetch("invented:population.csv")
    assert fetched is not None
    assert b"Altstadt" in b"".join(fetched.chunks)
    with pytest.raises(SourceRefused, match=r"population\.csv"):
        http.fetch("invented:nothing.csv")
    with pytest.raises(SourceRefused, match="no outside"):
        http.fetch("https://example.org/")
