"""The portal's own words in German and English, one file each; a missing word is an error, not an empty space."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from allmende.model.text import Language

FOLDER = Path(__file__).parent / "messages"


@cache
def words(language: Language) -> Mapping[str, str]:
    """All words of a language: `section.name` to text."""
    sections = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": text for section, entries in sections.items() for name, text in entries.items()
    }


class Words:
    """What templates call `t`: `t("nav.goals")`, with `{name}` filled in from arguments."""

    def __init__(self, language: Language) -> None:
        self._words = words(language)

    def __call__(self, name: str, /, **filled: object) -> str:
        text = self._words[name]
        return text.format(**filled) if filled else text

    def knows(self, name: str) -> bool:
        """True when there is such a word."""
        return name in self._words
