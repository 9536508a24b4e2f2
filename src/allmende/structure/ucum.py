"""Units for people: symbol and names of the UCUM codes that sensors use (ucum.org)."""

from __future__ import annotations

from allmende.model.text import Text
from allmende.model.thing import Unit

_CODES: dict[str, tuple[str, str, str]] = {
    "1": ("", "Anzahl", "number"),
    "%": ("%", "Prozent", "percent"),
    "Cel": ("°C", "Grad Celsius", "degree Celsius"),
    "K": ("K", "Kelvin", "kelvin"),
    "V": ("V", "Volt", "volt"),
    "mV": ("mV", "Millivolt", "millivolt"),
    "A": ("A", "Ampere", "ampere"),
    "mA": ("mA", "Milliampere", "milliampere"),
    "W": ("W", "Watt", "watt"),
    "kW": ("kW", "Kilowatt", "kilowatt"),
    "W.h": ("Wh", "Wattstunde", "watt hour"),
    "kW.h": ("kWh", "Kilowattstunde", "kilowatt hour"),
    "Pa": ("Pa", "Pascal", "pascal"),
    "hPa": ("hPa", "Hektopascal", "hectopascal"),
    "kPa": ("kPa", "Kilopascal", "kilopascal"),
    "bar": ("bar", "Bar", "bar"),
    "lx": ("lx", "Lux", "lux"),
    "lm": ("lm", "Lumen", "lumen"),
    "[ppm]": ("ppm", "Teile je Million", "parts per million"),
    "[ppb]": ("ppb", "Teile je Milliarde", "parts per billion"),
    "ug/m3": ("µg/m³", "Mikrogramm je Kubikmeter", "microgram per cubic metre"),
    "mg/m3": ("mg/m³", "Milligramm je Kubikmeter", "milligram per cubic metre"),
    "mg/L": ("mg/l", "Milligramm je Liter", "milligram per litre"),
    "g/L": ("g/l", "Gramm je Liter", "gram per litre"),
    "uS/cm": ("µS/cm", "Mikrosiemens je Zentimeter", "microsiemens per centimetre"),
    "mS/cm": ("mS/cm", "Millisiemens je Zentimeter", "millisiemens per centimetre"),
    "m/s": ("m/s", "Meter je Sekunde", "metre per second"),
    "km/h": ("km/h", "Kilometer je Stunde", "kilometre per hour"),
    "deg": ("°", "Grad", "degree"),
    "mm": ("mm", "Millimeter", "millimetre"),
    "cm": ("cm", "Zentimeter", "centimetre"),
    "m": ("m", "Meter", "metre"),
    "km": ("km", "Kilometer", "kilometre"),
    "um": ("µm", "Mikrometer", "micrometre"),
    "um/m": ("µm/m", "Mikrometer je Meter", "micrometre per metre"),
    "mm/h": ("mm/h", "Millimeter je Stunde", "millimetre per hour"),
    "cm/h": ("cm/h", "Zentimeter je Stunde", "centimetre per hour"),
    "m3/m3": ("m³/m³", "Kubikmeter je Kubikmeter", "cubic metre per cubic metre"),
    "m3": ("m³", "Kubikmeter", "cubic metre"),
    "m3/s": ("m³/s", "Kubikmeter je Sekunde", "cubic metre per second"),
    "L": ("l", "Liter", "litre"),
    "L/h": ("l/h", "Liter je Stunde", "litre per hour"),
    "g": ("g", "Gramm", "gram"),
    "kg": ("kg", "Kilogramm", "kilogram"),
    "W/m2": ("W/m²", "Watt je Quadratmeter", "watt per square metre"),
    "umol/m2/s": (
        "µmol/(m²·s)",
        "Mikromol je Quadratmeter und Sekunde",
        "micromole per square metre and second",
    ),
    "dB": ("dB", "Dezibel", "decibel"),
    "dB[SPL]": ("dB(A)", "Dezibel", "decibel"),
    "dB[mW]": ("dBm", "Dezibel Milliwatt", "decibel milliwatt"),
    "Hz": ("Hz", "Hertz", "hertz"),
    "kHz": ("kHz", "Kilohertz", "kilohertz"),
    "Ohm": ("Ω", "Ohm", "ohm"),
    "s": ("s", "Sekunde", "second"),
    "ms": ("ms", "Millisekunde", "millisecond"),
    "min": ("min", "Minute", "minute"),
    "h": ("h", "Stunde", "hour"),
    "d": ("d", "Tag", "day"),
    "[pH]": ("pH", "pH-Wert", "pH"),
    "[NTU]": ("NTU", "Trübungseinheit NTU", "turbidity unit NTU"),
    "[FNU]": ("FNU", "Trübungseinheit FNU", "turbidity unit FNU"),
    "A.h": ("Ah", "Amperestunde", "ampere hour"),
}
_BY_SIGN = {sign.lower(): code for code, (sign, *_) in _CODES.items() if sign}
_SPELLINGS = {
    "c": "Cel", "°c": "Cel", "degc": "Cel", "celsius": "Cel", "k": "K", "v": "V", "volt": "V", "volts": "V", "mv": "mV",
    "%rh": "%", "percent": "%", "us/cm": "uS/cm", "μs/cm": "uS/cm", "ms/cm": "mS/cm", "m/s": "m/s", "ppm": "[ppm]",
    "ppb": "[ppb]", "lux": "lx", "pa": "Pa", "hpa": "hPa", "mbar": "hPa", "kpa": "kPa", "degrees": "deg", "m³⋅m⁻³": "m3/m3",
    "m⋅s⁻¹": "m/s", "w⋅m⁻²": "W/m2", "µs⋅cm⁻¹": "uS/cm", "ms⋅cm⁻¹": "mS/cm", "l⋅h⁻¹": "L/h", "cm⋅h⁻¹": "cm/h", "ω": "Ohm",
    "µm⋅m⁻¹": "um/m", "g⋅l⁻¹": "g/L", "mg⋅l⁻¹": "mg/L", "µmol⋅m⁻²⋅s⁻¹": "umol/m2/s", "wh": "W.h", "kwh": "kW.h",
    "µg/m3": "ug/m3", "ug/m3": "ug/m3", "db": "dB", "dba": "dB[SPL]", "rain mm": "mm", "mm/hr": "mm/h",
}  # fmt: skip


def unit_of_code(code: str, symbol: str = "") -> Unit:
    """The unit with this UCUM code; without a code it has a symbol at most."""
    sign, _, name = _CODES.get(code, (code, "", code))
    if not code:
        return Unit(symbol=symbol or None)
    return Unit(name or None, symbol or sign or None, "https://ucum.org/ucum", code)


def words_of_code(code: str) -> Text:
    """The unit's name in German and English; empty when it is not in our table."""
    _, german, english = _CODES.get(code, ("", "", ""))
    return Text(german, english)


def code_of(written: str) -> str:
    """The UCUM code for a unit as makers write it (`°C`, `µS⋅cm⁻¹`, `ppm`); empty when it is not known."""
    plain = written.strip()
    if plain in _CODES:
        return plain
    lower = plain.lower().replace("μ", "µ")
    return _SPELLINGS.get(lower, "") or _BY_SIGN.get(lower, "")
