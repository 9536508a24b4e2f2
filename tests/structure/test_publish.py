"""From raw bytes to immutable versions: nothing lost, nothing half-published, nothing published twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.errors import HeldBack, StoreFault
from allmende.model.access import Access
from allmende.model.dataset import Column, DatasetVersion
from allmende.model.text import Text
from allmende.ports import Raw
from allmende.structure.publish import remake
from allmende.testing.small import small_city
from tests.structure.conftest import Bench

COLUMNS = (
    Column("number", "integer", required=True),
    Column("name", "text"),
    Column("height", "number", minimum=0, maximum=2),
)
HEADER = ["number", "name", "height"]
GOOD: list[list[Any]] = [HEADER, [1, "Am Markt", 0.5], [2, "Am Fluss", 0.45], [3, "Am Wald", None]]
CITY = small_city(columns=COLUMNS, key=("number",))


def test_first_version_has_everything_that_explains_it(bench: Bench) -> None:
    """The version names raw bytes, licence, source, access and what was checked."""
    run = bench.publish(CITY, GOOD)
    (version,) = bench.versions()
    assert (run.outcome, run.rows, run.rejected) == ("new", 3, 0)
    assert (version.number, version.rows, version.rejected) == (1, 3, 0)
    assert version.raw == (bench.store.receipts("benches")[0].sha256,)
    assert (version.access, version.licences, version.attributions) == (
        Access.OPEN,
        ("cc0-1.0",),
        ("Kleinstadt",),
    )
    assert {c.name for c in version.checks} == {
        "rejected", "required:number", "minimum:height", "maximum:height", "unique:number",
    }  # fmt: skip
    assert all(check.passed for check in version.checks)
    assert bench.rows() == [dict(zip(HEADER, row, strict=True)) for row in GOOD[1:]]


def test_same_content_makes_no_version(bench: Bench) -> None:
    """The same bytes, or other bytes with the same rows, change nothing."""
    bench.publish(CITY, GOOD)
    assert bench.publish(CITY).outcome == "unchanged"
    spaced = json.dumps(GOOD, indent=2).encode()
    assert bench.publish(CITY, spaced).outcome == "unchanged"
    assert bench.publish(CITY).message == "nothing new"
    assert len(bench.versions()) == 1


def test_old_versions_stay_as_they_were(bench: Bench) -> None:
    """After two changes each version still has its own rows."""
    bench.publish(CITY, GOOD)
    bench.publish(CITY, [*GOOD, [4, "Am Berg", 1]])
    bench.publish(CITY, GOOD[:3])
    assert [v.number for v in bench.versions()] == [3, 2, 1]
    assert [len(bench.rows(n)) for n in (1, 2, 3)] == [3, 4, 2]
    assert bench.rows(2)[3] == {"number": 4, "name": "Am Berg", "height": 1.0}


def test_bad_rows_are_set_aside_with_reason(bench: Bench) -> None:
    """Uncastable, missing and repeated values reject their row; each is kept with number, column, raw text."""
    rows: list[list[Any]] = [*GOOD, ["vier", "x", 1], [None, "y", 1], [2, "zweimal", 1]]
    run = bench.publish(CITY, rows)
    (version,) = bench.versions()
    assert (run.outcome, version.rows, version.rejected) == ("new", 3, 3)
    kept = pq.read_table(bench.lake.raw_path(version.rejected_raw)).to_pylist()
    assert [(r["row"], r["column"]) for r in kept] == [(4, "number"), (5, "number"), (6, "number")]
    assert "vier" in kept[0]["raw"]
    assert "missing" in kept[1]["reason"]
    assert "same key" in kept[2]["reason"]
    assert "zweimal" in kept[2]["raw"]
    assert not next(c for c in version.checks if c.name == "rejected").passed


def test_values_out_of_range_fail_a_check_but_stay(bench: Bench) -> None:
    """A bench of 9 m is published and marked, not thrown away."""
    bench.publish(CITY, [*GOOD, [4, "Turm", 9]])
    failed = [c for c in bench.versions()[0].checks if not c.passed]
    assert [(c.name, c.failed_rows) for c in failed] == [("maximum:height", 1)]
    assert len(bench.rows()) == 4


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(b"<html>", "not a list", id="unreadable"),
        pytest.param([HEADER], "no rows", id="empty"),
        pytest.param([HEADER, *[["x", "y", 0]] * 3], "3 of 3 rows", id="all rejected"),
        pytest.param([["number", "height"], [1, 0.5]], "'name'", id="column gone"),
        pytest.param([[*HEADER, "phone"], [1, "a", 1, "0361"]], "'phone'", id="column new"),
    ],
)
def test_faults_keep_the_last_good_version(bench: Bench, rows: Any, said: str) -> None:
    """Whatever is wrong: the run says what and what to do, and version 1 stays the newest."""
    bench.publish(CITY, GOOD)
    run = bench.publish(CITY, rows)
    assert run.outcome == "failed"
    assert said in run.message
    assert run.hint
    assert [v.number for v in bench.versions()] == [1]


def test_a_changed_contract_is_a_persons_word(bench: Bench) -> None:
    """Held back rows are published after someone changed the contract, as the hint says."""
    bench.publish(CITY, GOOD)
    with pytest.raises(HeldBack) as held:
        bench.publish(CITY, GOOD[:2])
    assert held.value.reasons == ("rows",)
    assert [v.number for v in bench.versions()] == [1]
    assert bench.publish(small_city(columns=COLUMNS, key=("number",), contract="evolve")).outcome == "new"
    assert bench.versions()[0].rows == 1


def test_a_broken_connector_fails_its_dataset_only(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any exception of a stranger's code becomes a failed run that names the connector."""

    def explode(*_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(bench.connector, "parse", explode)
    run = bench.publish(CITY, GOOD)
    assert (run.outcome, "'lists' failed: RuntimeError: boom" in run.message) == ("failed", True)


def test_a_connector_that_loses_rows_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in = accepted + rejected is checked for every connector, ours or a stranger's."""
    honest = bench.connector.parse

    def lossy(raw: Raw, *rest: Any) -> Any:
        parsed = honest(raw, *rest)
        return replace(parsed, table=parsed.table.slice(1))

    monkeypatch.setattr(bench.connector, "parse", lossy)
    run = bench.publish(CITY, GOOD)
    assert run.outcome == "failed"
    assert "lost rows: 3 in, 2 taken" in run.message


def test_nothing_fetched_is_skipped(bench: Bench) -> None:
    """A dataset whose source never answered is not a fault of the dataset."""
    assert bench.publish(CITY).outcome == "skipped"


def test_crash_between_lake_and_store_is_harmless(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the lake was written: no version is visible, and the next run publishes the right rows."""
    bench.publish(CITY, GOOD)
    more = [*GOOD, [4, "Am Berg", 1]]

    def die(version: DatasetVersion) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "add_version", die)
        with pytest.raises(KeyboardInterrupt):
            bench.publish(CITY, more)
    assert [v.number for v in bench.versions()] == [1]
    assert len(bench.rows(1)) == 3
    assert bench.publish(CITY).outcome == "new"
    assert (len(bench.rows(1)), len(bench.rows(2))) == (3, 4)


def test_two_publishers_at_once(bench: Bench) -> None:
    """A number can be taken once: the slower of two processes gets a fault, not a second version 1."""
    bench.publish(CITY, GOOD)
    with pytest.raises(StoreFault, match="benches@1"):
        bench.store.add_version(bench.versions()[0])


def test_remake_is_equal_and_notices_a_changed_definition(bench: Bench) -> None:
    """Parsed again, old versions give the same hash; with other definitions it is said that they changed."""
    bench.publish(CITY, GOOD)
    bench.publish(CITY, [*GOOD, [4, "Am Berg", 1]])
    for version in bench.versions():
        made = remake(CITY, version, bench.connector, bench.store, bench.lake)
        assert (made.content_hash, made.same_definition) == (version.content_hash, True)
    other = small_city(columns=(*COLUMNS[:2], replace(COLUMNS[2], type="text")), key=("number",))
    made = remake(other, bench.versions()[0], bench.connector, bench.store, bench.lake)
    assert (made.content_hash == bench.versions()[0].content_hash, made.same_definition) == (False, False)


def test_titles_change_no_rows_but_describe_the_next_version(bench: Bench) -> None:
    """A better title is not a changed maker, so nothing is parsed again for it."""
    bench.publish(CITY, GOOD)
    titled = small_city(
        columns=(replace(COLUMNS[0], title=Text("Nummer", "Number")), *COLUMNS[1:]), key=("number",)
    )
    assert bench.publish(titled).message == "nothing new"


CELLS = st.one_of(st.none(), st.integers(-3, 3), st.text(max_size=3), st.floats(allow_nan=False, width=16))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12))
def test_rows_in_are_accepted_or_rejected(bench: Bench, rows: list[tuple[Any, ...]]) -> None:
    """For any cells: published or held back, and every row of a version is accepted or rejected, once."""
    before = {v.number: v for v in bench.versions()}
    try:
        outcome = bench.publish(CITY, [HEADER, *map(list, rows)]).outcome
    except HeldBack:
        outcome = "failed"
    after = {v.number: v for v in bench.versions()}
    assert before.items() <= after.items()
    for number in after.keys() - before.keys():
        version = after[number]
        assert outcome == "new"
        assert version.rows + version.rejected == len(rows)
        assert len({row["number"] for row in bench.rows(number)}) == version.rows
