"""Values after values: each rule finds what it is for, and leaves alone what is none of it."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.model.limits import Correction, Limits, read_doubts
from allmende.model.observation import SUSPECT, Quality
from allmende.structure.quality.watch import Earlier, Rules, Seen, Watch

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_763_000_000 * SECOND  # November 2025


class Line:
    """A series under watch: `say(minutes, number)` is one value that came in live, `late` seconds after."""

    def __init__(self, limits: Limits | None = None, correction: Correction | None = None) -> None:
        rules = Rules(limits or Limits(), correction or Correction())
        self.watch = Watch(lambda datastream: rules)

    def say(self, minutes: float, number: float | None, late: float = 1.0, device: float = 0.0) -> Seen:
        """`device` are the minutes by which the device's clock is wrong."""
        true = START + int(minutes * MINUTE)
        return self.watch.see(1, true + int(device * MINUTE), number, true + int(late * SECOND))


def names(seen: Seen) -> list[str]:
    return [doubt.oddity for doubt in seen.doubts]


def test_a_value_outside_its_limits_is_flagged_with_the_limit_and_kept() -> None:
    """58 above 50 is flagged RANGE, the number stays, and the limits themselves are still plausible."""
    line = Line(Limits(minimum=-40, maximum=50))
    seen = line.say(0, 58.0)
    assert (seen.number, seen.flags) == (58.0, Quality.RANGE)
    assert (seen.doubts[0].value, seen.doubts[0].limit) == (58.0, 50.0)
    assert names(line.say(10, -41.0)) == ["below"]
    assert line.say(20, 50.0).flags == line.say(30, -40.0).flags == 0


def test_a_spike_is_flagged_and_the_value_after_it_is_not() -> None:
    """The comparison is with the last credible value, so the way back from a spike is no jump."""
    line = Line(Limits(max_rate=6))
    flags = [line.say(10 * i, n).flags for i, n in enumerate([20.0, 20.5, 35.0, 20.7, 21.0])]
    assert flags == [0, 0, Quality.RATE, 0, 0]


def test_a_real_step_is_believed_after_three_values() -> None:
    """A probe moved to another place is not doubted for ever."""
    line = Line(Limits(max_rate=6))
    flags = [line.say(10 * i, n).flags for i, n in enumerate([20.0, 35.0, 35.2, 35.1, 35.3])]
    assert flags == [0, Quality.RATE, Quality.RATE, 0, 0]


def test_noise_of_a_fast_sensor_is_no_jump() -> None:
    """0.1 degrees within a second would be 360 an hour; changes are held against ten minutes at least."""
    line = Line(Limits(max_rate=10))
    assert all(line.say(i / 60, 20 + (i % 2) / 10).flags == 0 for i in range(100))


def test_values_out_of_range_are_no_measure_for_the_next() -> None:
    """An error value above the limit does not make the return to normal a jump."""
    line = Line(Limits(maximum=50, max_rate=6))
    assert [line.say(10 * i, n).flags for i, n in enumerate([20.0, 85.0, 20.2])] == [0, Quality.RANGE, 0]


def test_one_value_for_too_long_is_stuck_and_says_since_when() -> None:
    """The first value of the run is the one it has been stuck since."""
    line = Line(Limits(stuck_after=3600))
    seen = [line.say(10 * i, 13.7) for i in range(8)]
    assert [one.flags for one in seen] == [0] * 6 + [Quality.STUCK] * 2
    assert seen[6].doubts[0].since == START
    assert line.say(80, 13.8).flags == 0


def test_resting_values_are_never_stuck() -> None:
    """No rain for a week is weather."""
    line = Line(Limits(stuck_after=3600, resting=(0.0,)))
    assert all(line.say(10 * i, 0.0).flags == 0 for i in range(100))


def test_two_equal_values_far_apart_are_not_stuck() -> None:
    """After a silence the same value again proves nothing."""
    line = Line(Limits(stuck_after=3600))
    line.say(0, 5.0)
    assert not line.say(600, 5.0).flags & Quality.STUCK


def test_the_first_value_after_a_silence_tells_of_the_gap() -> None:
    """A gap is told, but it does not make the value suspect."""
    line = Line(Limits(silence_after=3600))
    line.say(0, 1.0)
    seen = line.say(90, 1.1)
    assert seen.flags == Quality.GAP
    assert not Quality(seen.flags) & SUSPECT
    assert seen.doubts[0].value == 5400
    assert line.say(100, 1.2).flags == 0


def test_without_a_limit_the_usual_interval_is_learnt() -> None:
    """Every ten minutes, then nothing for two hours: that is a gap, and one gap changes no habit."""
    line = Line()
    for i in range(20):
        line.say(10 * i, float(i))
    assert line.say(190 + 120, 0.5).flags == Quality.GAP
    assert line.say(320, 0.6).flags == 0
    assert line.say(320 + 60, 0.7).flags == Quality.GAP


def test_a_second_value_for_the_same_time_is_a_duplicate_and_a_forecast_is_none() -> None:
    """The same again is repeated, another one a conflict; other result times are legal."""
    line = Line()
    assert line.say(0, 1.0).flags == 0
    assert names(line.say(0, 1.0)) == ["repeated"]
    assert names(line.say(0, 2.0)) == ["conflict"]
    watch = Watch(lambda datastream: Rules())
    times = [START - HOUR, START - 2 * HOUR]
    assert [watch.see(1, START, 3.0, None, result).flags for result in times] == [0, 0]


def test_late_values_are_judged_by_themselves() -> None:
    """A value that comes after newer ones is neither a jump nor a gap, but its range is checked."""
    line = Line(Limits(maximum=50, max_rate=6, silence_after=60))
    line.say(100, 20.0)
    watch = line.watch
    assert watch.see(1, START, 40.0, None).flags == 0
    assert watch.see(1, START, 60.0, None).flags == Quality.RANGE


def test_a_time_in_the_future_is_flagged_and_hides_nothing_after_it() -> None:
    """The values that follow with the right time are judged as if it had not been there."""
    line = Line(Limits(max_rate=6))
    line.say(0, 20.0)
    assert names(line.say(10, 20.1, device=37)) == ["future"]
    assert line.say(20, 35.0).flags == Quality.RATE


def test_a_clock_that_was_never_set_is_named() -> None:
    """1970 and 2000 in a live message come from an empty battery."""
    watch = Watch(lambda datastream: Rules())
    for time in (0, 5 * MINUTE, 946_684_800 * SECOND):
        assert names(watch.see(1, time, 1.0, START)) == ["unset"]


def test_old_values_from_files_say_nothing_about_a_clock() -> None:
    """A series that begins in 1893 is history, not a broken clock."""
    watch = Watch(lambda datastream: Rules())
    assert watch.see(1, -2_400_000_000 * SECOND, 1.0).flags == 0


@pytest.mark.parametrize("hours", [-2, -1, 1, 2, 9.5])
def test_a_clock_that_is_steadily_whole_hours_off_is_a_wrong_zone(hours: float) -> None:
    """From the third value on the shift is known; it is told in hours."""
    line = Line()
    seen = [line.say(10 * i, float(i), late=3, device=60 * hours) for i in range(6)]
    assert names(seen[4]) == ["zone"]
    assert seen[4].doubts[0].value == hours


def test_the_end_of_summer_time_is_found_in_a_clock_without_zone() -> None:
    """Right in summer, an hour off from the switch on."""
    line = Line()
    assert all(line.say(10 * i, float(i)).flags == 0 for i in range(20))
    seen = [line.say(200 + 10 * i, float(i), device=60) for i in range(5)]
    assert all(one.flags & Quality.CLOCK for one in seen)
    assert names(seen[4]) == ["zone"]


def test_hourly_values_that_carry_the_beginning_of_their_hour_are_right() -> None:
    """An hour behind, every hour, is how hourly means are named."""
    line = Line()
    assert all(line.say(60 * i, float(i), late=20, device=-60).flags == 0 for i in range(30))


def test_messages_that_were_buffered_are_late_not_wrong() -> None:
    """After a radio hole values come together, each a different time behind."""
    line = Line()
    for i in range(20):
        line.say(10 * i, float(i))
    seen = [line.say(200 + 7 * i, float(i), late=60 * (200 - 7 * i)) for i in range(20)]
    assert not any(one.flags & Quality.CLOCK for one in seen)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_unknown_and_said(number: float) -> None:
    """NaN and infinity become None, never 0, and do not disturb what follows."""
    line = Line(Limits(max_rate=6, minimum=0, maximum=50))
    line.say(0, 20.0)
    seen = line.say(10, number)
    assert (seen.number, seen.flags) == (None, Quality.NOT_A_NUMBER)
    assert line.say(20, 20.1).flags == 0


def test_an_error_code_is_no_measurement_but_can_be_looked_up() -> None:
    """-999 is not a temperature; it stays in `raw`."""
    seen = Line(Limits(codes=(-999.0, 327.67), minimum=-40)).say(0, -999.0)
    assert (seen.number, seen.raw, seen.flags) == (None, -999.0, Quality.NOT_A_NUMBER)


def test_a_low_battery_is_told_and_not_suspect() -> None:
    """The device will fail; its value is right."""
    seen = Line(Limits(low=3.3)).say(0, 3.1)
    assert seen.flags == Quality.BATTERY
    assert not Quality(seen.flags) & SUSPECT


def test_raw_and_corrected_numbers_are_kept_apart_and_limits_hold_for_the_corrected() -> None:
    """0.5 + 2x of 30 is 60.5, above 50."""
    seen = Line(Limits(maximum=50), Correction(coefficients=(0.5, 2.0))).say(0, 30.0)
    assert (seen.number, seen.raw) == (60.5, 30.0)
    assert seen.flags == Quality.CORRECTED | Quality.RANGE


def test_a_calibration_table_is_followed_between_its_points_only() -> None:
    """Outside of what was calibrated no value is known."""
    line = Line(correction=Correction(points=((0.0, 0.0), (10.0, 100.0), (20.0, 110.0))))
    assert [line.say(i, n).number for i, n in enumerate([0.0, 5.0, 10.0, 15.0, 20.0])] == [
        0,
        50,
        100,
        105,
        110,
    ]
    beyond = line.say(9, 21.0)
    assert (beyond.number, beyond.raw) == (None, 21.0)
    assert beyond.flags & Quality.NOT_A_NUMBER


def test_a_track_starts_from_what_the_store_has() -> None:
    """After a restart a spike is still a spike, and the doubt of the neighbours still stands."""
    doubts = read_doubts([{"rule": "neighbours", "value": 3.0, "limit": 20.0}])
    watch = Watch(
        lambda datastream: Rules(Limits(max_rate=6)),
        lambda datastream: [Earlier(START, 20.0), Earlier(START + 10 * MINUTE, 20.1, standing=doubts[0])],
    )
    seen = watch.see(1, START + 20 * MINUTE, 35.0)
    assert seen.flags == Quality.RATE | Quality.NEIGHBOURS


def test_forgetting_after_a_failed_commit_makes_the_second_try_no_duplicate() -> None:
    """The message is delivered again; what was never stored cannot be repeated."""
    watch = Watch(lambda datastream: Rules())
    watch.see(1, START, 1.0)
    watch.forget([1])
    assert watch.see(1, START, 1.0).flags == 0


def test_only_so_many_series_are_remembered() -> None:
    """Memory stays bounded whatever ids come in; a series that comes again starts from the store."""
    asked: list[int] = []

    def earlier(datastream: int) -> list[Earlier]:
        asked.append(datastream)
        return []

    watch = Watch(lambda datastream: Rules(), earlier, most=10)
    for datastream in [*range(30), 0]:
        watch.see(datastream, START, 1.0)
    assert asked == [*range(30), 0]


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 2**62), st.floats() | st.none(), st.integers(0, 2**62) | st.none())),
    st.builds(
        Limits,
        minimum=st.none() | st.floats(allow_nan=False),
        maximum=st.none() | st.floats(allow_nan=False),
        max_rate=st.none() | st.floats(0, 1e9),
        stuck_after=st.none() | st.floats(0, 1e9),
        silence_after=st.none() | st.floats(0, 1e9),
    ),
)
def test_every_flag_has_its_reason_and_no_value_breaks_a_rule(
    values: list[tuple[int, float | None, int | None]], limits: Limits
) -> None:
    """Whatever comes: no fault, finite numbers stay as they are, and flags and reasons say the same."""
    watch = Watch(lambda datastream: Rules(limits))
    for time, number, received in values:
        seen = watch.see(1, time, number, received)
        told = 0
        for doubt in seen.doubts:
            told |= doubt.flag
        assert told == seen.flags
        assert seen.number == (number if number is not None and math.isfinite(number) else None)
        assert read_doubts([doubt.as_json() for doubt in seen.doubts]) == seen.doubts


def test_a_believable_year_raises_hardly_a_doubt() -> None:
    """Day and night, noise, seasons: fewer than one value in a thousand is flagged."""
    rng = random.Random(7)
    line = Line(Limits(-30, 45, max_rate=8, stuck_after=6 * 3600, silence_after=7200))
    flagged = 0
    for i in range(20_000):
        day = math.sin(i / 144 * 2 * math.pi)
        flagged += (
            line.say(10 * i, round(12 + 7 * day + rng.gauss(0, 0.2), 1), late=rng.uniform(0.2, 8)).flags != 0
        )
    assert flagged < 20
