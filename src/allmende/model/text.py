"""Words that people read, in the city's languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in German and English. An empty translation falls back to the other one."""

    de: str = ""
    en: str = ""

    def of(self, language: Language) -> str:
        """The words in `language`, or in the other language when they are missing."""
        return (self.de or self.en) if language == "de" else (self.en or self.de)


def names_of(properties: Mapping[str, Any], otherwise: str) -> Text:
    """What a thing is called by its `properties.names` (`{de, en}`), or the one name it has."""
    names = properties.get("names")
    if not isinstance(names, Mapping):
        return Text(otherwise, otherwise)
    german, english = (name if isinstance(name := names.get(code), str) else "" for code in ("de", "en"))
    return Text(german or english or otherwise, english or german or otherwise)
