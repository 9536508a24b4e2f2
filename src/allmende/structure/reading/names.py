"""Names of columns: whatever the source calls them, ours are lower_snake and unique."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
LONGEST = 80


def column_name(source_name: str) -> str:
    """`source_name` as lower_snake: `"addr:housenumber"` is addr_housenumber, `"Größe (m²)"` groesse_m2.

    Umlauts are written out as in German passports, other accents are dropped. A name starts with a
    letter, so that SQL takes it without quotes; nothing left gives `column`.
    """
    composed = unicodedata.normalize("NFC", source_name).translate(_GERMAN)
    plain = unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode("ascii")
    name = _NOT_NAME.sub("_", _WORD_BORDER.sub("_", plain).lower()).strip("_")[:LONGEST].rstrip("_")
    if not name:
        return "column"
    return name if name[0].isalpha() else f"c_{name}"


def column_names(source_names: Iterable[str]) -> tuple[str, ...]:
    """Our names in the same order; a name that is taken gets `_2`, `_3` and so on."""
    taken: set[str] = set()
    return tuple(_unique(column_name(name), taken) for name in source_names)


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate
