"""The invented tables, written the way offices write them: semicolons, decimal commas, dates as columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import shapely
import xlsxwriter
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from allmende.testing.musterstadt.geography import district_shapes, point_in, to_wgs84
from allmende.testing.musterstadt.truth import DistrictTruth, Truth

Table = Callable[[Truth, date], bytes]
SPECIES = ("Winterlinde", "Spitzahorn", "Stieleiche", "Rosskastanie", "Platane", "Hainbuche", "Feldahorn")
PRODUCTS = {
    "Innere Verwaltung": 41_300_000,
    "Sicherheit und Ordnung": 22_800_000,
    "Schulen": 35_900_000,
    "Kultur": 14_100_000,
    "Soziale Hilfen": 58_200_000,
    "Kinder und Jugend": 72_600_000,
    "Verkehr": 31_400_000,
    "Natur und Grün": 9_700_000,
}
SERVICES = (
    "Wohnsitz anmelden", "Personalausweis", "Führungszeugnis", "Kita-Platz", "Hund anmelden", "Bauantrag",
    "Bewohnerparken", "Wohngeld", "Gewerbe anmelden", "Sperrmüll", "Geburtsurkunde", "Eheschließung",
    "Fundsachen", "Bibliotheksausweis", "Straße sperren", "Baum fällen", "Musikschule", "Schülerbeförderung",
)  # fmt: skip


def districts(truth: Truth, today: date) -> bytes:
    """GeoJSON: the twelve districts."""
    shapes = district_shapes(truth)
    return _geojson((to_wgs84(shapes[d.code]), {"code": d.code, "name": d.name}) for d in truth.districts)


def population(truth: Truth, today: date) -> bytes:
    """CSV, dates as columns: people by district at the end of each year. The last year is still empty."""
    years = range(truth.first_year, today.year)
    header = ["Stadtteil-Nr.", "Stadtteil", *(f"31.12.{year}" for year in years), f"31.12.{today.year}"]
    rows = [[d.code, d.name, *(_thousands(truth.people(d, y)) for y in years), ""] for d in truth.districts]
    totals = [_thousands(sum(truth.people(d, y) for d in truth.districts)) for y in years]
    return _csv(header, [["00", "Musterstadt gesamt", *totals, ""], *rows])


def children(truth: Truth, today: date) -> bytes:
    """CSV: children who need a place in a nursery, and places, by district and year."""
    header = ["Jahr", "Stadtteil-Nr.", "Kinder mit Bedarf", "Plätze"]
    years = range(2019, today.year)
    return _csv(header, [_children(truth, d, year) for year in years for d in truth.districts])


def _children(truth: Truth, district: DistrictTruth, year: int) -> list[object]:
    chance = truth.chance("children", district.code, year)
    need = round(truth.people(district, year) * 0.031 * chance.uniform(0.96, 1.04))
    share = 0.86 + 0.012 * (year - 2019) - (0.12 if district.growth > 0.009 else 0)
    return [year, district.code, need, round(need * share * chance.uniform(0.98, 1.02))]


def trees(truth: Truth, today: date) -> bytes:
    """CSV with decimal commas and yes/no in German: the register of trees."""
    shapes = district_shapes(truth)
    header = ["Baum-Nr.", "Art", "Pflanzjahr", "Höhe (m)", "Straßenbaum", "Länge", "Breite"]
    return _csv(header, [_tree(truth, number, shapes) for number in range(1, 2_401)])


def _tree(truth: Truth, number: int, shapes: dict[str, Polygon]) -> list[object]:
    chance = truth.chance("tree", number)
    planted = chance.choice([None, *range(1950, 2026), *range(2015, 2026)])
    height = 4 + 0.22 * (2026 - planted if planted else 40) * chance.uniform(0.8, 1.1)
    place = to_wgs84(point_in(shapes[chance.choice(truth.districts).code], chance)).centroid
    street = "WAHR" if chance.random() < 0.6 else "FALSCH"
    return [
        number,
        chance.choice(SPECIES),
        planted or "",
        _comma(height, 1),
        street,
        _comma(place.x, 6),
        _comma(place.y, 6),
    ]


def cycling(truth: Truth, today: date) -> bytes:
    """CSV: bicycles per counter and day since the start of 2025; a silent counter has a dash."""
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range((today - date(2025, 1, 1)).days)]
    counters = [f"Z{n:02d}" for n in range(1, 13)]
    rows = ([f"{day:%d.%m.%Y}", c, _or_dash(truth.cyclists(c, day))] for day in days for c in counters)
    return _csv(["Datum", "Zählstelle", "Räder"], rows)


def probes(truth: Truth, today: date) -> bytes:
    """GeoJSON: the register of soil probes; some stand where no probe can stand."""
    shapes = district_shapes(truth)
    return _geojson(_probe(truth, f"B{n:02d}", shapes) for n in range(1, 25))


def _probe(truth: Truth, probe: str, shapes: dict[str, Polygon]) -> tuple[BaseGeometry, dict[str, Any]]:
    chance = truth.chance("probe", probe)
    point = point_in(shapes[chance.choice(truth.districts).code], chance)
    if probe in truth.misplaced_probes:
        point = shapely.affinity.translate(point, xoff=60_000)
    return to_wgs84(point), {
        "probe": probe,
        "depth_cm": 30,
        "installed": f"{chance.randint(2022, 2024)}-04-01",
    }


def soil(truth: Truth, today: date) -> bytes:
    """CSV: volumetric soil moisture per probe and day of the last 400 days, in per cent."""
    days = [today - timedelta(days=n) for n in range(400, 0, -1)]
    rows = (row for day in days for n in range(1, 25) if (row := _soil(truth, f"B{n:02d}", day, today)))
    return _csv(["Datum", "Sonde", "Bodenfeuchte (%)"], rows)


def _soil(truth: Truth, probe: str, day: date, today: date) -> list[object] | None:
    if probe in truth.silent_probes and day > today - timedelta(days=30):
        return None
    chance = truth.chance("soil", probe, day)
    dry = 1 - abs(day.timetuple().tm_yday - 205) / 205
    value = 21.4 if probe in truth.stuck_probes else 34 - 16 * dry + chance.gauss(0, 2.0)
    return [f"{day:%d.%m.%Y}", probe, _comma(min(60, max(2, value)), 1)]


def air(truth: Truth, today: date) -> bytes:
    """JSON: monthly mean of nitrogen dioxide at two stations in ug/m3; falling by 6 % a year."""
    months = [(year, month) for year in range(2016, today.year + 1) for month in range(1, 13)]
    past = [(y, m) for y, m in months if date(y, m, 28) < today.replace(day=1)]
    records = [_air(truth, station, y, m) for y, m in past for station in ("Ringstraße", "Südpark")]
    return json.dumps({"unit": "ug/m3", "values": records}, ensure_ascii=False, indent=1).encode()


def _air(truth: Truth, station: str, year: int, month: int) -> dict[str, object]:
    level = 38.0 if station == "Ringstraße" else 19.0
    winter = 1 + 0.18 * (abs(month - 7) / 5 - 0.5)
    noise = truth.chance("air", station, year, month).gauss(1, 0.05)
    value = level * 0.94 ** (year - 2016 + month / 12) * winter * noise
    return {"station": station, "month": f"{year}-{month:02d}-01", "no2": round(value, 1)}


def households(truth: Truth, today: date) -> bytes:
    """CSV: households by district and size, with sums both ways; large ones are rare, so their numbers are small."""
    sizes = ("1", "2", "3", "4", "5", "6", "7 und mehr")
    header = ["Jahr", "Stadtteil-Nr.", *(f"Haushalte mit {size}" for size in sizes), "Haushalte"]
    rows: list[list[object]] = []
    for year in (today.year - 2, today.year - 1):
        counts = [_households(truth, district, year) for district in truth.districts]
        totals = [sum(column) for column in zip(*counts, strict=True)]
        rows += [[year, d.code, *found] for d, found in zip(truth.districts, counts, strict=True)]
        rows.append([year, "00", *totals])
    return _csv(header, rows)


def _households(truth: Truth, district: DistrictTruth, year: int) -> list[int]:
    chance = truth.chance("households", district.code)
    shares = (0.43, 0.33, 0.12, 0.09, 0.022, 0.003, 0.0009)
    size = truth.people(district, year) / 2.05
    found = [round(size * share * chance.uniform(0.8, 1.2)) for share in shares]
    return [*found, sum(found)]


def playgrounds(truth: Truth, today: date) -> bytes:
    """GeoJSON: playgrounds; Hochried and Steinbruch have hardly any."""
    shapes = district_shapes(truth)
    few = {"11": 1, "12": 1}
    found = ((d.code, n) for d in truth.districts for n in range(few.get(d.code, 3 + int(d.code) % 5)))
    return _geojson(_playground(truth, shapes[code], code, n) for code, n in found)


def _playground(truth: Truth, shape: Polygon, code: str, number: int) -> tuple[BaseGeometry, dict[str, Any]]:
    chance = truth.chance("playground", code, number)
    facts = {
        "name": f"Spielplatz {code}-{number + 1}",
        "inclusive": chance.random() < 0.3,
        "area_m2": chance.randint(300, 2_400),
    }
    return to_wgs84(point_in(shape, chance)), facts


def budget(truth: Truth, today: date) -> bytes:
    """CSV with thousands dots: planned and actual spending by product area and year; no actuals yet this year."""
    header = ["Haushaltsjahr", "Produktbereich", "Ansatz in EUR", "Ergebnis in EUR"]
    years = range(2020, today.year + 1)
    return _csv(header, [_budget(truth, product, year, today) for year in years for product in PRODUCTS])


def _budget(truth: Truth, product: str, year: int, today: date) -> list[object]:
    plan = round(PRODUCTS[product] * 1.028 ** (year - 2020), -3)
    actual = plan * truth.chance("budget", product, year).gauss(1.0, 0.03)
    return [year, product, _thousands(int(plan)), _thousands(round(actual)) if year < today.year else ""]


def services(truth: Truth, today: date) -> bytes:
    """XLSX with a title above the header: the city's services, and which work on a phone."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": date(2026, 1, 1)})
        sheet = book.add_worksheet("Leistungen")
        sheet.write_row(0, 0, ["Leistungen der Stadt Musterstadt (erfunden)"])
        sheet.write_row(2, 0, ["Leistung", "Online", "Am Telefon nutzbar", "Tage bis zum Bescheid"])
        for number, name in enumerate(SERVICES):
            sheet.write_row(3 + number, 0, _service(truth, name))
    return out.getvalue()


def _service(truth: Truth, name: str) -> list[object]:
    chance = truth.chance("service", name)
    online = chance.random() < 0.7
    return [
        name,
        "ja" if online else "nein",
        "ja" if online and chance.random() < 0.6 else "nein",
        chance.randint(1, 45),
    ]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("cp1252")


def _geojson(features: Iterable[tuple[BaseGeometry, dict[str, Any]]]) -> bytes:
    found = [
        {"type": "Feature", "properties": facts, "geometry": shapely.geometry.mapping(shape)}
        for shape, facts in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False).encode()


def _comma(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _thousands(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _or_dash(value: int | None) -> object:
    return "-" if value is None else value


TABLES: dict[str, tuple[Table, str]] = {
    "districts.geojson": (districts, "application/geo+json"),
    "population.csv": (population, "text/csv"),
    "children.csv": (children, "text/csv"),
    "households.csv": (households, "text/csv"),
    "trees.csv": (trees, "text/csv"),
    "cycling.csv": (cycling, "text/csv"),
    "probes.geojson": (probes, "application/geo+json"),
    "soil.csv": (soil, "text/csv"),
    "air.json": (air, "application/json"),
    "playgrounds.geojson": (playgrounds, "application/geo+json"),
    "budget.csv": (budget, "text/csv"),
    "services.xlsx": (services, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
