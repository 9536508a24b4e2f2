"""Values of series in words, with their time and what is doubted about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from allmende.catalogue.doubts import doubts_of, word_doubt, word_flags, word_plain
from allmende.catalogue.wording import UNKNOWN, word_unit
from allmende.model.knowledge import Trust
from allmende.model.observation import SUSPECT, Observation
from allmende.model.text import Language

_LONGEST = 120
_TRUTH = {"de": {True: "ja", False: "nein"}, "en": {True: "yes", False: "no"}}


@dataclass(frozen=True, slots=True)
class Told:
    """A value for a page: its words with unit, its moment, the page where it comes from, and its doubts."""

    text: str
    time: int
    href: str
    trust: Trust = "ok"
    marks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def told(found: Observation, unit: str, address: str, language: Language, zone: ZoneInfo) -> Told:
    """An observation of the series at `address`, in words."""
    return Told(
        text=word_result(found, unit, language),
        time=found.phenomenon_time,
        href=f"{address}/wert/{found.id}",
        trust="suspect" if found.flags & SUSPECT else "ok",
        marks=word_flags(found.flags, language),
        doubts=tuple(word_doubt(doubt, language, unit, zone) for doubt in doubts_of(found.extra)),
    )


def word_result(found: Observation, unit: str, language: Language) -> str:
    """The result with its unit: a number, or text, yes or no, and for everything else JSON."""
    if found.number is not None:
        return word_unit(word_plain(found.number, language), unit)
    if found.value is None:
        return UNKNOWN[language]
    return _word_json(json.loads(found.value), language)


def _word_json(value: Any, language: Language) -> str:
    if value is None:
        return UNKNOWN[language]
    if isinstance(value, bool):
        return _TRUTH[language][value]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
