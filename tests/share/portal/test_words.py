"""The portal's own words."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from allmende.share.portal.render import TEMPLATES
from allmende.share.portal.words import Words, words

_ASKED = re.compile(r"""\bt\("([a-z_]+\.[a-z0-9_]+)"[,)]""")


def test_both_languages_have_the_same_words() -> None:
    """No word is missing in one language."""
    assert set(words("de")) == set(words("en"))


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_word_is_empty(language: str) -> None:
    """Every word says something."""
    assert [
        name for name, text in words("de" if language == "de" else "en").items() if not text.strip()
    ] == []


def test_both_languages_fill_in_the_same_names() -> None:
    """A number that German says, English says too."""

    def filled(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english = words("en")
    assert {name for name, text in words("de").items() if filled(text) != filled(english[name])} == set()


def test_every_word_asked_for_is_there() -> None:
    """Templates and pages ask for words that exist."""
    files = [*TEMPLATES.rglob("*.html"), *(TEMPLATES.parent / "pages").glob("*.py")]
    asked = {name for path in files for name in _ASKED.findall(Path(path).read_text(encoding="utf-8"))}
    assert len(asked) > 50
    assert asked - set(words("de")) == set()


def test_a_missing_word_is_an_error() -> None:
    """A word nobody wrote is a fault, not an empty space."""
    with pytest.raises(KeyError):
        Words("de")("nav.nowhere")
