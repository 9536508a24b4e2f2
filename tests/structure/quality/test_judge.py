"""Rows on their way into the store: flags and reasons are in the row, and an undone write leaves no trace."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from allmende.errors import AllmendeError
from allmende.model.limits import Correction, Doubt, Limits, read_doubts
from allmende.model.message import Arrival, Message
from allmende.model.observation import Observation, Quality, moment
from allmende.store.observations import SqlObservations, now
from allmende.store.sql import SqlStore
from allmende.structure.quality.judge import Judge, mark_place, with_doubts
from allmende.structure.quality.watch import Rules

MINUTE = 60_000_000


@pytest.fixture
def observations(tmp_path: Path) -> SqlObservations:
    """An empty store whose new rows are judged: at most 50, corrected by one degree."""
    found = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}").observations
    found.judge = Judge(lambda datastream: Rules(Limits(maximum=50), Correction(coefficients=(1.0, 1.0))))
    return found


def arrival(number: float | None, time: int, key: str = "", extra: str | None = None) -> Arrival:
    message = Message("way", b"...", moment(time), key=key or None)
    return Arrival([Observation(1, time, 0, number=number, extra=extra)], message)


def test_a_doubtful_value_is_stored_with_its_flags_reasons_and_raw_number(
    observations: SqlObservations,
) -> None:
    """And what else the row tells (parameters of the producer) stays."""
    observations.append([arrival(57.0, now(), extra='{"parameters":{"snr":7}}')])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert (row.number, row.raw, row.flags) == (58.0, 57.0, Quality.RANGE | Quality.CORRECTED)
    told = json.loads(row.extra or "")
    assert told["parameters"] == {"snr": 7}
    assert [(d.oddity, d.value, d.limit) for d in read_doubts(told["doubts"])] == [("above", 58.0, 50.0)]


def test_what_is_no_number_is_stored_as_unknown(observations: SqlObservations) -> None:
    """NaN becomes None with a flag."""
    observations.append([arrival(math.nan, now())])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert (row.number, row.flags & Quality.NOT_A_NUMBER) == (None, Quality.NOT_A_NUMBER)


def test_a_live_value_an_hour_ahead_is_flagged_and_a_forecast_is_not(observations: SqlObservations) -> None:
    """A forecast says when it was made: its result time is before the time it is about."""
    ahead = now() + 70 * MINUTE
    forecast = arrival(10.0, ahead)
    forecast.observations[0].datastream_id, forecast.observations[0].result_time = 2, now()
    observations.append([arrival(10.0, ahead), forecast])
    flags = [found.observation.flags for found in observations.latest([1, 2]).values() if found.observation]
    assert [bool(flag & Quality.CLOCK) for flag in flags] == [True, False]


def test_a_mean_over_the_last_hour_is_not_late(observations: SqlObservations) -> None:
    """Its time is the beginning of the hour; what counts is the end."""
    for hours in range(5):
        start = now() - (60 + hours) * MINUTE
        one = arrival(10.0, start, key=str(hours))
        one.observations[0].phenomenon_end = start + 60 * MINUTE
        observations.append([one])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert not row.flags & Quality.CLOCK


def test_the_second_try_after_an_undone_write_is_no_duplicate(observations: SqlObservations) -> None:
    """The store was full; the same message comes again and is stored without a doubt."""

    def full(*_: object) -> None:
        raise AllmendeError("disk full")

    time = now()
    plain, observations.within = observations.within, full
    with pytest.raises(AllmendeError):
        observations.append([arrival(10.0, time, "a")])
    observations.within = plain
    observations.append([arrival(10.0, time, "a")])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert row.flags == Quality.CORRECTED
    observations.append([arrival(10.0, time, "b")])
    again = observations.latest([1])[1].observation
    assert again is not None
    assert again.flags & Quality.DUPLICATE


def test_a_second_try_corrects_a_number_once(observations: SqlObservations) -> None:
    """The same row is written again after its neighbours in the group were refused."""

    def refuse(*_: object) -> None:
        raise AllmendeError("one bad arrival")

    one = arrival(10.0, now())
    plain, observations.within = observations.within, refuse
    for _ in range(2):
        with pytest.raises(AllmendeError):
            observations.append([one])
    observations.within = plain
    observations.append([one])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert (row.number, row.raw, row.flags, row.extra) == (11.0, 10.0, Quality.CORRECTED, None)


def test_doubts_about_the_place_stay_with_those_about_the_value(observations: SqlObservations) -> None:
    """The place is judged once per message, before its values."""
    one = arrival(80.0, now())
    mark_place(one.observations, [Doubt("gateway", 3.0)])
    observations.append([one])
    row = observations.latest([1])[1].observation
    assert row is not None
    assert row.flags == Quality.POSITION | Quality.RANGE | Quality.CORRECTED
    assert [d["rule"] for d in json.loads(row.extra or "")["doubts"]] == ["gateway", "above"]


def test_doubts_are_replaced_and_the_rest_of_extra_stays() -> None:
    """Judging again leaves no old reason behind."""
    doubts = read_doubts([{"rule": "above", "value": 58, "limit": 50}])
    first = with_doubts('{"parameters":{"a":1}}', doubts)
    assert json.loads(with_doubts(first, ()) or "") == {"parameters": {"a": 1}}
    assert with_doubts(with_doubts(None, doubts), ()) is None
