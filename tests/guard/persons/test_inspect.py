"""The guard against personal data, measured on invented people whose names it was not made from."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.guard.persons.checksums import (
    is_card,
    is_health_insurance,
    is_iban,
    is_social_security,
    is_tax_id,
)
from allmende.guard.persons.inspect import inspect
from allmende.guard.persons.words import FIRST_NAMES
from allmende.model.dataset import Column
from allmende.model.guard import GuardFinding
from allmende.testing import people

Make = Callable[[random.Random], str]
PROVEN: dict[str, tuple[str, Make]] = {
    "iban": ("konto", people.iban),
    "tax_id": ("nummer", people.tax_id),
    "social_security": ("rv", people.social_security),
    "health_insurance": ("karte", people.health_insurance),
    "credit_card": ("zahlung", people.card),
}
NAMED: tuple[tuple[str, Make], ...] = (
    ("name", people.person), ("wer", people.turned), ("ansprechpartner", people.titled), ("kontakt", people.person),
    ("nachname", lambda draw: people.person(draw).split(" ", 1)[1]), ("vorname", lambda draw: draw.choice(people.FIRST)),
)  # fmt: skip
STREETS = (
    "Lindenstraße",
    "Karl-Marx-Allee",
    "Anna-Seghers-Weg",
    "Am Anger",
    "Otto-Schott-Straße",
    "Peter-Petersen-Platz",
)


def column(name: str, values: list[object]) -> tuple[GuardFinding, ...]:
    """What is found in a table of one column."""
    return inspect(pa.table({name: values}), (), date(2026, 7, 1))


def kinds(found: tuple[GuardFinding, ...], blocking: bool = True) -> set[str]:
    """The kinds of the findings that block."""
    return {one.kind for one in found if one.blocking or not blocking}


def harmless(draw: random.Random) -> dict[str, list[object]]:
    """Columns of a city's tables that speak of nobody."""

    def several(make: Callable[[], object]) -> list[object]:
        return [make() for _ in range(120)]

    return {
        "strasse": several(lambda: f"{draw.choice(STREETS)} {draw.randrange(1, 90)}"),
        "schule": several(lambda: f"{draw.choice(['Goethe', 'Anna-Siemsen', 'Heinrich-Heine'])}-Schule {draw.randrange(30)}"),
        "art": several(lambda: draw.choice(["Acer platanoides", "Tilia cordata", "Quercus robur", "Sophora japonica"])),
        "kennung": several(lambda: draw.randrange(10**10, 10**11)),
        "objekt": several(lambda: f"{draw.randrange(10**10, 10**11)}"),
        "guid": several(lambda: f"{draw.getrandbits(128):032x}"),
        "zeit": several(lambda: f"2026-{draw.randrange(1, 13):02d}-11T{draw.randrange(24):02d}:00:00Z"),
        "datum": several(lambda: f"{draw.randrange(1, 28):02d}.{draw.randrange(1, 12):02d}.2025"),
        "lon": several(lambda: 11.5 + draw.random() / 10),
        "punkt": several(lambda: f"POINT({11.5 + draw.random():.8f} {50.9 + draw.random():.8f})"),
        "haltestelle": several(lambda: draw.choice(["Paradiesbahnhof", "Ernst-Abbe-Platz", "Lobeda Ost", "Winzerla"])),
        "betrag": several(lambda: f"{draw.randrange(10**6)},{draw.randrange(100):02d} €"),
        "amt_mail": several(lambda: draw.choice(["info@stadt.example", "poststelle@amt.example", "buero@kita.example"])),
        "fax": several(lambda: f"03641 {draw.randrange(10**5, 10**6)}"),
        "version": several(lambda: f"{draw.randrange(9)}.{draw.randrange(9)}.{draw.randrange(9)}"),
        "stadtteil": several(lambda: draw.choice(["Zentrum", "Jena Nord", "Lobeda", "Wenigenjena", "Winzerla"])),
        "hinweis": several(lambda: draw.choice(["Der Weg ist gesperrt.", "Bitte die Frau am Empfang fragen.", "nur werktags"])),
        "baujahr": several(lambda: draw.randrange(1890, 2026)),
        "isbn": several(lambda: f"978-3-{draw.randrange(100, 999)}-{draw.randrange(10000, 99999)}-{draw.randrange(9)}"),
        "aktenzeichen": several(lambda: f"{draw.randrange(1, 99)} O {draw.randrange(1, 999)}/24"),
    }  # fmt: skip


def test_recall_and_false_alarms(capsys: pytest.CaptureFixture[str]) -> None:
    """At least 95 % of columns with proven numbers, 85 % of those with names, at most 5 % false alarms."""
    draw, hits, tried = (
        random.Random(4),
        {"proven": 0, "names": 0, "false": 0},
        {"proven": 0, "names": 0, "false": 0},
    )
    for _ in range(40):
        for kind, (name, make) in PROVEN.items():
            values: list[object] = [make(draw) for _ in range(draw.randrange(5, 60))]
            tried["proven"] += 1
            hits["proven"] += kind in kinds(column(name, values))
        for name, make in NAMED:
            tried["names"] += 1
            hits["names"] += "name" in kinds(
                column(name, [make(draw) for _ in range(draw.randrange(12, 80))])
            )
        for name, values in harmless(draw).items():
            tried["false"] += 1
            hits["false"] += bool(kinds(column(name, values)))
    shares = {what: hits[what] / tried[what] for what in hits}
    with capsys.disabled():
        print(
            f"\n  guard: proven {shares['proven']:.1%}, names {shares['names']:.1%}, false {shares['false']:.1%}",
            end=" ",
        )
    assert shares["proven"] >= 0.95
    assert shares["names"] >= 0.85
    assert shares["false"] <= 0.05


def test_the_test_names_are_not_the_guards_own() -> None:
    """Most of them it has never heard of."""
    unknown = [name for name in people.FIRST if name.lower() not in FIRST_NAMES]
    assert len(unknown) > len(people.FIRST) / 2


@pytest.mark.parametrize(("kind", "make"), [("email", people.email), ("phone", people.mobile)])
def test_private_addresses_are_found_in_columns_and_in_running_text(kind: str, make: Make) -> None:
    """Private mailboxes and mobile phones block."""
    draw = random.Random(1)
    assert kind in kinds(column("kontakt", [make(draw) for _ in range(20)]))
    assert kind in kinds(
        column("notiz", ["nichts", f"Bitte melden bei {make(draw)} bis Freitag, danach nicht mehr."])
    )


def test_one_account_among_a_hundred_thousand_values_is_found() -> None:
    """Counts say how many, examples are masked."""
    account = people.iban(random.Random(3)).strip()
    values: list[object] = [f"Beleg {n}" for n in range(100_000)]
    values[77_777] = f"Erstattung an {account}"
    (found,) = column("text", values)
    assert (found.kind, found.count, found.blocking) == ("iban", 1, True)
    assert account not in found.examples[0]
    assert "*" in found.examples[0]


def test_birth_dates_are_told_from_other_days() -> None:
    """By the header, in the text and as dates."""
    draw = random.Random(5)
    texts: list[object] = [people.birth_date(draw) for _ in range(30)]
    assert kinds(column("geburtsdatum", texts)) == {"birth_date"}
    assert kinds(column("geb", [date(1961, 2, 3), date(2001, 1, 1)])) == {"birth_date"}
    assert not kinds(column("gebaut", [date(1961, 2, 3), date(2001, 1, 1)]))
    assert not kinds(column("datum", texts))


def test_addresses_and_places_are_private_only_beside_people() -> None:
    """A school has an address, too."""
    draw = random.Random(6)
    places: dict[str, list[object]] = {
        "anschrift": [f"Lindenstraße {n}" for n in range(30)],
        "lon": [11.5 + draw.random() / 9 for _ in range(30)],
    }
    assert not inspect(pa.table(places))
    with_people = inspect(pa.table({**places, "mieter": [people.person(draw) for _ in range(30)]}))
    assert kinds(with_people) == {"address", "coordinates", "name"}


def test_a_cell_of_a_megabyte_is_looked_through() -> None:
    """Twenty thousand mailboxes in one cell, and one account across the edge of two pieces."""
    text = "".join(f"anna.{n}@gmx.de, " for n in range(60_000))
    account = people.iban(random.Random(2)).strip()
    edged = f"{text[: 20_000 - 8]} {account} {text[20_000:]}"
    assert {"email", "iban"} <= kinds(column("note", [edged, "x", "y"]))


@pytest.mark.parametrize("place", [0, 77_777, 123_456, 199_999])
def test_one_account_among_two_hundred_thousand_long_numbers_is_found(place: int) -> None:
    """Wherever it stands, and counted once."""
    values: list[object] = [f"Beleg {n:08d}" for n in range(200_000)]
    values[place] = f"Beleg {place:08d} an {people.iban(random.Random(9)).strip()}"
    found = [one for one in column("text", values) if one.kind == "iban"]
    assert [(one.count, one.blocking) for one in found] == [(1, True)]


@pytest.mark.parametrize("gap", ["\u00a0", "\u2009", "\u202f", "  ", "/", "-", "."])
def test_accounts_are_found_whatever_stands_between_their_digits(gap: str) -> None:
    """Spreadsheets and people put many signs there."""
    whole = "DE89370400440532013000"
    written = gap.join(whole[i : i + 4] for i in range(0, 22, 4))
    assert kinds(column("konto", [written])) == {"iban"}


@pytest.mark.parametrize("form", [str.upper, str.lower, lambda name: unicodedata.normalize("NFD", name)])
def test_names_are_found_however_they_are_written(form: Callable[[str], str]) -> None:
    """In capitals, in small letters, with loose accents."""
    draw = random.Random(8)
    assert kinds(column("nachname", [form(people.person(draw).split(" ", 1)[1]) for _ in range(30)])) == {
        "name"
    }
    assert kinds(column("wer", [form(people.person(draw)) for _ in range(60)])) == {"name"}


def test_names_far_down_are_found() -> None:
    """Behind thousands of other words."""
    draw = random.Random(8)
    words: list[object] = [f"Vorgang {n}" for n in range(3_000)]
    people_: list[object] = [
        f"{people.person(draw)}{'-' + people.person(draw).split()[1]}" for _ in range(20_000)
    ]
    assert kinds(column("wer", [*words, *people_])) == {"name"}


def test_phones_that_became_numbers_are_found() -> None:
    """Whole ones and those with a decimal point; long numbers elsewhere are none."""
    numbers: list[object] = [1712345678, 1601234567, 491761234567]
    assert kinds(column("telefon", numbers)) == {"phone"}
    assert kinds(column("mobil", [float(str(one)) for one in numbers])) == {"phone"}
    assert not kinds(column("objekt", numbers))


def test_a_birth_date_is_a_trait_and_a_vague_header_is_no_count() -> None:
    """A column called n or wert switches nothing off."""
    rows: dict[str, list[Any]] = {
        "geburtsdatum": [date(1951, 2, 3), date(1990, 1, 1)], "geschlecht": ["w", "m"], "plz": ["07743", "07745"],
        "n": [1, 2], "wert": [0.5, 0.7],
    }  # fmt: skip
    assert "rare_combination" in kinds(inspect(pa.table(rows)))


@pytest.mark.parametrize(
    "text", ["DE²²370400440532013000", "²6095742719", "²5070649C103", "A²23456780", "٤" * 16]
)
def test_digits_of_other_kinds_are_no_digits(text: str) -> None:
    """And no fault."""
    for holds in (is_iban, is_tax_id, is_social_security, is_health_insurance, is_card):
        assert holds(text) is False


def test_empty_columns_are_no_fault() -> None:
    """Alone, and beside people."""
    empty = pa.array([None, None], pa.string())
    accounts = [people.iban(random.Random(seed)) for seed in range(2)]
    assert inspect(pa.table({"name": empty})) == ()
    assert kinds(inspect(pa.table({"name": empty, "konto": accounts}))) == {"iban"}
    assert inspect(pa.table({"name": empty, "telefon": pa.array([None, None], pa.int64())}).slice(0, 0)) == ()


def test_rare_names_are_found_beside_accounts() -> None:
    """Three names that nobody has heard of, in a column called so, beside numbers that prove themselves."""
    accounts = [people.iban(random.Random(seed)) for seed in range(3)]
    names = ["Ebba Tschirner", "Kaspar Rübsamen", "Thi Lê"]
    assert kinds(inspect(pa.table({"name": names, "konto": accounts}))) == {"iban", "name"}
    places = ["Alte Eiche", "Hohe Buche", "Roter Turm"]
    assert kinds(inspect(pa.table({"name": places}))) == set()


def test_people_addressed_in_free_text_are_found() -> None:
    """And an office is not a person."""
    assert kinds(column("bemerkung", ["Frau Tschirner bittet um Rückruf, die Tür klemmt seit gestern."])) == {
        "free_text"
    }
    assert not kinds(column("bemerkung", ["Die Frau am Schalter", "Herr Berge-Straße 5 ist gesperrt"]))


def test_rare_combinations_of_traits_are_found() -> None:
    """Three traits side by side in rows about people; not in tables of counts."""
    rows: dict[str, list[Any]] = {
        "geburtsjahr": [1990, 1990, 1951],
        "geschlecht": ["w", "w", "m"],
        "plz": ["07743", "07743", "07745"],
    }
    (found,) = inspect(pa.table(rows))
    assert (found.kind, found.count) == ("rare_combination", 3)
    assert not inspect(pa.table({**rows, "anzahl": [3, 4, 5]}))
    assert not inspect(pa.table({name: values * 5 for name, values in rows.items()}).slice(0, 0))


def test_the_header_in_the_source_counts_too() -> None:
    """Our column name may say less than the source's."""
    table = pa.table({"c1": ["12.03.1981", "01.01.1999"]})
    (found,) = inspect(table, (Column("c1", source_name="Geburtsdatum"),))
    assert found.kind == "birth_date"


@given(st.text(max_size=40))
def test_no_text_breaks_the_check_digits(text: str) -> None:
    """Hostile texts are no numbers, and no fault."""
    plain = text.upper()
    for holds in (is_iban, is_tax_id, is_social_security, is_health_insurance, is_card):
        assert holds(plain) in (True, False)


@pytest.mark.parametrize(
    ("holds", "right", "wrong"),
    [
        (is_iban, "DE89370400440532013000", "DE89370400440532013001"),
        (is_tax_id, "86095742719", "86095742718"),
        (is_social_security, "15070649C103", "15070649C104"),
        (is_health_insurance, "A123456780", "A123456781"),
        (is_card, "5555341244441115", "5555341244441116"),
    ],
)
def test_published_examples_prove_themselves(holds: Callable[[str], bool], right: str, wrong: str) -> None:
    """The examples of the standards, and the same with another check digit."""
    assert holds(right)
    assert not holds(wrong)
