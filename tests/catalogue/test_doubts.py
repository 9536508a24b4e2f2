"""Reasons for doubt can be read by people, with their numbers, in both languages."""

from __future__ import annotations

import string
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from allmende.catalogue.doubts import doubts_of, oddities, word_doubt, word_flags, word_lasted
from allmende.model.limits import FLAGS, Doubt, Oddity
from allmende.model.observation import Quality
from allmende.model.text import Language

BERLIN = ZoneInfo("Europe/Berlin")
SUMMER = 1_753_000_200_000_000  # 20 July 2025, 08:30 UTC


@pytest.mark.parametrize(
    ("doubt", "unit", "language", "expected"),
    [
        (Doubt("above", 58.0, 50.0), "°C", "de", "58\u00a0°C liegt über der Grenze von 50\u00a0°C."),
        (Doubt("below", -41.25, -40.0), "°C", "en", "\u221241.25\u00a0°C lies below the limit of \u221240\u00a0°C."),
        (
            Doubt("stuck", 13.7, 7200, SUMMER), "%", "de",
            "Seit 20. Juli 2025, 10:30 unverändert 13,7\u00a0%: Der Sensor hängt wohl.",
        ),
        (
            Doubt("zone", 2.0), "", "de",
            "Die Uhr des Geräts geht gleichbleibend 2 Stunden vor: wohl eine falsche Zeitzone oder Sommerzeit.",
        ),
        (
            Doubt("zone", -1.0), "", "en",
            "The device's clock is steadily 1 hour slow: a wrong time zone or summer time, it seems.",
        ),
        (Doubt("gap", 21600.0, 3600), "", "de", "Davor fehlen Werte: 6 Stunden lang kam nichts."),
        (Doubt("jump", 3120.0, 250.0), "", "en", "The device reports from 3.1\u00a0km away from where it should be."),
        (Doubt("code", -999.0), "°C", "en", "With \u2212999 the device reports an error, not a measurement."),
    ],
)  # fmt: skip
def test_a_reason_is_a_sentence_with_its_numbers(
    doubt: Doubt, unit: str, language: Language, expected: str
) -> None:
    """Values with their unit, times in the city's zone, lengths of time and distances in words."""
    assert word_doubt(doubt, language, unit, BERLIN) == expected


def test_every_reason_has_its_flag_and_its_sentence_in_both_languages() -> None:
    """No reason is shown as a code, whatever numbers it lacks."""
    sentences = dict(oddities())
    assert set(sentences) == set(FLAGS) == set(get_args(Oddity))
    for oddity, text in sentences.items():
        assert text.de != text.en
        fields = [{name for _, name, _, _ in string.Formatter().parse(t) if name} for t in (text.de, text.en)]
        assert fields[0] == fields[1]
        for language in ("de", "en"):
            assert "{" not in word_doubt(Doubt(oddity), language, "m", BERLIN)


def test_every_flag_has_words() -> None:
    """Each bit is told, and nothing is told of a good value."""
    assert word_flags(0, "de") == ()
    for flag in Quality:
        assert len(word_flags(flag, "de")) == len(word_flags(flag, "en")) == 1


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86400, "1 day"),
        (200000, "2 days"),
    ],
)
def test_lengths_of_time_are_said_in_the_unit_that_fits(seconds: float, expected: str) -> None:
    """As people say it."""
    assert word_lasted(seconds, "en") == expected


@pytest.mark.parametrize(
    "extra", [None, "", "[]", "{", '{"doubts":7}', '{"doubts":[{"rule":"witchcraft"},{"rule":[]},7]}']
)
def test_what_is_none_of_our_doubts_is_left_out(extra: str | None) -> None:
    """`extra` may hold what a stranger wrote."""
    assert doubts_of(extra) == ()
