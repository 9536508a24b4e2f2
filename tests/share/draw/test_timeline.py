"""Series over time: gaps stay gaps, doubts stay beside the line, axes have round marks in the city's time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.model.observation import microseconds
from allmende.model.text import Language
from allmende.share.draw.axis import number_ticks, time_ticks
from allmende.share.draw.timeline import Mark, Timeline, draw_timeline

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
START = microseconds(datetime(2026, 11, 1, tzinfo=UTC))
EVIL = '<script>alert(1)</script>" onload="x'


def _timeline(*marks: Mark, title: str = "Bodenfeuchte", days: int = 1) -> Timeline:
    return Timeline(title, "Werte.", marks, START, START + days * DAY, 30 * MINUTE)


def _at(minutes: int, value: float | None, *, sure: bool = True) -> Mark:
    return Mark(START + minutes * MINUTE, value, sure=sure)


def _paths(svg: str) -> list[str]:
    """The lines of values: paths without a filling that are as thick as a line of values."""
    return re.findall(r'<path d="(M[^"]+)" fill="none" stroke="#0B5D4E"', svg)


def test_a_gap_is_a_gap() -> None:
    """Where nothing came for longer than the gap there is no line, but a band that says so."""
    marks = [_at(at, 20.0 + at % 7) for at in (*range(0, 400, 10), *range(1000, 1440, 10))]
    drawn = draw_timeline(_timeline(*marks), BERLIN, "de")
    assert len(_paths(drawn.wide)) == 2
    assert "keine Werte" in drawn.wide
    assert "no values" in draw_timeline(_timeline(*marks), BERLIN, "en").wide


def test_without_a_gap_there_is_one_line_and_no_band() -> None:
    """A whole day is one line."""
    drawn = draw_timeline(_timeline(*(_at(at, 20.0 + at % 7) for at in range(0, 1441, 10))), BERLIN, "de")
    assert len(_paths(drawn.wide)) == 1
    assert "keine Werte" not in drawn.wide


def test_doubted_values_are_no_part_of_the_line() -> None:
    """A value of 87,654 % is a cross at the edge; the axis and the line are those of the others."""
    sound = [_at(at, 20.0 + at % 7) for at in range(0, 1441, 10)]
    with_doubt = sorted([*sound, _at(305, 87654.0, sure=False)], key=lambda mark: mark.time)
    plain, drawn = (draw_timeline(_timeline(*marks), BERLIN, "de").wide for marks in (sound, with_doubt))
    assert _paths(plain) == _paths(drawn)
    assert drawn.count("l8 8m0-8l-8 8") == 1
    assert "87654" not in drawn


def test_only_doubted_values_are_still_shown() -> None:
    """A sensor that is never credible is not hidden."""
    drawn = draw_timeline(_timeline(_at(10, 900.0, sure=False), _at(20, 901.0, sure=False)), BERLIN, "de")
    assert drawn.wide.count("l8 8m0-8l-8 8") == 2
    assert _paths(drawn.wide) == []


def test_nothing_known_is_nothing_drawn() -> None:
    """Without values there is no drawing; the page says so in words."""
    assert not draw_timeline(_timeline(), BERLIN, "de")
    assert not draw_timeline(_timeline(_at(10, None)), BERLIN, "de")


def test_words_cannot_leave_the_drawing() -> None:
    """A name is text, whatever it contains; the drawing is well-formed and carries no style of its own."""
    drawn = draw_timeline(_timeline(_at(10, 1.0), _at(20, 2.0), title=EVIL), BERLIN, "de")
    for svg in (drawn.wide, drawn.narrow):
        ElementTree.fromstring(svg)
        assert "<script" not in svg
        assert "style=" not in svg


@given(
    values=st.lists(
        st.tuples(st.integers(0, 1440), st.floats(-1e9, 1e9) | st.none(), st.booleans()), max_size=40
    )
)
def test_any_values_can_be_drawn(values: list[tuple[int, float | None, bool]]) -> None:
    """Whatever comes in is drawn inside the drawing, as well-formed SVG without numbers that are none."""
    marks = [_at(at, value, sure=sure) for at, value, sure in sorted(values, key=lambda one: one[0])]
    drawn = draw_timeline(_timeline(*marks), BERLIN, "de")
    assert bool(drawn) == any(value is not None for _, value, _ in values)
    if drawn:
        ElementTree.fromstring(drawn.wide)
        assert not re.search(r"\b(nan|inf)\b", drawn.wide)
        x = [float(found) for found in re.findall(r"[ML](-?[\d.]+) ", drawn.wide)]
        assert all(-5 <= one <= 965 for one in x)


@given(low=st.floats(-1e12, 1e12), length=st.floats(1e-6, 1e12), most=st.integers(2, 9))
def test_numbers_of_an_axis_are_round_and_few(low: float, length: float, most: int) -> None:
    """Marks stand inside the axis, evenly, and there are not more of them than fit."""
    high = low + length
    if high <= low or length < abs(low) * 1e-9:
        return
    ticks = number_ticks(low, high, most, "de")
    assert len(ticks) <= most
    slack = (high - low) * 1e-6
    assert all(low - slack <= tick.at <= high + slack for tick in ticks)
    assert len({tick.text for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("hours", "language", "expected"),
    [
        (24, "de", ["03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]),
        (24 * 7, "en", ["2 Nov", "3 Nov", "4 Nov", "5 Nov", "6 Nov", "7 Nov", "8 Nov"]),
        (24 * 7, "de", ["2. Nov.", "3. Nov.", "4. Nov.", "5. Nov.", "6. Nov.", "7. Nov.", "8. Nov."]),
    ],
)
def test_times_of_an_axis_are_those_of_the_city(hours: int, language: Language, expected: list[str]) -> None:
    """Round hours and days of the city's clock, not of UTC."""
    ticks = time_ticks(START, START + hours * 60 * MINUTE, 9, BERLIN, language)
    assert [tick.text for tick in ticks] == expected


def test_days_stay_days_when_the_clock_changes() -> None:
    """On the last Sunday of October midnight is an hour further away, and still called midnight."""
    start = microseconds(datetime(2026, 10, 23, 22, tzinfo=UTC))
    ticks = time_ticks(start, start + 4 * DAY, 9, BERLIN, "de")
    midnights = [tick for tick in ticks if tick.text == "00:00"] or ticks
    apart = {round(b.at - a.at) for a, b in pairwise(midnights)}
    assert 25 * 60 * MINUTE in apart


@given(start=st.integers(-(10**15), 4 * 10**15), length=st.integers(1, 10**15), most=st.integers(2, 9))
def test_any_span_of_time_has_few_marks_inside(start: int, length: int, most: int) -> None:
    """From a microsecond to thirty years: marks are in order, inside, and few."""
    ticks = time_ticks(start, start + length, most, BERLIN, "de")
    assert len(ticks) <= most + 2
    assert [tick.at for tick in ticks] == sorted({tick.at for tick in ticks})
    assert all(start <= tick.at <= start + length for tick in ticks)
