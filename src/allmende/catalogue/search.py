"""Search that knows German: compounds, umlauts, inflection, typos and the city's synonyms.

Method (measured: 48 of 50 for trigram + stemmed query + fuzzy words, 43 and less for stemmers and
dictionaries alone): text is folded and indexed by trigrams (SQLite FTS5), so that a word finds the
compounds it is a part of; the words of the query are stemmed and folded; a word that is in no entry
is replaced by those of the vocabulary that are spelled like it. Found entries are then put in order
by where and how the words stand in them.

The index is one file, built aside and put in place at once; readers notice a new file by themselves.
Queries without a hit are counted as words, without who or when; only words asked for several times
can be read, so that what a single person typed stays theirs.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from allmende.catalogue.entries import Entry, EntryKind
from allmende.catalogue.ranking import Asked, score
from allmende.catalogue.words import asked, folded, stemmed, words
from allmende.model.access import Access
from allmende.model.text import LANGUAGES, Language

MayRead = Callable[[Access, str], bool]
ALIKE = 74.0  # rapidfuzz ratio from which a word counts as a misspelling
_LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is, its id, its title and summary, and how well it fits (higher is better).

    `guessed` is true when a word of the query was not found as it was typed.
    """

    kind: EntryKind
    id: str
    language: Language
    title: str
    summary: str
    access: Access
    datasets: tuple[str, ...]
    score: float
    guessed: bool = False

    @property
    def address(self) -> str:
        """Its address in the portal, without the language."""
        start = {"dataset": "/d/", "indicator": "/ziele/", "story": "/w/", "place": "/stadtteil/"}
        return start[self.kind] + self.id


class SearchIndex:
    """The index in one file. `find` on a file that is not there finds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._misses = path.with_name(path.name + "-misses")
        self._local = threading.local()

    def build(self, entries: Iterable[Entry], synonyms: Sequence[Sequence[str]] = ()) -> int:
        """Index these entries instead of the present ones, with groups of words that mean the same.

        Returns how many entries there are.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        with suppress(FileNotFoundError):
            fresh.unlink()
        with closing(sqlite3.connect(fresh)) as connection:
            count = _fill(connection, entries, synonyms)
        os.replace(fresh, self._path)
        return count

    def find(self, query: str, language: Language, may_read: MayRead, limit: int = 20) -> tuple[Hit, ...]:
        """What fits the query and may be read, best first. Looks in the other language when there is nothing."""
        index = self._index()
        if index is None or not query.strip():
            return ()
        others = [other for other in LANGUAGES if other != language]
        for tongue in [language, *others]:
            hits = index.find(query[:_LONGEST_QUERY], tongue, may_read)
            if hits:
                return hits[:limit]
        self._count_miss(query, language)
        return ()

    def misses(self, at_least: int = 3) -> tuple[tuple[str, int], ...]:
        """Words that were asked for that often in vain, most often first: food for the city's synonyms."""
        if not self._misses.exists():
            return ()
        with closing(sqlite3.connect(self._misses)) as connection:
            return tuple(connection.execute(_SQL["misses"], [max(at_least, 3)]))

    def _index(self) -> _Open | None:
        """This thread's connection to the file that is there now."""
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return None
        seen = (status.st_ino, status.st_mtime_ns)
        known: _Open | None = getattr(self._local, "index", None)
        if known is None or known.seen != seen:
            if known is not None:
                known.connection.close()
            known = self._local.index = _Open(self._path, seen)
        return known

    def _count_miss(self, query: str, language: Language) -> None:
        found = [word for word in asked(query, language) if word.isalpha() and 3 <= len(word) <= 40][:5]
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._misses, timeout=0.2)) as connection:
            connection.execute(_SQL["create_misses"])
            connection.executemany(_SQL["count_miss"], [(word,) for word in found])
            connection.commit()


class _Open:
    """One opened index with its vocabulary and synonyms in memory."""

    def __init__(self, path: Path, seen: tuple[int, int]) -> None:
        self.seen = seen
        self.connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        self.vocabulary: dict[str, list[str]] = {tongue: [] for tongue in LANGUAGES}
        for tongue, word in self.connection.execute("SELECT language, word FROM vocabulary"):
            self.vocabulary[tongue].append(word)
        self.synonyms: dict[str, list[str]] = {}
        for word, means in self.connection.execute("SELECT word, means FROM synonyms"):
            self.synonyms.setdefault(word, []).append(means)

    def find(self, query: str, language: Language, may_read: MayRead) -> tuple[Hit, ...]:
        """All hits in one language, best first: with all words, else with the most of them."""
        plain = [self._asked(word, language) for word in asked(query, language)]
        if not plain:
            return ()
        rows = self._matching(plain, language, " AND ")
        guessed = not rows
        if guessed:
            plain = [self._guess(word, language) for word in plain]
            rows = self._matching(plain, language, " AND ") or self._matching(plain, language, " OR ")
        return self._hits(rows, plain, may_read, guessed)

    def _asked(self, word: str, language: Language) -> Asked:
        stem = stemmed(word, language)
        means = self.synonyms.get(stem, []) + self.synonyms.get(folded(word), [])
        return Asked(folded(word), tuple(dict.fromkeys([stem, *means])))

    def _guess(self, word: Asked, language: Language) -> Asked:
        """The word as it is when some entry has it, else words of the vocabulary spelled like it."""
        if self._matching([word], language, " AND "):
            return word
        alike = process.extract(
            word.word, self.vocabulary[language], scorer=fuzz.ratio, limit=6, score_cutoff=ALIKE
        )
        best = alike[0][1] if alike else 0.0
        return Asked(word.word, (*(found for found, ratio, _ in alike if ratio >= best - 6), *word.forms))

    def _matching(self, plain: Sequence[Asked], language: Language, joined: str) -> list[tuple[Any, ...]]:
        long = [a for a in plain if any(len(form) >= 3 for form in a.forms)]
        if not long:
            pattern = f"% {plain[0].word} %"
            return self.connection.execute(_SQL["find_short"], [language, pattern]).fetchall()
        match = joined.join(_any_of(a) for a in long)
        return self.connection.execute(_SQL["find"], [match, language]).fetchall()

    def _hits(
        self, rows: Iterable[tuple[Any, ...]], plain: Sequence[Asked], may_read: MayRead, guessed: bool
    ) -> tuple[Hit, ...]:
        best: dict[tuple[str, str], Hit] = {}
        for row in rows:
            hit = _hit(row, plain, guessed)
            known = best.get((hit.kind, hit.id))
            if (known is None or hit.score > known.score) and _allowed(hit, may_read):
                best[hit.kind, hit.id] = hit
        return tuple(sorted(best.values(), key=lambda hit: (-hit.score, len(hit.title), hit.title)))


def _allowed(hit: Hit, may_read: MayRead) -> bool:
    return bool(hit.datasets) and all(may_read(hit.access, dataset) for dataset in hit.datasets)


def _hit(row: tuple[Any, ...], plain: Sequence[Asked], guessed: bool) -> Hit:
    title, keywords, body, kind, id_, language, shown, summary, access, datasets = row
    fit = score(plain, title, keywords, body, kind)
    return Hit(
        kind,
        id_,
        language,
        shown,
        summary,
        Access(int(access)),
        tuple(datasets.split()),
        fit,
        guessed=guessed,
    )


def _any_of(word: Asked) -> str:
    """One word of the query for FTS5: any of its forms, each as a quoted string of letters and digits."""
    forms = [form.replace('"', "") for form in word.forms if len(form) >= 3]
    return "(" + " OR ".join(f'"{form}"' for form in forms) + ")"


def _fill(connection: sqlite3.Connection, entries: Iterable[Entry], synonyms: Sequence[Sequence[str]]) -> int:
    connection.executescript(_SQL["create"])
    vocabulary: set[tuple[str, str]] = set()
    count = 0
    for entry in entries:
        row = _row(entry)
        connection.execute(_SQL["insert"], row)
        vocabulary.update(
            (entry.language, word) for text in row[:3] for word in text.split() if len(word) > 2
        )
        count += 1
    connection.executemany("INSERT INTO vocabulary VALUES (?, ?)", sorted(vocabulary))
    connection.executemany("INSERT OR IGNORE INTO synonyms VALUES (?, ?)", _pairs(synonyms))
    connection.commit()
    return count


def _row(entry: Entry) -> tuple[str, ...]:
    title, keywords, body = (
        " ".join(folded(word) for word in words(text)) for text in (entry.title, entry.keywords, entry.text)
    )
    shown = (entry.kind, entry.id, entry.language, entry.title, entry.summary[:400])
    return (title, keywords, body, *shown, str(int(entry.access)), " ".join(entry.datasets))


def _pairs(synonyms: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each word of a group, as stem and as it stands, means the stems of the others."""
    for group in synonyms:
        stems = [stemmed(word.lower(), "de") for word in group]
        for at, word in enumerate(group):
            for other in stems[:at] + stems[at + 1 :]:
                yield stems[at], other
                yield folded(word), other


def _load_sql() -> dict[str, str]:
    text = files(__package__).joinpath("search.sql").read_text(encoding="utf-8")
    parts = (part.partition("\n") for part in text.split("-- name: ")[1:])
    return {name.strip(): sql.strip() for name, _, sql in parts}


_SQL = _load_sql()
