"""Units from the names of columns: what stands in brackets, after "in", or at the end.

Codes follow UCUM (Unified Code for Units of Measure, ucum.org); money has none there, so EUR (ISO 4217) is used.
"""

from __future__ import annotations

import re

_UNITS = {
    "m": "m", "meter": "m", "cm": "cm", "mm": "mm", "km": "km", "m²": "m2", "m2": "m2", "qm": "m2", "km²": "km2",
    "km2": "km2", "qkm": "km2", "ha": "har", "hektar": "har", "ar": "ar", "m³": "m3", "m3": "m3", "cbm": "m3", "l": "L",
    "liter": "L", "%": "%", "prozent": "%", "percent": "%", "v.h.": "%", "promille": "[ppth]", "‰": "[ppth]",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "teur": "kEUR", "t€": "kEUR", "mio. €": "MEUR", "mio. euro": "MEUR",
    "mio €": "MEUR", "mio. eur": "MEUR", "°c": "Cel", "grad c": "Cel", "k": "K", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
    "µg/m3": "ug/m3", "ug/m3": "ug/m3", "mg/m³": "mg/m3", "mg/l": "mg/L", "kwh": "kW.h", "mwh": "MW.h", "gwh": "GW.h",
    "kw": "kW", "mw": "MW", "kwp": "kW", "t": "t", "tonnen": "t", "kg": "kg", "g": "g", "km/h": "km/h", "m/s": "m/s",
    "h": "h", "std.": "h", "stunden": "h", "min": "min", "minuten": "min", "s": "s", "sekunden": "s", "jahre": "a",
    "hpa": "hPa", "db(a)": "dB[SPL]", "db": "dB", "°": "deg", "grad": "deg", "anzahl": "1", "stück": "1",
    "personen": "1", "einwohner": "1",
}  # fmt: skip
# At the end of a name without brackets only these are units; a column called `g` or `t` is something else.
_ENDINGS = (
    "m2",
    "m3",
    "kwh",
    "mwh",
    "kw",
    "kg",
    "eur",
    "euro",
    "prozent",
    "percent",
    "km",
    "cm",
    "ha",
    "kmh",
)
_COUNT = re.compile(r"(?i)\b(anzahl|zahl der|anz|count|number of)\b|anzahl")


def unit_of(source_name: str, kind: str, note: str = "") -> str:
    """The UCUM code for a column of that name and type, or nothing. `note` is the connector's own finding."""
    if kind not in {"number", "integer"}:
        return ""
    for words in _mentioned(source_name, note):
        if (unit := _UNITS.get(" ".join(words.lower().split()))) is not None:
            return unit
    return "1" if kind == "integer" and _COUNT.search(source_name.replace("_", " ")) else ""


def _mentioned(name: str, note: str) -> list[str]:
    """Words that may be a unit, the surest first."""
    found = re.findall(r"unit: (\S+)", note)
    found += re.findall(r"[(\[]\s*(?:in )?([^()\[\]]{1,12}(?:\(A\))?)\s*[)\]]", name)
    found += re.findall(r"[\s_]in[\s_]([^\s_]+(?: (?:€|Euro|EUR|C))?)$", name)
    ending = re.split(r"[\s_,]", name.strip())[-1]
    return [*found, ending] if ending.lower() in _ENDINGS or ending in {"%", "€"} else found
