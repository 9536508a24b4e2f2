"""The gate: default closed, closed looks like absent, access travels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.errors import NotFound
from allmende.model.access import ANONYMOUS, Access, Principal
from allmende.model.figure import FigureId
from allmende.share.reads import Reads
from allmende.share.web import reads_of
from allmende.testing.every_class import CLASSES, Tiny, fill, make_tiny, scoped, tiny_city


def _ids(reads: Reads, principal: Principal) -> set[str]:
    return {view.dataset.id for view in reads.datasets(principal)}


def test_nobody_sees_what_is_not_open(reads: Reads) -> None:
    """Without a key only open data with a known licence and open inputs are there."""
    assert _ids(reads, ANONYMOUS) == {"open-data", "mixed-data", "by-year", "districts"}


@pytest.mark.parametrize("name", CLASSES[1:])
def test_a_key_opens_its_class_and_milder_ones(reads: Reads, name: str) -> None:
    """A scope covers its class and everything milder, nothing stricter."""
    seen = _ids(reads, scoped(Access.parse(name)))
    assert {f"{c}-data" for c in CLASSES if f"{c}-data" in seen} == {
        f"{c}-data" for c in CLASSES[: CLASSES.index(name) + 1]
    }


def test_a_scope_of_one_dataset_opens_no_other(reads: Reads) -> None:
    """`read:protected:x` is for x alone, not for what was made from it."""
    seen = _ids(reads, scoped(Access.PROTECTED, "protected-data"))
    assert "protected-data" in seen
    assert "leak" not in seen
    assert "commercial-data" not in seen


def test_made_from_protected_is_protected(reads: Reads) -> None:
    """A recipe's file may say open: its strictest input decides."""
    assert reads.dataset(scoped(Access.PROTECTED), "leak").access is Access.PROTECTED
    with pytest.raises(NotFound):
        reads.dataset(ANONYMOUS, "leak")


def test_an_unknown_licence_closes_and_has_no_download(reads: Reads) -> None:
    """Nobody knows who may have it, so nobody outside gets it, and nobody a file."""
    assert "unclear-data" not in _ids(reads, scoped(Access.PROTECTED))
    with pytest.raises(NotFound):
        reads.stream(scoped(Access.INTERNAL), "unclear-data")


def test_closed_and_absent_look_the_same(reads: Reads) -> None:
    """The two refusals differ in nothing but the name that was asked for."""
    with pytest.raises(NotFound) as closed:
        reads.dataset(ANONYMOUS, "internal-data")
    with pytest.raises(NotFound) as absent:
        reads.dataset(ANONYMOUS, "nothing-data")
    assert str(closed.value).replace("internal", "nothing") == str(absent.value)
    assert closed.value.hint == absent.value.hint


def test_closed_columns_are_absent(reads: Reads) -> None:
    """Not empty, not starred: not there, in description, rows, downloads and by name."""
    view = reads.dataset(ANONYMOUS, "mixed-data")
    assert view.version is not None
    listed = [
        view.columns,
        view.dataset.columns,
        view.version.columns,
        reads.rows(ANONYMOUS, "mixed-data").columns,
    ]
    listed.append(reads.stream(ANONYMOUS, "mixed-data").columns)
    assert all("note" not in {c.name for c in columns} for columns in listed)
    assert next(reads.stream(ANONYMOUS, "mixed-data").batches).schema.names == ["district", "year", "people"]
    with pytest.raises(NotFound):
        reads.rows(ANONYMOUS, "mixed-data", columns=["note"])
    assert "note" in {c.name for c in reads.rows(scoped(Access.PROTECTED), "mixed-data").columns}


def test_a_cell_of_a_closed_column_has_no_figure(reads: Reads) -> None:
    """Neither as the value nor as a key, which would let readers guess it."""
    asked = {"column": "note", "key.district": "1", "key.year": "2015"}
    guessed = {"column": "people", "key.note": "Streng geheim"}
    for cell in (asked, guessed):
        with pytest.raises(NotFound):
            reads.figure(ANONYMOUS, FigureId.of("cell", "mixed-data", 1, cell=cell))
    known = reads.figure(scoped(Access.PROTECTED), FigureId.of("cell", "mixed-data", 1, cell=asked))
    assert known.value == "Streng geheim"


def test_raw_bytes_need_every_column(reads: Reads, tiny: Tiny) -> None:
    """A raw file holds the closed columns too, so it is as closed as the strictest of them."""
    mixed = tiny.store.receipts("mixed")[0].sha256
    with pytest.raises(NotFound):
        reads.raw(ANONYMOUS, mixed)
    assert reads.raw(scoped(Access.PROTECTED), mixed).path.read_bytes() == b"raw bytes of mixed"
    assert reads.raw(ANONYMOUS, tiny.store.receipts("open")[0].sha256).receipts


def test_messages_of_runs_are_for_readers_of_all_columns(reads: Reads) -> None:
    """Error texts may quote values; they obey too."""
    run = reads.dataset(ANONYMOUS, "mixed-data").last_run
    whole = reads.dataset(scoped(Access.PROTECTED), "mixed-data").last_run
    assert run is not None
    assert run.message == ""
    assert whole is not None
    assert whole.message


def test_closing_a_dataset_closes_its_old_versions(tiny: Tiny) -> None:
    """The class of now counts for every version, also those that were published open."""
    city = tiny_city()
    closed = replace(city.datasets["open-data"], access=Access.INTERNAL)
    reads = reads_of(replace(tiny, city=replace(city, datasets={**city.datasets, "open-data": closed})))
    with pytest.raises(NotFound):
        reads.dataset(ANONYMOUS, "open-data", 1)
    assert "by-year" not in _ids(reads, ANONYMOUS)
    assert [s.story for s in reads.stories(ANONYMOUS, "de")] == []
    assert not [h for h in reads.search(ANONYMOUS, "Menschen je Jahr", "de") if h.id == "by-year"]


def test_opening_a_dataset_does_not_open_old_versions(tiny: Tiny) -> None:
    """What was published closed stays closed; the next publication is open."""
    city = tiny_city()
    opened = replace(city.datasets["protected-data"], access=Access.OPEN)
    reads = reads_of(replace(tiny, city=replace(city, datasets={**city.datasets, "protected-data": opened})))
    with pytest.raises(NotFound):
        reads.rows(ANONYMOUS, "protected-data", 1)
    assert reads.dataset(ANONYMOUS, "protected-data").version is None


def test_figures_indicators_and_stories_obey(reads: Reads) -> None:
    """Knowledge made from protected data is not there without the scope."""
    protected = scoped(Access.PROTECTED)
    assert [v.indicator.id for v in reads.indicators(ANONYMOUS)] == ["people"]
    assert [v.indicator.id for v in reads.indicators(protected)] == ["people", "closed-people"]
    closed = FigureId.of("value", "closed-people", 1, cell={"period": "2016"})
    with pytest.raises(NotFound):
        reads.figure(ANONYMOUS, closed)
    assert reads.figure(protected, closed).value == 33.0
    assert [s.story for s in reads.stories(ANONYMOUS, "de")] == ["growth"]
    with pytest.raises(NotFound):
        reads.story(ANONYMOUS, "secret", "de")
    assert reads.story(protected, "secret", "de").title == "Frage secret?"


def test_a_passport_names_versions_and_raw_files(reads: Reads, tiny: Tiny) -> None:
    """From the number to the bytes it came from."""
    passport = reads.passport(ANONYMOUS, FigureId.of("value", "people", 1, cell={"period": "2016"}))
    assert passport.figure.value == 33.0
    assert [str(step.version.pin) for step in passport.steps] == ["open-data@1"]
    assert [r.sha256 for r in passport.steps[0].receipts] == [tiny.store.receipts("open")[0].sha256]
    assert [one.id for one in passport.licences] == ["dl-de/by-2-0"]


def test_search_obeys(reads: Reads) -> None:
    """Closed datasets and closed columns are not found by any word of theirs."""
    assert "protected-data" not in {h.id for h in reads.search(ANONYMOUS, "Daten protected", "de")}
    assert "protected-data" in {h.id for h in reads.search(scoped(Access.PROTECTED), "Daten protected", "de")}
    assert reads.search(ANONYMOUS, "Vermerk", "de") == ()
    assert [h.id for h in reads.search(scoped(Access.PROTECTED), "Vermerk", "de")] == ["mixed-data"]


def test_districts(reads: Reads) -> None:
    """Districts have addresses without umlauts, shapes and figures beside the city's."""
    assert [p.slug for p in reads.places(ANONYMOUS)] == ["noerdlich", "sued-west"]
    view = reads.district(ANONYMOUS, "noerdlich")
    assert [(f.indicator.id, f.here.value, f.city and f.city.value) for f in view.figures] == [
        ("people", 12.0, 33.0)
    ]
    with pytest.raises(NotFound):
        reads.place(ANONYMOUS, "nowhere")


def test_versions_by_day(reads: Reads) -> None:
    """`@{date}` is what was known at the end of that day in the city's time."""
    assert reads.version_on(ANONYMOUS, "open-data", date(2026, 11, 22)).number == 1
    with pytest.raises(NotFound):
        reads.version_on(ANONYMOUS, "open-data", date(2026, 11, 21))


def test_health_tells_nobody_of_closed_sources(reads: Reads, tiny: Tiny) -> None:
    """The state of the data is told for what the reader may see."""
    health = reads.health(ANONYMOUS, tiny.clock.now())
    assert {s.source.id for s in health.sources} == {"open", "mixed", "districts"}
    assert all(s.receipt is not None for s in health.sources)


def test_used_by_obeys(reads: Reads) -> None:
    """Who uses open data is told, without closed users."""
    used = reads.used_by(ANONYMOUS, "open-data")
    assert (used.datasets, used.indicators, used.stories) == (("by-year",), ("people",), ("growth",))


@settings(deadline=None)
@given(offset=st.integers(0, 8), limit=st.integers(0, 8))
def test_pages_are_slices(reads: Reads, offset: int, limit: int) -> None:
    """Any page is that slice of all rows, in order."""
    every = reads.rows(ANONYMOUS, "open-data").rows
    assert (
        reads.rows(ANONYMOUS, "open-data", offset=offset, limit=limit).rows == every[offset : offset + limit]
    )


def test_an_empty_city_has_nothing_and_breaks_nowhere(tmp_path: Path) -> None:
    """Before the first run everything answers, with nothing."""
    reads = reads_of(make_tiny(tmp_path))
    assert {view.version for view in reads.datasets(ANONYMOUS)} == {None}
    assert reads.places(ANONYMOUS) == ()
    assert reads.stories(ANONYMOUS, "de") == ()
    assert reads.search(ANONYMOUS, "Baum", "de") == ()
    assert [v.latest for v in reads.indicators(ANONYMOUS)] == [None]


def test_a_new_version_is_seen_at_once(tmp_path: Path) -> None:
    """What is remembered ends with the next write."""
    tiny = make_tiny(tmp_path)
    reads = reads_of(tiny)
    assert reads.dataset(ANONYMOUS, "open-data").version is None
    fill(tiny)
    assert reads.dataset(ANONYMOUS, "open-data").version is not None
