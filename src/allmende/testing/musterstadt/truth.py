"""What is true in Musterstadt: the numbers that were planted and that instruments should find."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class DistrictTruth:
    """One district: its centre on a plane of metres, people at the end of 2015, and yearly growth."""

    code: str
    name: str
    x: float
    y: float
    people: int
    growth: float


DISTRICTS = (
    DistrictTruth("01", "Altstadt", 0, 0, 8_200, 0.002),
    DistrictTruth("02", "Bahnhofsviertel", 1_300, 150, 11_400, 0.011),
    DistrictTruth("03", "Kirchweide", -1_300, 250, 9_700, 0.004),
    DistrictTruth("04", "Nordhang", -150, 1_900, 7_300, -0.003),
    DistrictTruth("05", "Ziegenberg", 1_900, 1_800, 6_100, 0.001),
    DistrictTruth("06", "Auefeld", -2_300, 1_500, 5_400, 0.019),
    DistrictTruth("07", "Weststadt", -2_900, -600, 12_900, 0.003),
    DistrictTruth("08", "Wiesental", -1_700, -1_900, 8_800, -0.006),
    DistrictTruth("09", "Südpark", 100, -2_000, 9_900, 0.007),
    DistrictTruth("10", "Mühlgrund", 1_700, -1_500, 7_600, 0.000),
    DistrictTruth("11", "Steinbruch", 3_300, -700, 6_900, -0.004),
    DistrictTruth("12", "Hochried", 3_100, 700, 5_800, 0.009),
)


@dataclass(frozen=True, slots=True)
class Truth:
    """The planted facts under one seed.

    Bicycle traffic grows by `cycling_growth` a year. Counter `silent_counter` reported nothing in the
    14 days from `outage_from`. Of the soil probes, `stuck_probes` repeat one value, `silent_probes`
    stopped a month before today, and `misplaced_probes` are registered outside the city. Of the radio
    sensors `dead_sensor` stopped five days ago, and `gateway_sensor` is entered where the gateway stands.
    """

    seed: int = 7
    first_year: int = 2015
    cycling_growth: float = 0.08
    silent_counter: str = "Z05"
    outage_from: date = date(2026, 7, 27)
    stuck_probes: tuple[str, ...] = ("B04", "B17")
    silent_probes: tuple[str, ...] = ("B09",)
    misplaced_probes: tuple[str, ...] = ("B12",)
    dead_sensor: str = "70b3d5000000a007"
    gateway_sensor: str = "70b3d5000000a009"
    districts: tuple[DistrictTruth, ...] = field(default=DISTRICTS)

    def chance(self, *names: object) -> Random:
        """A random generator of its own for one table or cell, the same on every machine."""
        return Random(":".join(str(part) for part in (self.seed, *names)))  # noqa: S311  not for secrets

    def people(self, district: DistrictTruth, year: int) -> int:
        """People living in a district at the end of a year."""
        return round(district.people * (1 + district.growth) ** (year - self.first_year))

    def cyclists(self, counter: str, day: date) -> int | None:
        """Bicycles at a counter on a day; None in its outage. Weekends are quieter, summers busier."""
        if counter == self.silent_counter and self.outage_from <= day < self.outage_from + timedelta(days=14):
            return None
        base = 300 + 60 * int(counter[1:])
        season = 1 + 0.45 * _season(day)
        weekend = 0.62 if day.weekday() >= 5 else 1.0
        trend = (1 + self.cycling_growth) ** ((day - date(2025, 1, 1)).days / 365.25)
        noise = self.chance("cycling", counter, day).gauss(1, 0.07)
        return max(0, round(float(base * season * weekend * trend * noise)))


def _season(day: date) -> float:
    """From -1 in mid-January to 1 in mid-July, in a straight line up and down."""
    days = abs((day.timetuple().tm_yday - 196 + 182) % 365 - 182)
    return 1 - days / 91
