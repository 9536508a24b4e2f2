"""The rules on real readings: they find what is known to be wrong, and little else."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allmende.model.limits import Limits
from allmende.model.observation import SUSPECT, microseconds
from allmende.structure.quality.neighbours import Near, compare_neighbours
from allmende.structure.quality.watch import Rules, Watch

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[3].parent / "shared" / "data")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]
LIMITS = {
    "temperature": Limits(-40, 50, max_rate=20, stuck_after=6 * 3600, silence_after=1800),
    "humidity": Limits(0, 100, max_rate=80, stuck_after=12 * 3600, silence_after=1800),
    "P1": Limits(0, 1999, stuck_after=3 * 3600, silence_after=1800),
    "P2": Limits(0, 999, stuck_after=3 * 3600, silence_after=1800),
}


@pytest.mark.parametrize(
    ("name", "column", "most"),
    [
        ("2019-02-15_bme280_sensor_17204.csv", "temperature", 0.01),
        ("2019-02-15_bme280_sensor_17204.csv", "humidity", 0.01),
        ("2019-02-15_sds011_sensor_15462.csv", "P1", 0.01),
        ("2017-10-29_sds011_sensor_5331.csv", "P2", 0.01),
    ],
)
def test_a_day_of_a_sound_sensor_raises_hardly_a_doubt(name: str, column: str, most: float) -> None:
    """Air of one day, every two and a half minutes, as citizens measured it."""
    watch = Watch(lambda datastream: Rules(LIMITS[column]))
    values = [v for v in _day(DATA / "05_airquality" / "sensor_community" / name, column) if v[1] is not None]
    suspect = [watch.see(1, time, number).flags & SUSPECT for time, number in values]
    assert len(values) > 300
    assert sum(1 for flags in suspect if flags) <= most * len(values)


def test_the_days_on_which_all_soil_probes_of_jena_have_one_value_are_found() -> None:
    """Three of ten; on the others hardly anybody is called alike."""
    days: dict[str, list[Near]] = defaultdict(list)
    with (DATA / "03_jena_sensors" / "Sensormesswerte.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["Wert"]:
                number = float(row["Wert"].replace(",", "."))
                days[row["Datum"]].append(Near(int(row["gid"]), 11.58, 50.92, number, 15.0))
    alike = {day for day, series in days.items() if _alike(series) > 0.9}
    assert (len(days), len(alike)) == (10, 3)
    assert all(_alike(series) == 0 for day, series in days.items() if day not in alike)


def _alike(series: list[Near]) -> float:
    found = [doubt for doubt in compare_neighbours(series).values() if doubt.oddity == "alike"]
    return len(found) / len(series)


def _day(path: Path, column: str) -> list[tuple[int, float | None]]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    times = (datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) for row in rows)
    return [(microseconds(t), _number(row[column])) for t, row in zip(times, rows, strict=True)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
