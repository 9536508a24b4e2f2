"""Why a value is doubted, in a sentence with its numbers: "58 °C lies above the limit of 50 °C"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal

from allmende.catalogue.wording import MINUS, word_unit
from allmende.model.limits import Doubt, Oddity, read_doubts
from allmende.model.observation import Quality, moment
from allmende.model.text import Language, Text

_SENTENCES: Mapping[Oddity, Text] = {
    "above": Text("{value} liegt über der Grenze von {limit}.", "{value} lies above the limit of {limit}."),
    "below": Text("{value} liegt unter der Grenze von {limit}.", "{value} lies below the limit of {limit}."),
    "rate": Text(
        "Der Wert änderte sich um {value} in der Stunde, glaubhaft sind höchstens {limit}.",
        "The value changed by {value} an hour; at most {limit} is credible.",
    ),
    "stuck": Text(
        "Seit {since} unverändert {value}: Der Sensor hängt wohl.",
        "Unchanged at {value} since {since}: the sensor seems to be stuck.",
    ),
    "gap": Text(
        "Davor fehlen Werte: {lasted} lang kam nichts.",
        "Values are missing before this one: nothing came for {lasted}.",
    ),
    "repeated": Text(
        "Derselbe Wert für dieselbe Zeit kam schon einmal.",
        "The same value for the same time came before.",
    ),
    "conflict": Text(
        "Für dieselbe Zeit gibt es schon einen anderen Wert: {limit}.",
        "There is another value for the same time already: {limit}.",
    ),
    "future": Text(
        "Die Uhr des Geräts geht vor: Die Zeit liegt {lasted} in der Zukunft.",
        "The device's clock is fast: the time lies {lasted} in the future.",
    ),
    "unset": Text(
        "Die Uhr des Geräts wurde nie gestellt: Sie meldet {since}.",
        "The device's clock was never set: it says {since}.",
    ),
    "zone": Text(
        "Die Uhr des Geräts geht gleichbleibend {hours} {direction}: wohl eine falsche Zeitzone oder Sommerzeit.",
        "The device's clock is steadily {hours} {direction}: a wrong time zone or summer time, it seems.",
    ),
    "gateway": Text(
        "Als Ort ist der des Empfängers (Gateway) angegeben, nicht der des Sensors.",
        "The place given is that of the receiver (gateway), not that of the sensor.",
    ),
    "outside": Text(
        "Der angegebene Ort liegt außerhalb der Stadt, {distance} von ihrer Mitte.",
        "The place given lies outside of the city, {distance} from its middle.",
    ),
    "zero": Text(
        "Das Gerät kennt seinen Ort nicht: Es meldet 0° Breite, 0° Länge.",
        "The device does not know its place: it reports 0° latitude, 0° longitude.",
    ),
    "jump": Text(
        "Das Gerät meldet sich {distance} von seinem Standort entfernt.",
        "The device reports from {distance} away from where it should be.",
    ),
    "battery": Text("Die Batterie ist schwach: {value}.", "The battery is low: {value}."),
    "neighbours": Text(
        "{value} passt nicht zu den Sensoren der Umgebung: Deren mittlerer Wert ist {limit}.",
        "{value} does not agree with the sensors around: their median is {limit}.",
    ),
    "alike": Text(
        "{count} Sensoren melden zugleich genau {value}: Das ist kaum gemessen.",
        "{count} sensors report exactly {value} at once: this is hardly measured.",
    ),
    "code": Text(
        "Das Gerät meldet mit {plain} einen Fehler, keinen Messwert.",
        "With {plain} the device reports an error, not a measurement.",
    ),
    "infinite": Text("Was das Gerät meldet, ist keine Zahl.", "What the device reports is not a number."),
}

_FLAGS: Mapping[Quality, Text] = {
    Quality.RANGE: Text("außerhalb der Grenzen", "out of range"),
    Quality.RATE: Text("Sprung", "jump"),
    Quality.STUCK: Text("hängt", "stuck"),
    Quality.GAP: Text("nach einer Lücke", "after a gap"),
    Quality.DUPLICATE: Text("doppelt", "duplicate"),
    Quality.CLOCK: Text("falsche Uhrzeit", "wrong clock"),
    Quality.POSITION: Text("falscher Ort", "wrong place"),
    Quality.BATTERY: Text("Batterie schwach", "battery low"),
    Quality.NEIGHBOURS: Text("weicht von der Umgebung ab", "differs from its neighbours"),
    Quality.NOT_A_NUMBER: Text("kein Messwert", "no measurement"),
    Quality.CORRECTED: Text("berichtigt", "corrected"),
}
_TIMES: tuple[tuple[int, Text, Text], ...] = (
    (86_400, Text("Tag", "day"), Text("Tage", "days")),
    (3_600, Text("Stunde", "hour"), Text("Stunden", "hours")),
    (60, Text("Minute", "minute"), Text("Minuten", "minutes")),
    (1, Text("Sekunde", "second"), Text("Sekunden", "seconds")),
)
_AHEAD: Mapping[Language, tuple[str, str]] = {"de": ("nach", "vor"), "en": ("slow", "fast")}


def doubts_of(extra: str | None) -> tuple[Doubt, ...]:
    """The doubts that were stored with an observation."""
    try:
        found = json.loads(extra) if extra else {}
    except ValueError:
        return ()
    return read_doubts(found.get("doubts")) if isinstance(found, dict) else ()


def word_doubt(doubt: Doubt, language: Language, unit: str, zone: ZoneInfo) -> str:
    """One doubt as a sentence; `unit` is the symbol of the value's unit, times are those of `zone`."""
    value, limit = doubt.value, doubt.limit
    behind = value is not None and value < 0
    return _SENTENCES[doubt.oddity].of(language).format(
        value=word_unit(word_plain(value, language), unit),
        limit=word_unit(word_plain(limit, language), unit),
        plain=word_plain(value, language),
        count=word_plain(limit, language),
        lasted=word_lasted(value, language),
        distance=word_distance(value, language),
        hours=word_lasted(None if value is None else abs(value) * 3600, language),
        direction=_AHEAD[language][0 if behind else 1],
        since=_word_moment(doubt.since, language, zone),
    )  # fmt: skip


def word_flags(flags: int, language: Language) -> tuple[str, ...]:
    """Each flag in two or three words, for tables and the map; corrected is no doubt, but is said."""
    return tuple(text.of(language) for flag, text in _FLAGS.items() if flags & flag)


def word_plain(value: float | None, language: Language) -> str:
    """A number with as many digits as it needs, four at most after the point."""
    if value is None:
        return "–"
    text = format_decimal(abs(round(value, 4)), format="#,##0.####", locale=language)
    return MINUS + text if round(value, 4) < 0 else text


def word_lasted(seconds: float | None, language: Language) -> str:
    """How long, in the largest unit that gives two or more, or exactly one: "3 Stunden", "1 Tag"."""
    if seconds is None:
        return "–"
    for size, one, many in _TIMES:
        count = seconds / size
        if count >= 2 or abs(count - 1) < 0.01 or size == 1:
            shown = round(count, 1) if size == 3_600 else round(count)
            return f"{word_plain(shown, language)} {(one if shown == 1 else many).of(language)}"
    raise AssertionError  # the last size always fits


def word_distance(metres: float | None, language: Language) -> str:
    """A distance in metres, from a kilometre on in kilometres."""
    if metres is None:
        return "–"
    if metres < 1000:
        return word_unit(word_plain(round(metres), language), "m")
    return word_unit(word_plain(round(metres / 1000, 1), language), "km")


def _word_moment(since: int | None, language: Language, zone: ZoneInfo) -> str:
    if since is None:
        return "–"
    pattern = "d. MMMM y, HH:mm" if language == "de" else "d MMMM y, HH:mm"
    return format_datetime(_in_zone(since, zone), pattern, locale=language)


def _in_zone(since: int, zone: ZoneInfo) -> datetime:
    return moment(since).astimezone(zone)


def oddities() -> Iterator[tuple[Oddity, Text]]:
    """Every reason with its sentence, for the documentation."""
    yield from _SENTENCES.items()
