"""What every Store must keep, ours or a stranger's: subclass `StoreContract` and give a fixture `store`.

class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path): ...
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from allmende.errors import NotFound, StoreFault
from allmende.model.access import Access
from allmende.model.dataset import Check, Column, DatasetVersion, Pin
from allmende.model.document import (
    Area,
    ChartBlock,
    Heading,
    ListBlock,
    MapBlock,
    Paragraph,
    Point,
    Series,
    Span,
    StoryVersion,
    TableBlock,
)
from allmende.model.run import AccessKey, Feedback, Run, Step
from allmende.model.source import Receipt
from allmende.model.text import Text
from allmende.ports import Store

MOMENT = datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC)
"""The last microsecond before a clock is put forward."""

RECEIPT = Receipt(
    "trees", "https://city.example/bäume", "a" * 64, 2**40, MOMENT, "text/csv", '"1"', "x", "b.csv", True
)
VERSION = DatasetVersion(
    dataset="trees",
    number=1,
    lake_version=0,
    content_hash="c" * 64,
    maker_hash="d" * 64,
    rows=3,
    rejected=1,
    columns=(
        Column("id", "integer", Text("Nummer", "Number"), required=True, minimum=0, maximum=2.5),
        Column("kind", values=("Eiche", "Ahorn"), access=Access.PROTECTED, unit="1", source_name="Art"),
    ),
    created=MOMENT,
    raw=("a" * 64,),
    inputs=(Pin("districts", 2),),
    recipe_text="select 'ä\n'",
    rejected_raw="e" * 64,
    access=Access.COMMERCIAL,
    licences=("cc0-1.0",),
    attributions=("Stadt „Jena“",),
    checks=(Check("unique:id", False, 2, "2 rows repeat a key"),),
)
_SPANS = (Span("drei", strong=True, figure="value~trees.abcdef@1", trust="stale"), Span("a", href="/d/trees"))
STORY = StoryVersion(
    story="green",
    language="de",
    number=1,
    created=MOMENT,
    content_hash="f" * 64,
    title="Wie grün?",
    answer=_SPANS,
    blocks=(
        Paragraph(_SPANS),
        Heading(2, (Span("Was wir nicht wissen"),)),
        ListBlock((_SPANS, ()), ordered=True),
        ChartBlock("line", "t", "m", (Series("s", (Point("2020", None, "f", low=0.5), Point("2021", 1.0, "g"))),), target=3.0),
        MapBlock("m", "1", "trees", (Area("41", "Mitte", None, "f", trust="unknown"),)),
        TableBlock("t", ("a", "b"), ((_SPANS, ()),), (1,)),
    ),
    checked=date(2026, 11, 22),
    judgement="at_risk",
    pins=(Pin("trees", 1),),
    access=Access.OPEN,
    trust="incomplete",
    keywords=("Baum",),
)  # fmt: skip
RUN = Run(Step("publish", "trees"), MOMENT, MOMENT + timedelta(seconds=1), "new", "ö", "", False, 3, None)
KEY = AccessKey("k1", "Presseamt", "0" * 64, ("read:protected", "read:internal:trees"), MOMENT)


class StoreContract:
    """Every promise of the Store port as a test."""

    def test_receipts_come_back_newest_first(self, store: Store) -> None:
        """All fields survive; others' receipts are not mixed in."""
        later = replace(RECEIPT, sha256="b" * 64, fetched_at=MOMENT + timedelta(days=1))
        for receipt in (RECEIPT, later, replace(RECEIPT, source="other")):
            store.add_receipt(receipt)
        assert store.receipts("trees") == (later, RECEIPT)
        assert store.receipts("nothing") == ()
        assert {r.source for r in store.receipts_of("a" * 64)} == {"trees", "other"}

    def test_versions_come_back_whole(self, store: Store) -> None:
        """Every field of every nested class survives, newest first."""
        second = replace(VERSION, number=2, checks=(), inputs=())
        for version in (VERSION, second, replace(VERSION, dataset="other")):
            store.add_version(version)
        assert store.versions("trees") == (second, VERSION)
        assert store.version(Pin("trees", 1)) == VERSION
        assert {k: v.number for k, v in store.latest_versions().items()} == {"other": 1, "trees": 2}

    def test_versions_are_never_replaced(self, store: Store) -> None:
        """A number is given once; what was there stays."""
        store.add_version(VERSION)
        with pytest.raises(StoreFault, match="trees@1"):
            store.add_version(replace(VERSION, rows=99))
        assert store.version(Pin("trees", 1)) == VERSION

    def test_what_is_not_there(self, store: Store) -> None:
        """NotFound for one, nothing for many."""
        with pytest.raises(NotFound):
            store.version(Pin("trees", 1))
        with pytest.raises(NotFound):
            store.story("green", "de")
        with pytest.raises(NotFound):
            store.revoke_key("k1", MOMENT)
        assert store.versions("trees") == ()
        assert (store.latest_versions(), store.latest_runs(), store.keys(), store.feedback()) == (
            {},
            {},
            (),
            (),
        )
        assert store.definition("none") is None

    def test_runs_are_a_ledger(self, store: Store) -> None:
        """Appended, newest first, the newest of each step; None stays None."""
        runs = [replace(RUN, started=MOMENT + timedelta(hours=n), rows=n) for n in range(3)]
        other = replace(RUN, step=Step("fetch", "trees"), outcome="failed", transient=True)
        for run in (*runs, other):
            store.add_run(run)
        assert store.latest_runs() == {RUN.step: runs[2], other.step: other}
        assert store.runs(RUN.step, limit=2) == (runs[2], runs[1])

    def test_stories_come_back_whole(self, store: Store) -> None:
        """Every kind of block survives; languages are kept apart."""
        english, second = replace(STORY, language="en"), replace(STORY, number=2, blocks=())
        for story in (STORY, english, second):
            store.add_story(story)
        assert store.story("green", "de", 1) == STORY
        assert store.story("green", "de") == second
        assert store.story_versions("green", "de") == (second, STORY)
        assert store.latest_stories("en") == (english,)
        with pytest.raises(StoreFault):
            store.add_story(STORY)

    def test_definitions_are_kept_once(self, store: Store) -> None:
        """Keeping again changes nothing."""
        store.keep_definition("h", "first")
        store.keep_definition("h", "first")
        assert store.definition("h") == "first"

    def test_keys_end_once(self, store: Store) -> None:
        """The first revocation counts."""
        store.add_key(KEY)
        store.revoke_key("k1", MOMENT)
        store.revoke_key("k1", MOMENT + timedelta(days=9))
        assert store.keys() == (replace(KEY, revoked=MOMENT),)

    def test_feedback_is_kept(self, store: Store) -> None:
        """Newest first."""
        first, second = (Feedback("/", f"Zu klein {n}", "", MOMENT) for n in range(2))
        store.add_feedback(first)
        store.add_feedback(second)
        assert store.feedback() == (second, first)

    def test_times_are_aware_and_in_utc(self, store: Store) -> None:
        """The same moment in another zone comes back in UTC, to the microsecond."""
        here = MOMENT.astimezone(timezone(timedelta(hours=2)))
        store.add_run(replace(RUN, started=here))
        (found,) = store.latest_runs().values()
        assert found.started == MOMENT
        assert found.started.utcoffset() == timedelta(0)

    def test_generation_grows_with_what_readers_see(self, store: Store) -> None:
        """A cache under the generation never shows an old version or story."""
        seen = [store.generation()]
        store.add_version(VERSION)
        seen.append(store.generation())
        store.add_story(STORY)
        seen.append(store.generation())
        store.add_run(RUN)
        seen.append(store.generation())
        assert seen == sorted(set(seen))
        assert store.generation() == seen[-1]

    def test_many_threads_at_once(self, store: Store) -> None:
        """Of many that publish one number, exactly one wins; nothing else is lost."""

        def publish(number: int) -> bool:
            store.add_run(replace(RUN, rows=number))
            try:
                store.add_version(replace(VERSION, number=number // 4 + 1, rows=number))
            except StoreFault:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = sum(pool.map(publish, range(40)))
        assert won == len(store.versions("trees")) == 10
        assert len(store.runs(RUN.step, limit=100)) == 40
