"""German and English words as the search sees them: folded, stemmed, without filler words.

Folding makes `Bäume`, `Baeume` and `baume` one word, and `Straße` and `Strasse`. Both text and
query are folded the same way, so what folding confuses (`Mauer`, `Maur`) it confuses on both sides.
Stemming (Snowball) is done to the query only: a stem is a part of the word it came from, and parts
are what the trigram index finds.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from threading import Lock

import snowballstemmer

from allmende.model.text import Language

_WORD = re.compile(r"[^\W_]+(?:[.][0-9]+)?")
_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
_DIGRAPHS = re.compile(r"(?<=[a-z])ae|ae|oe|(?<![aeq])ue")
_ONE_AT_A_TIME = Lock()  # a stemmer keeps the word it works on
_STEMMERS = {"de": snowballstemmer.stemmer("german"), "en": snowballstemmer.stemmer("english")}
_FILLER: dict[Language, frozenset[str]] = {
    "de": frozenset(
        [
            "der",
            "die",
            "das",
            "den",
            "dem",
            "des",
            "ein",
            "eine",
            "einer",
            "eines",
            "einem",
            "einen",
            "und",
            "oder",
            "in",
            "im",
            "an",
            "am",
            "auf",
            "aus",
            "bei",
            "mit",
            "nach",
            "von",
            "vom",
            "zu",
            "zum",
            "zur",
            "für",
            "über",
            "unter",
            "wie",
            "viel",
            "viele",
            "vieler",
            "wieviel",
            "wieviele",
            "was",
            "wer",
            "wo",
            "wann",
            "warum",
            "welche",
            "welcher",
            "welches",
            "gibt",
            "es",
            "ist",
            "sind",
            "war",
            "waren",
            "hat",
            "haben",
            "hier",
            "man",
            "ich",
            "wir",
            "unser",
            "unsere",
            "unserer",
            "meine",
            "mein",
            "sich",
            "nicht",
            "auch",
            "noch",
            "als",
            "pro",
            "je",
            "stadt",
        ]
    ),
    "en": frozenset(
        [
            "the",
            "a",
            "an",
            "and",
            "or",
            "in",
            "on",
            "at",
            "of",
            "to",
            "for",
            "from",
            "by",
            "with",
            "how",
            "many",
            "much",
            "what",
            "who",
            "where",
            "when",
            "why",
            "which",
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "there",
            "here",
            "we",
            "our",
            "my",
            "it",
            "its",
            "not",
            "also",
            "per",
            "city",
            "do",
            "does",
        ]
    ),
}


def folded(text: str) -> str:
    """Lower case, without accents and umlauts: `Bäume` and `Baeume` are `baume`."""
    lower = unicodedata.normalize("NFC", text).lower().translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    return _DIGRAPHS.sub(lambda found: found[0][0], plain)


def words(text: str) -> list[str]:
    """The words of a text as they stand, in lower case."""
    return [found[0] for found in _WORD.finditer(unicodedata.normalize("NFC", text).lower())]


def asked(query: str, language: Language) -> list[str]:
    """The words of a query that say something; all of them when none does."""
    every = list(dict.fromkeys(words(query)))[:12]
    return [word for word in every if word not in _FILLER[language]] or every


@lru_cache(maxsize=20_000)
def stemmed(word: str, language: Language) -> str:
    """The folded stem of a word: `Bäume` is `baum`, `Haushalten` is `haushalt`.

    German borrows plurals that Snowball leaves alone: `Kitas`, `Autos`, `Büros`.
    """
    with _ONE_AT_A_TIME:
        stem = folded(str(_STEMMERS[language].stemWord(word)))
    return stem[:-1] if language == "de" and len(stem) > 4 and stem.endswith(("as", "os")) else stem
