"""Words that people read, in the city's languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
