"""Names of people: how a column of them looks, by its header, the form of its values and common first names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from allmende.guard.persons.words import FIRST_NAMES, INSTITUTIONS

_WORD = r"[A-ZÄÖÜÇŞİĐÁÉŁŚŽŠČÑØÅ][a-zäöüßçşığđáéíóúłśćńżžšěřýčñøåæâêôèëãõ'’]+"
_PARTICLE = r"(?:von|van|de|der|den|zu|zum|da|di|del|el|al|bin|ben|ibn|dos|la|le|ter|Nguyen|O'|Mc|Mac)"
_NAME = rf"{_WORD}(?:-{_WORD})?"
_WHOLE = re.compile(
    rf"(?:(?:Herrn?|Frau|Dr\.|Prof\.|Dipl\.-Ing\.|med\.)\s+)*"
    rf"(?:{_NAME}|[A-ZÄÖÜ]\.)(?:\s+[A-ZÄÖÜ]\.)?(?:\s+{_PARTICLE})*\s+{_NAME}(?:\s+{_NAME})?"
)
_TURNED = re.compile(
    rf"(?:{_PARTICLE}\s+)*{_NAME}(?:\s+{_NAME})?,\s*{_NAME}(?:[\s-]+{_NAME})?(?:\s+[A-ZÄÖÜ]\.)?"
)
_SINGLE = re.compile(rf"(?:{_PARTICLE}\s+)*{_NAME}(?:[\s-]+{_NAME})?")
_INSTITUTION = re.compile(INSTITUTIONS)
_ADDRESSED = re.compile(
    rf"\b(?:Herrn?|Frau|Familie|Fam\.)\s+(?:Dr\.\s+|Prof\.\s+)*(?:{_PARTICLE}\s+)*(?:[A-ZÄÖÜ]\.\s*)?{_NAME}"
)
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Likeness:
    """Shares of values that are formed like names, and that have a common first name in them."""

    formed: float
    single: float
    known: float
    institutions: float


def likeness(values: Sequence[str]) -> Likeness:
    """How much these values (distinct ones, a sample is enough) look like names of people."""
    looked = [_cased(" ".join(value.split())) for value in values[:MOST] if value.strip()]
    if not looked:
        return Likeness(0, 0, 0, 0)
    count = len(looked)
    return Likeness(
        sum(bool(_WHOLE.fullmatch(v) or _TURNED.fullmatch(v)) for v in looked) / count,
        sum(bool(_SINGLE.fullmatch(v)) for v in looked) / count,
        sum(has_first_name(v) for v in looked) / count,
        sum(bool(_INSTITUTION.search(v.lower())) for v in looked) / count,
    )


def _cased(value: str) -> str:
    """A name written in capitals, in small letters or with loose accents, as it is mostly written."""
    composed = unicodedata.normalize("NFC", value)
    return composed.title() if composed.isupper() or composed.islower() else composed


def has_first_name(value: str) -> bool:
    """True when one of the value's words is a common first name."""
    return any(word.lower() in FIRST_NAMES for word in re.findall(r"[^\W\d_]+", value))


def addressed(text: str) -> str:
    """The first person who is addressed in a text ("Frau Schmidt"), or nothing."""
    for found in _ADDRESSED.finditer(text):
        if not _INSTITUTION.search(text[found.start() : found.end() + 12].lower()):
            return found.group()
    return ""


def confidence(seen: Likeness, named: bool) -> float:
    """How sure it is that a column holds names of people; `named` says that its header speaks of them.

    Without such a header, values must both be formed like names and often have a common first name.
    """
    if seen.institutions > 0.25:
        return 0.0
    if named:
        return 0.95 if seen.formed > 0.5 or seen.single > 0.6 else 0.0
    if seen.formed > 0.6 and seen.known > 0.2:
        return min(0.99, 0.5 + seen.known)
    if seen.single > 0.8 and seen.known > 0.55:
        return 0.8
    return 0.0
