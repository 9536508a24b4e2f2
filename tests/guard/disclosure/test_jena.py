"""Jena's households: districts of some hundred, with one person or more. The city publishes these numbers itself."""

from __future__ import annotations

import csv
import os
from collections.abc import Hashable
from pathlib import Path

import pyarrow as pa
import pytest

from allmende.guard.disclosure.attack import revealed
from allmende.guard.disclosure.cube import cube_of
from allmende.guard.disclosure.protect import protect
from allmende.model.disclosure import Disclosure

DATA = Path(os.environ.get("ALLMENDE_REPLAY") or Path(__file__).parents[3].parent / "shared" / "data")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded data in {DATA}: set ALLMENDE_REPLAY"),
]
RULE = Disclosure(
    "suppression", "households", ("district",), ("one", "more", "all"), {"district": "0"}, total_column="all",
    minimum=40,
)  # fmt: skip


def households(day: str) -> pa.Table:
    """Households of a day by district: of one person, of more, all."""
    columns: list[dict[str, int]] = []
    for name in ("hh_priv_1.csv", "hh_priv.csv"):
        with (DATA / "02_jena_stats" / name).open(encoding="utf-8-sig") as file:
            columns.append({row["statistischer_Bezirk_Nr"]: int(row[day]) for row in csv.DictReader(file)})
    one, every = columns
    return pa.table(
        {
            "district": list(every),
            "one": [one[key] for key in every],
            "more": [every[key] - one[key] for key in every],
            "all": list(every.values()),
        }
    )


@pytest.mark.parametrize("year", range(2006, 2017))
def test_small_districts_cannot_be_told(year: int) -> None:
    """Whatever is small in a year stays within no two of the truth, though every sum is public."""
    truth = households(f"31.12.{year}")
    made = protect(truth, RULE)
    true, seen = cube_of(truth, RULE), cube_of(made.table, RULE)
    hidden = true.present & ~seen.present
    values: dict[Hashable, float] = {
        true.name(index): float(true.values[index])
        for index in (tuple(map(int, place)) for place in zip(*hidden.nonzero(), strict=True))
    }
    assert values
    assert any(0 < value < RULE.minimum for value in values.values())
    assert revealed([(true, hidden)], values, 2) == {}
    assert len(values) <= 24, "of 129 cells few are lost"
