"""The search finds what people mean, in German as it is typed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.catalogue.entries import Entry, EntryKind
from allmende.catalogue.search import SearchIndex
from allmende.catalogue.words import asked, folded, stemmed
from allmende.model.access import ANONYMOUS, Access, Principal, Scope

SYNONYMS = (
    ("Kita", "Kindertagesstätte", "Kindergarten"),
    ("Luftqualität", "Luftgüte"),
    ("Parkplatz", "Stellplatz"),
)
REAL: tuple[tuple[EntryKind, str, str, str, str], ...] = (
    ("dataset", "baeume", "Baumstandorte", "Bäume Baumkataster Natur", "Alle Straßenbäume mit Art und Pflanzjahr."),
    ("dataset", "bodenfeuchte", "Bodenfeuchte an Stadtbäumen", "Sensor Trockenheit", "Messwerte der Baumsensoren in drei Tiefen."),
    ("dataset", "kitas", "Kindertagesstätten", "Betreuung Familie", "Standorte und Plätze der Kindergärten."),
    ("indicator", "kitaplaetze", "Kitaplätze je 100 Kinder", "Betreuungsquote Familie", "Plätze geteilt durch Kinder mit Bedarf."),
    ("dataset", "haushalte", "Private Haushalte nach statistischen Bezirken", "Bevölkerung Wohnen", "Zahl der Haushalte am 31.12. jedes Jahres."),
    ("story", "mehr-haushalte", "Leben in der Stadt mehr Haushalte als vor zehn Jahren?", "Bevölkerung Wachstum", "Ja, vor allem im Norden."),
    ("dataset", "luftgueteMessnetz".lower(), "Luftgütemessnetz", "Feinstaub Stickstoffdioxid NO2 PM10", "Jahresmittel der Stationen."),
    ("dataset", "parken", "Parkplätze in der Innenstadt", "Verkehr Auto Parkhaus", "Freie Plätze in Parkhäusern, alle fünf Minuten."),
    ("dataset", "radbuegel", "Fahrradabstellanlagen", "Verkehr Fahrrad Bügel", "Wo man sein Rad anschließen kann."),
    ("dataset", "radzaehlung", "Fahrradzählstellen", "Verkehr Zählung", "Gezählte Fahrräder je Stunde."),
    ("dataset", "spielplaetze", "Spielplätze", "Familie Kinder Freizeit", "Öffentliche Spielplätze und ihre Flächen."),
    ("dataset", "schulen", "Schulstandorte", "Bildung Gymnasium Grundschule", "Allgemeinbildende Schulen mit Schulform."),
    ("dataset", "strassen", "Straßenverzeichnis", "Adressen", "Alle Straßennamen mit Schlüssel."),
    ("dataset", "haltestellen", "Straßenbahnhaltestellen", "Nahverkehr Tram Bus", "Haltestellen mit Linien."),
    ("dataset", "wahllokale", "Wahllokale", "Wahl Demokratie", "Orte der Stimmabgabe zur Stadtratswahl."),
    ("dataset", "haushaltsplan", "Städtischer Haushalt", "Finanzen Ausgaben Einnahmen Budget", "Erträge und Aufwendungen nach Produkten."),
    ("dataset", "corona", "COVID-19-Fälle", "Gesundheit Pandemie Inzidenz", "Gemeldete Fälle je Tag."),
    ("dataset", "krankenhaeuser", "Krankenhäuser und Apotheken", "Gesundheit", "Standorte der Kliniken."),
    ("story", "trockene-baeume", "Wie durstig sind unsere Straßenbäume?", "Trockenheit Sommer Gießen", "Im Juni war es unten trocken."),
    ("dataset", "buergeranliegen", "Bürgeranliegen", "Beschwerden Mängelmelder", "Gemeldete Mängel nach Art."),
    ("place", "lobeda", "Lobeda", "Stadtteil", ""),
    ("dataset", "einwohner", "Einwohnerzahlen", "Bevölkerung Menschen", "Einwohner mit Hauptwohnung nach Alter."),
)  # fmt: skip
QUERIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Bäume", ("baeume",)), ("Baeume", ("baeume",)), ("Baum", ("baeume", "bodenfeuchte")),
    ("Straßenbäume", ("trockene-baeume", "baeume")), ("strassenbaeume", ("trockene-baeume", "baeume")),
    ("Baumkataster", ("baeume",)), ("Baumstandort", ("baeume",)), ("Bodenfeuchtigkeit", ("bodenfeuchte",)),
    ("Feuchte im Boden", ("bodenfeuchte",)), ("Baumsensoren", ("bodenfeuchte",)), ("Trockenheit", ("bodenfeuchte", "trockene-baeume")),
    ("Kita", ("kitaplaetze", "kitas")), ("Kitas", ("kitaplaetze", "kitas")), ("Kindergarten", ("kitas",)), ("Kindergärten", ("kitas",)),
    ("Kindertagesstätte", ("kitas",)), ("Kitaplatz", ("kitaplaetze",)), ("Kitaplaetze", ("kitaplaetze",)),
    ("Haushalte nach Bezirk", ("haushalte",)), ("private Haushalte", ("haushalte",)), ("Haushaltsplan", ("haushaltsplan",)),
    ("Ausgaben der Stadt", ("haushaltsplan",)), ("Luftqualität", ("luftguetemessnetz",)), ("Luftguete", ("luftguetemessnetz",)),
    ("Messnetz", ("luftguetemessnetz",)), ("Feinstaub", ("luftguetemessnetz",)), ("NO2", ("luftguetemessnetz",)),
    ("Parkplatz", ("parken",)), ("Stellplätze", ("parken",)), ("Parkhäuser", ("parken",)), ("Fahrrad", ("radbuegel", "radzaehlung")),
    ("Fahrradzählstelle", ("radzaehlung",)), ("Zählstellen", ("radzaehlung",)), ("Abstellanlage", ("radbuegel",)),
    ("Spielplatz", ("spielplaetze",)), ("Spielplaetze", ("spielplaetze",)), ("Schule", ("schulen",)), ("Grundschulen", ("schulen",)),
    ("Strassenverzeichnis", ("strassen",)), ("Haltestelle", ("haltestellen",)), ("Straßenbahn", ("haltestellen",)),
    ("Wahllokal", ("wahllokale",)), ("wo ist mein Wahllokal", ("wahllokale",)), ("Krankenhaus", ("krankenhaeuser",)),
    ("Krankenhäusern", ("krankenhaeuser",)), ("Einwohnerzahl", ("einwohner",)), ("wie viele Einwohner gibt es", ("einwohner",)),
    ("Farradzählstelle", ("radzaehlung",)), ("Spilplatz", ("spielplaetze",)), ("Kindergraten", ("kitas",)), ("Haltestele", ("haltestellen",)),
    ("Einwonerzahlen", ("einwohner",)), ("Bodenfeuhcte", ("bodenfeuchte",)), ("Krankenhauser", ("krankenhaeuser",)),
    ("Lobdea", ("lobeda",)), ("Mängelmelder", ("buergeranliegen",)), ("Bürger Anliegen", ("buergeranliegen",)), ("Inzidenz", ("corona",)),
)  # fmt: skip
_PARTS = [
    "Wasser",
    "Wald",
    "Garten",
    "Lärm",
    "Energie",
    "Solar",
    "Müll",
    "Abfall",
    "Brücken",
    "Friedhof",
    "Museum",
    "Theater",
    "Bibliothek",
    "Gewerbe",
    "Steuer",
    "Miete",
    "Wohnung",
    "Hund",
    "Markt",
    "Fest",
    "Sport",
    "Bad",
    "Heiz",
    "Strom",
    "Gas",
    "Licht",
    "Ampel",
    "Weg",
    "Fluss",
    "Ufer",
]
_ENDS = [
    "verzeichnis",
    "statistik",
    "plan",
    "karte",
    "zahlen",
    "bericht",
    "flächen",
    "anlagen",
    "register",
    "liste",
    "gebühren",
    "nutzung",
    "messung",
    "zonen",
]


def _filler(count: int) -> Iterator[Entry]:
    chance = random.Random(7)
    for number in range(count):
        title = f"{chance.choice(_PARTS)}{chance.choice(_ENDS)} {chance.choice(_PARTS)} {number}"
        text = " ".join(f"{chance.choice(_PARTS)}{chance.choice(_ENDS)}" for _ in range(12))
        yield Entry(
            "dataset",
            f"f{number}",
            "de",
            title,
            chance.choice(_PARTS),
            text,
            "",
            Access.OPEN,
            (f"f{number}",),
        )


def _entry(kind: EntryKind, id_: str, title: str, keywords: str, text: str) -> Entry:
    return Entry(kind, id_, "de", title, keywords, text, text, Access.OPEN, (id_,))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    made = SearchIndex(tmp_path_factory.mktemp("search") / "search.sqlite")
    made.build([*(_entry(*row) for row in REAL), *_filler(3000)], SYNONYMS)
    return made


def _point(index: SearchIndex, query: str, right: tuple[str, ...]) -> bool:
    """A point if a right one is first and all right ones are among the first five."""
    hits = [hit.id for hit in index.find(query, "de", ANONYMOUS.may_read, 5)]
    return bool(hits) and hits[0] in right and set(right) <= set(hits)


def test_it_beats_48_of_50(index: SearchIndex) -> None:
    """More than 96 % of the queries find what is right, first and completely."""
    missed = [query for query, right in QUERIES if not _point(index, query, right)]
    print(f"\nsearch: {len(QUERIES) - len(missed)} of {len(QUERIES)}; missed: {missed}")
    assert len(QUERIES) >= 50
    assert len(missed) / len(QUERIES) < 2 / 50


def test_it_answers_within_20_ms(index: SearchIndex) -> None:
    """The median query, typos included, takes less than 20 ms over 3,000 entries."""
    index.find("Baum", "de", ANONYMOUS.may_read)
    taken = []
    for query, _ in QUERIES:
        started = time.perf_counter()
        index.find(query, "de", ANONYMOUS.may_read)
        taken.append((time.perf_counter() - started) * 1000)
    print(f"\nsearch: median {sorted(taken)[len(taken) // 2]:.1f} ms, slowest {max(taken):.1f} ms")
    assert sorted(taken)[len(taken) // 2] < 20


@pytest.fixture
def small(tmp_path: Path) -> SearchIndex:
    return SearchIndex(tmp_path / "search.sqlite")


def test_closed_entries_are_not_found(small: SearchIndex) -> None:
    """What may not be read is not found, not even by its exact title."""
    closed = Entry("dataset", "plan", "de", "Geheimplan", "", "", "", Access.PROTECTED, ("plan",))
    small.build([closed])
    reader = Principal("key", "k", (Scope(Access.PROTECTED, "plan"),))
    other = Principal("key", "k", (Scope(Access.PROTECTED, "other"),))
    assert not small.find("Geheimplan", "de", ANONYMOUS.may_read)
    assert not small.find("Geheimplan", "de", other.may_read)
    assert [hit.address for hit in small.find("Geheimplan", "de", reader.may_read)] == ["/d/plan"]


def test_an_entry_of_no_dataset_is_closed(small: SearchIndex) -> None:
    """Default closed: without a dataset to ask for, nobody may read."""
    small.build([Entry("story", "s", "de", "Freibad", access=Access.OPEN)])
    assert not small.find("Freibad", "de", ANONYMOUS.may_read)


def test_a_new_index_is_seen_at_once(small: SearchIndex) -> None:
    """Readers need no restart after a rebuild, and there is no index before the first."""
    assert small.find("Schule", "de", ANONYMOUS.may_read) == ()
    small.build([_entry("dataset", "a", "Schulen", "", "")])
    assert [hit.id for hit in small.find("Schule", "de", ANONYMOUS.may_read)] == ["a"]
    small.build([_entry("dataset", "b", "Schulen", "", "")])
    assert [hit.id for hit in small.find("Schule", "de", ANONYMOUS.may_read)] == ["b"]


def test_the_other_language_is_better_than_nothing(small: SearchIndex) -> None:
    """An English reader who types a German word finds the German entry."""
    small.build([_entry("dataset", "a", "Schulen", "", "")])
    assert [hit.language for hit in small.find("Schulen", "en", ANONYMOUS.may_read)] == ["de"]


def test_words_asked_for_in_vain_are_counted_but_not_who_asked(small: SearchIndex, tmp_path: Path) -> None:
    """A word shows up only after three queries, with its count and nothing else."""
    small.build([_entry("dataset", "a", "Schulen", "", "")])
    for _ in range(3):
        small.find("Hundewiese qx7@example.org", "de", ANONYMOUS.may_read)
    small.find("Eisbahn", "de", ANONYMOUS.may_read)
    assert ("hundewiese", 3) in small.misses(at_least=1)
    assert {"eisbahn", "qx7"}.isdisjoint(word for word, _ in small.misses(at_least=1))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_query_is_answered(query: str) -> None:
    """Quotes, operators, NUL bytes and other alphabets are words or nothing, never an error."""
    index = _tiny()
    index.find(query, "de", ANONYMOUS.may_read)


def _tiny(made: list[SearchIndex] = []) -> SearchIndex:  # noqa: B006  (made once for all examples)
    if not made:
        import tempfile

        made.append(SearchIndex(Path(tempfile.mkdtemp()) / "search.sqlite"))
        made[0].build([_entry("dataset", "a", "Schulen", "", "")])
    return made[0]


@pytest.mark.parametrize(
    ("one", "other"), [("Bäume", "Baeume"), ("Straße", "STRASSE"), ("Café", "cafe"), ("Füße", "fuesse")]
)
def test_spellings_fold_together(one: str, other: str) -> None:
    """Umlauts, their digraphs, sharp s and accents are no difference."""
    assert folded(one) == folded(other)


def test_stems_are_parts_of_their_words() -> None:
    """What the query is cut to is still found in the folded word, which trigrams rely on."""
    for word in ("Bäume", "Kitaplätze", "Haushalten", "Straßen", "Krankenhäusern"):
        assert stemmed(word.lower(), "de")[:5] in folded(word) or stemmed(word.lower(), "de") in folded(word)


def test_filler_words_are_not_searched() -> None:
    """A question is searched by the words that say something; filler alone is searched as it is."""
    assert asked("Wie viele Bäume gibt es in Jena?", "de") == ["bäume", "jena"]
    assert asked("wo ist", "de") == ["wo", "ist"]
