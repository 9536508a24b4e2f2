"""Where a thing stands, and whether it agrees with those near it."""

from __future__ import annotations

import random

import pytest

from allmende.model.limits import Doubt
from allmende.model.thing import Box
from allmende.structure.quality.neighbours import Near, compare_neighbours
from allmende.structure.quality.position import Point, Stand, check_position, metres

CITY = Box(11.50, 50.86, 11.67, 50.98)
MARKET = Point(11.588, 50.928)
GATEWAY = Point(11.602, 50.931)


def names(doubts: tuple[Doubt, ...]) -> list[str]:
    return [doubt.oddity for doubt in doubts]


def test_a_sensor_at_its_gateways_place_is_caught() -> None:
    """Both ways the fault comes: in the city's own file, and from the message."""
    near = Point(GATEWAY.longitude + 0.00005, GATEWAY.latitude)
    assert names(check_position(Stand(near), None, [GATEWAY], CITY)) == ["gateway"]
    assert names(check_position(Stand(), GATEWAY, [GATEWAY], CITY)) == ["gateway"]


def test_a_sensor_that_really_stands_beside_its_gateway_can_be_confirmed() -> None:
    """A person has the last word."""
    assert check_position(Stand(GATEWAY, confirmed=True), None, [GATEWAY], CITY) == ()


def test_a_good_place_raises_no_doubt() -> None:
    """The market is in the city and far from the gateway; a receiver's error of 30 m is normal."""
    wobble = Point(MARKET.longitude + 0.0004, MARKET.latitude)
    assert check_position(Stand(MARKET), wobble, [GATEWAY], CITY) == ()


@pytest.mark.parametrize(
    ("stand", "reported", "expected"),
    [
        (Stand(Point(13.4, 52.5)), None, ["outside"]),
        (Stand(Point(50.928, 11.588)), None, ["outside"]),
        (Stand(), Point(0.0, 0.0), ["zero"]),
        (Stand(MARKET), Point(11.62, 50.94), ["jump"]),
        (Stand(MARKET, moves=True), Point(11.62, 50.94), []),
        (Stand(), None, []),
    ],
    ids=["elsewhere", "swapped", "no fix", "carried off", "a bus", "unknown"],
)
def test_wrong_places_are_named(stand: Stand, reported: Point | None, expected: list[str]) -> None:
    """Outside of the city, latitude and longitude swapped, no fix, carried off; a bus may move."""
    assert names(check_position(stand, reported, [], CITY)) == expected


def test_distances_within_a_city_are_right_to_a_thousandth() -> None:
    """One minute of latitude is a nautical mile (1852 m); of longitude less, by the cosine."""
    assert metres(Point(11, 50), Point(11, 50 + 1 / 60)) == pytest.approx(1855, rel=0.002)
    assert metres(Point(11, 60), Point(11 + 1 / 60, 60)) == pytest.approx(928, rel=0.002)


def _city(count: int, seed: int = 3) -> list[Near]:
    rng = random.Random(seed)
    return [
        Near(i, rng.uniform(11.55, 11.6), rng.uniform(50.9, 50.94), 20 + rng.gauss(0, 0.5), 3.0)
        for i in range(count)
    ]


def test_the_one_that_disagrees_with_its_neighbours_is_found_and_only_that_one() -> None:
    """Its neighbours are not accused because of it."""
    series = _city(12)
    series[5] = series[5]._replace(number=31.0)
    found = compare_neighbours(series)
    assert list(found) == [5]
    assert found[5].value == 31.0
    assert found[5].limit == pytest.approx(20, abs=1)


def test_small_differences_are_no_doubt_however_much_the_others_agree() -> None:
    """When all others say exactly 20.0, 20.4 is still fine."""
    series = [one._replace(number=20.0) for one in _city(9)]
    series[0] = series[0]._replace(number=20.4)
    assert compare_neighbours(series) == {}


def test_few_or_far_neighbours_are_no_majority() -> None:
    """Three others prove nothing, nor do those in the next town."""
    few = _city(4)
    few[0] = few[0]._replace(number=99.0)
    assert compare_neighbours(few) == {}
    far = [*_city(8), Near(99, 12.5, 51.5, 99.0, 3.0)]
    assert compare_neighbours(far) == {}


def test_one_number_everywhere_is_hardly_measured() -> None:
    """All probes of a city at exactly 41; but no rain anywhere is weather."""
    same = [one._replace(number=41.0) for one in _city(30)]
    found = compare_neighbours([*same[:28], *_city(30)[28:]])
    assert set(found) == set(range(28))
    assert (found[0].oddity, found[0].value, found[0].limit) == ("alike", 41.0, 28.0)
    assert compare_neighbours([one._replace(number=0.0, resting=True) for one in same]) == {}
    assert compare_neighbours(same[:19]) == {}
