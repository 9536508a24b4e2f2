"""Invented people and their numbers, with known truth, for tests of the guard.

The names are a list of their own, with many that are rare here, so that a test does not ask the guard for the
names it knows. No number belongs to anybody: they are drawn at random and given their check digits.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from allmende.guard.persons.checksums import is_card, is_health_insurance, is_social_security, is_tax_id

FIRST = [
    "Alwin",
    "Apollonia",
    "Balthasar",
    "Bärbel",
    "Burhan",
    "Ceyda",
    "Dörte",
    "Ebba",
    "Ekkehard",
    "Enno",
    "Fjodor",
    "Gesine",
    "Gülşen",
    "Hinnerk",
    "Irmgard",
    "Janusz",
    "Kaspar",
    "Kunigunde",
    "Ljiljana",
    "Lennard",
    "Mareike",
    "Mechthild",
    "Nermin",
    "Oluchi",
    "Ottilie",
    "Przemysław",
    "Quirin",
    "Raik",
    "Rüya",
    "Sieglinde",
    "Swantje",
    "Thi",
    "Tjark",
    "Traudel",
    "Ümit",
    "Veit",
    "Wendelin",
    "Xaver",
    "Yaroslav",
    "Zdenka",
    "Anna",
    "Peter",
    "Maria",
    "Thomas",
    "Sabine",
    "Michael",
    "Julia",
    "Andreas",
    "Klaus",
    "Petra",
    "Jonas",
    "Emma",
    "Lukas",
    "Ahmed",
    "Fatma",
    "Olga",
    "Jan",
    "Martina",
    "Stefan",
    "Ursula",
]
LAST = [
    "Abendroth",
    "Brüggemann",
    "Çelik",
    "Dąbrowski",
    "Eichholzer",
    "Fürchtenicht",
    "Grünewald",
    "Hözel",
    "Iwanow",
    "Jäkel",
    "Kühnast",
    "Lê",
    "Mühlbauer",
    "Nowotny",
    "Öztürk",
    "Pschorr",
    "Quandt",
    "Rübsamen",
    "Sørensen",
    "Tschirner",
    "Uhlig",
    "Vogelsang",
    "Wojciechowski",
    "Yıldız",
    "Zschiesche",
    "Müller",
    "Schmidt",
    "Weber",
    "Fischer",
    "Koch",
    "Richter",
    "Klein",
    "Wolf",
    "Neumann",
    "Krüger",
    "Braun",
    "Hofmann",
    "Lange",
    "Werner",
    "Krause",
    "Köhler",
    "Maier",
]

Draw = random.Random


def person(draw: Draw) -> str:
    """First and last name, sometimes doubled."""
    last = draw.choice(LAST)
    if draw.random() < 0.1:
        last += f"-{draw.choice(LAST)}"
    return f"{draw.choice(FIRST)} {last}"


def turned(draw: Draw) -> str:
    """`Last, First`, sometimes with a title before it."""
    first, last = person(draw).split(" ", 1)
    return f"{last}, {first}"


def titled(draw: Draw) -> str:
    """With a title or a form of address."""
    return f"{draw.choice(['Herr', 'Frau', 'Dr.', 'Frau Dr.'])} {person(draw)}"


def iban(draw: Draw) -> str:
    """A German account number, in one of the ways in which people write it."""
    account = f"{draw.randrange(10**17, 10**18)}"
    check = 98 - int(account + "131400") % 97
    whole = f"DE{check:02d}{account}"
    spaced = " ".join(whole[i : i + 4] for i in range(0, 22, 4))
    return draw.choice(
        [whole, spaced, whole.lower(), spaced.replace(" ", "-"), f" {whole} ", f"IBAN: {spaced}"]
    )


def _drawn(draw: Draw, make: Callable[[], str], holds: Callable[[str], bool]) -> str:
    while True:
        made = make()
        if holds(made):
            return made


def tax_id(draw: Draw) -> str:
    """Eleven digits with check digit, sometimes in groups."""

    def make() -> str:
        digits = draw.sample("0123456789", 9)
        digits.insert(draw.randrange(10), draw.choice(digits))
        return "".join(digits) + str(draw.randrange(10))

    found = _drawn(draw, make, is_tax_id)
    return draw.choice(
        [
            found,
            f"{found[:2]} {found[2:5]} {found[5:8]} {found[8:]}",
            f"{found[:2]}/{found[2:5]}/{found[5:8]}/{found[8:]}",
        ]
    )


def social_security(draw: Draw) -> str:
    """A pension insurance number."""

    def make() -> str:
        born = f"{draw.randrange(1, 29):02d}{draw.randrange(1, 13):02d}{draw.randrange(100):02d}"
        return f"{draw.randrange(10, 90)}{born}{draw.choice('ABDEFHKMSTW')}{draw.randrange(100):02d}{draw.randrange(10)}"

    found = _drawn(draw, make, is_social_security)
    return draw.choice([found, f"{found[:2]} {found[2:8]} {found[8]} {found[9:]}"])


def health_insurance(draw: Draw) -> str:
    """A health insurance number."""
    return _drawn(
        draw, lambda: f"{draw.choice('ABDEHKMSTWX')}{draw.randrange(10**8, 10**9)}", is_health_insurance
    )


def card(draw: Draw) -> str:
    """A payment card's number."""
    found = _drawn(
        draw, lambda: f"{draw.choice(['4', '51', '53'])}{draw.randrange(10**14)}"[:16].ljust(16, "7"), is_card
    )
    return draw.choice([found, " ".join(found[i : i + 4] for i in range(0, 16, 4))])


def birth_date(draw: Draw) -> str:
    """A day between 1930 and 2020, as Germans write it."""
    return f"{date(1930, 1, 1) + timedelta(days=draw.randrange(32_000)):%d.%m.%Y}"


def email(draw: Draw) -> str:
    """A private mailbox."""
    first, last = person(draw).lower().replace(" ", "\n", 1).split("\n")
    plain = "".join(sign for sign in f"{first}.{last}" if sign.isascii() and (sign.isalnum() or sign in ".-"))
    return f"{plain}@{draw.choice(['gmx.de', 'web.de', 'example.org', 't-online.de'])}"


def mobile(draw: Draw) -> str:
    """A mobile phone, in one of the ways in which people write it."""
    code, rest = draw.choice(["151", "160", "176"]), f"{draw.randrange(10**7, 10**8)}"
    return draw.choice(
        [
            f"0{code} {rest}",
            f"+49 {code} {rest}",
            f"0{code}/{rest}",
            f"0{code}-{rest[:4]} {rest[4:]}",
            f"0049{code}{rest}",
        ]
    )
