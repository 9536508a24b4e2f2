"""What a value's name says that it is: observed property, unit, and what is plausible for it.

Definitions are CF standard names (cfconventions.org, served by vocab.nerc.ac.uk) where one fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from allmende.model.limits import Limits
from allmende.model.sensor_type import ValueKind
from allmende.model.text import Text

CF = "https://vocab.nerc.ac.uk/standard_name/"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Measure:
    """An observed property as sensors have it. `limits` are in `unit`."""

    id: str
    title: Text
    unit: str = ""
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    definition: str = ""
    kind: ValueKind = "number"


def _measure(
    id_: str, german: str, english: str, unit: str = "", *, low: float | None = None, high: float | None = None,
    rate: float | None = None, stuck: float | None = None, resting: tuple[float, ...] = (), cf: str = "",
    kind: ValueKind = "number", weak: float | None = None,
) -> Measure:  # fmt: skip
    limits = Limits(low, high, rate, stuck, resting, low=weak)
    return Measure(id_, Text(german, english), unit, limits, f"{CF}{cf}/" if cf else "", kind)


_MEASURES: tuple[tuple[str, Measure], ...] = (
    (r"volumetric_water", _measure("soil-water-content", "Wassergehalt des Bodens", "Soil water content", "m3/m3",
                                   low=0, high=1, stuck=2 * DAY)),
    (r"water_(tension|potential)|matric", _measure("soil-water-tension", "Saugspannung des Bodens",
                                                   "Soil water tension", "kPa", stuck=2 * DAY)),
    (r"water_soil|soil_(moisture|water|hum)|moisture", _measure("soil-moisture", "Bodenfeuchte", "Soil moisture", "%",
                                                                low=0, high=100, stuck=2 * DAY)),
    (r"temp.*soil|soil.*temp", _measure("soil-temperature", "Bodentemperatur", "Soil temperature", "Cel", low=-30,
                                        high=60, rate=20, stuck=2 * DAY, cf="soil_temperature")),
    (r"cond\w*_soil|soil_cond|soil_ec", _measure("soil-conductivity", "Leitfähigkeit des Bodens",
                                                 "Soil conductivity", "uS/cm", low=0, high=30_000)),
    (r"conductivity", _measure("electrical-conductivity", "Elektrische Leitfähigkeit", "Electrical conductivity",
                               "uS/cm", low=0, high=100_000)),
    (r"salinity", _measure("salinity", "Salzgehalt", "Salinity")),
    (r"bat\w*_(v|volt\w*)$|^bat$|^vdd$|capacitor_voltage|^batv$", _measure("battery-voltage", "Batteriespannung",
                                                                         "Battery voltage", "V", low=0, high=15)),
    (r"batt?ery|^bat_", _measure("battery", "Batterieladung", "Battery charge", "%", low=0, high=100, weak=20)),
    (r"dew_?point", _measure("dew-point", "Taupunkt", "Dew point", "Cel", low=-60, high=40, cf="dew_point_temperature")),
    (r"surface_temp", _measure("surface-temperature", "Oberflächentemperatur", "Surface temperature", "Cel", low=-40,
                               high=80, cf="surface_temperature")),
    (r"water_temp|temp.*water", _measure("water-temperature", "Wassertemperatur", "Water temperature", "Cel", low=-5,
                                         high=45, rate=10, stuck=7 * DAY)),
    (r"(internal|circuit|electronics|board|chip|device)\w*temp|sensor_temp", _measure(
        "device-temperature", "Temperatur im Gerät", "Device temperature", "Cel", low=-40, high=90)),
    (r"air_temp|ambient_temp|outdoor_temp|temperature_out", _measure(
        "air-temperature", "Lufttemperatur", "Air temperature", "Cel", low=-40, high=50, rate=20, stuck=DAY,
        cf="air_temperature")),
    (r"temp", _measure("temperature", "Temperatur", "Temperature", "Cel", low=-40, high=85, rate=40, stuck=2 * DAY)),
    (r"hum|^rh$|_rh$", _measure("air-humidity", "Luftfeuchte", "Air humidity", "%", low=0, high=100, stuck=2 * DAY,
                                resting=(100.0,), cf="relative_humidity")),
    (r"vapou?r_pressure", _measure("vapour-pressure", "Dampfdruck", "Vapour pressure", "kPa", low=0, high=10)),
    (r"pressure|^pres", _measure("air-pressure", "Luftdruck", "Air pressure", "hPa", low=850, high=1090, rate=10,
                                 stuck=DAY, cf="air_pressure")),
    (r"uv", _measure("uv-index", "UV-Index", "UV index", "1", low=0, high=20, resting=(0.0,),
                     cf="ultraviolet_index")),
    (r"illuminance|light|lux", _measure("illuminance", "Beleuchtungsstärke", "Illuminance", "lx", low=0, high=200_000,
                                        resting=(0.0,))),
    (r"photosynth|^par$", _measure("photosynthetic-radiation", "Photosynthetisch aktive Strahlung",
                                   "Photosynthetically active radiation", "umol/m2/s", low=0, high=3000,
                                   resting=(0.0,))),
    (r"solar|radiation|irradiance", _measure("solar-radiation", "Sonnenstrahlung", "Solar radiation", "W/m2", low=0,
                                             high=1500, resting=(0.0,))),
    (r"gust|max\w*_wind", _measure("wind-gust", "Windböe", "Wind gust", "m/s", low=0, high=75, resting=(0.0,),
                                   cf="wind_speed_of_gust")),
    (r"wind_dir", _measure("wind-direction", "Windrichtung", "Wind direction", "deg", low=0, high=360,
                           cf="wind_from_direction")),
    (r"wind", _measure("wind-speed", "Windgeschwindigkeit", "Wind speed", "m/s", low=0, high=75, stuck=DAY,
                       resting=(0.0,), cf="wind_speed")),
    (r"(rain|precip)\w*(acc|total|cum)|(acc|total|cum)\w*(rain|precip)", _measure(
        "rain-total", "Niederschlag seit Beginn", "Rain since the beginning", "mm", low=0)),
    (r"rain_(rate|gauge|int)|rainfall_rate", _measure("rain-rate", "Niederschlagsrate", "Rain rate", "mm/h", low=0,
                                                      high=400, resting=(0.0,), cf="rainfall_rate")),
    (r"rain|precip", _measure("rain", "Niederschlag", "Rain", "mm", low=0, high=200, resting=(0.0,))),
    (r"leaf", _measure("leaf-wetness", "Blattnässe", "Leaf wetness")),
    (r"snow", _measure("snow-depth", "Schneehöhe", "Snow depth", "cm", low=0, high=500)),
    (r"co2|carbon_dioxide", _measure("carbon-dioxide", "Kohlendioxid", "Carbon dioxide", "[ppm]", low=300,
                                     high=10_000)),
    (r"pm_?2_?5|^2_?5_?p$|p2$", _measure("pm25", "Feinstaub PM2,5", "Particulate matter PM2.5", "ug/m3", low=0,
                                         high=1000)),
    (r"pm_?10|^10_?p$|p1$", _measure("pm10", "Feinstaub PM10", "Particulate matter PM10", "ug/m3", low=0, high=1000)),
    (r"pm_?1|^1_?0_?p$", _measure("pm1", "Feinstaub PM1", "Particulate matter PM1", "ug/m3", low=0, high=1000)),
    (r"no2", _measure("nitrogen-dioxide", "Stickstoffdioxid", "Nitrogen dioxide", "ug/m3", low=0, high=1000)),
    (r"(^|_)no(_|$)", _measure("nitrogen-monoxide", "Stickstoffmonoxid", "Nitrogen monoxide", "ug/m3", low=0,
                               high=2000)),
    (r"(^|_)o3(_|$)|ozone", _measure("ozone", "Ozon", "Ozone", "ug/m3", low=0, high=600)),
    (r"voc", _measure("volatile-organics", "Flüchtige organische Stoffe", "Volatile organic compounds", "[ppb]", low=0,
                      high=60_000)),
    (r"sound|noise|laeq|^db", _measure("noise", "Schallpegel", "Sound level", "dB[SPL]", low=0, high=140)),
    (r"distance", _measure("distance", "Abstand", "Distance", "mm", low=0)),
    (r"water_?(level|depth)|^level$|^pegel|wasserstand", _measure("water-level", "Wasserstand", "Water level", "cm",
                                                                 stuck=7 * DAY)),
    (r"free|frei", _measure("free-parking-spaces", "Freie Parkplätze", "Free parking spaces", "1", low=0,
                            stuck=2 * DAY, resting=(0.0,), kind="count")),
    (r"occup|parked|belegt", _measure("occupancy", "Belegung", "Occupancy", kind="count")),
    (r"leak", _measure("leakage", "Leckage", "Leakage", kind="text")),
    (r"smoke", _measure("smoke-alarm", "Rauchalarm", "Smoke alarm", kind="text")),
    (r"motion", _measure("motion", "Bewegung", "Motion", kind="count")),
    (r"door|contact|digital|input", _measure("contact", "Kontakt", "Contact", kind="count")),
    (r"pulse|count", _measure("count", "Zählung", "Count", "1", low=0, kind="count")),
    (r"speed", _measure("speed", "Geschwindigkeit", "Speed", "km/h", low=0, high=300)),
    (r"energy", _measure("energy", "Energie", "Energy", "W.h", low=0)),
    (r"power", _measure("power", "Leistung", "Power", "W")),
    (r"voltage|_v$|^v$|^adc", _measure("voltage", "Spannung", "Voltage", "V")),
    (r"current|_ma$|amps?$", _measure("current", "Stromstärke", "Current", "mA")),
    (r"frequency", _measure("frequency", "Frequenz", "Frequency", "Hz", low=0)),
    (r"(^|_)ph(_|$)", _measure("ph", "pH-Wert", "pH", "[pH]", low=0, high=14)),
    (r"turbidity", _measure("turbidity", "Trübung", "Turbidity", "[NTU]", low=0)),
    (r"weight", _measure("weight", "Gewicht", "Weight", "g")),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), measure) for pattern, measure in _MEASURES)

TECHNICAL = re.compile(
    r"^(protocol_version|device_id|err|errors?|valid|payload|f_?port|port|mod|mode|\w*flags?|status|\w*version|codec\w*"
    r"|manufacturer|model|type|mac|info|\w*serial\w*|sensor_id|bytes_\d+|rssi|snr|diagnostic|\w*_status|\w*interval"
    r"|\w*index$(?<!uv_index)|adr|device_class|work_mode|hardware_mode|ext_sensor|raw\w*|\w*_raw\d*|\w*orientation\w*"
    r"|compass\w*|node|count|f_?cnt|counter|gateway\w*|time|timestamp|date|battery_status|bat_status)$"
)
"""Names of values that speak of the device or the codec, not of the city."""


def plain_name(name: str) -> str:
    """A name in lower case with underscores: `messages.Air Temperature` is `messages_air_temperature`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def measure_of(name: str) -> Measure | None:
    """The observed property that a value with this name is; None when nothing is known of it."""
    plain = plain_name(name)
    return next((measure for pattern, measure in _COMPILED if pattern.search(plain)), None)


def is_technical(name: str) -> bool:
    """True for values that speak of the device or its codec."""
    return TECHNICAL.fullmatch(plain_name(name)) is not None
