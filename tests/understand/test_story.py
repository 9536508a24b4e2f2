"""Stories: numbers computed in place, each with its figure; never more open than what they show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.figures import Figures
from allmende.errors import RecipeInvalid
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.dataset import Column
from allmende.model.document import Block, ChartBlock, Heading, ListBlock, Paragraph, Span, TableBlock
from allmende.model.figure import FigureId
from allmende.model.knowledge import Indicator, Story
from allmende.model.run import Run
from allmende.model.text import Text
from allmende.structure.publish import publish_dataset
from allmende.testing.small import Lists, receive, small_city
from allmende.testing.small_work import small_workspace
from allmende.understand.markdown import Answers, read_blocks
from allmende.understand.story import make_story, publish_story

ROWS: list[list[Any]] = [["year", "people", "secret"], [2020, 1000, 7], [2021, 1100, 8], [2022, None, 9]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One table by year with a closed column, and an indicator on it."""
    columns = (
        Column("year", "integer"),
        Column("people", "integer"),
        Column("secret", "integer", access=Access.PROTECTED),
    )
    city = small_city(columns=columns, key=("year",))
    people = Indicator(
        "people",
        Text("Menschen", "People"),
        Text("Zahl", "Number"),
        "benches",
        "people",
        period_column="year",
    )
    hidden = replace(people, id="hidden", value_column="secret")
    made = small_workspace(replace(city, indicators={"people": people, "hidden": hidden}), tmp_path, ROWS)
    _publish(made, ROWS)
    return made


def _publish(w: Workspace, rows: list[list[Any]]) -> None:
    receive(w.store, w.lake, w.clock, rows)
    run = publish_dataset(w.city, w.city.datasets["benches"], Lists(), w.store, w.lake, w.clock)
    assert run.outcome == "new"


def _tell(w: Workspace, answer: str, body: str = "", language: Any = "de") -> Any:
    story = Story("s", language, "Wie viele?", answer, body)
    return make_story(w.city, story, w.figures, w.engine, w.clock.now())


def test_numbers_are_computed_in_place_with_their_figures(workspace: Workspace) -> None:
    """The newest known value, its period and change, written in each language, each with an address that resolves."""
    answer = '{{ period("people") }}: {{ value("people") }}, {{ change("people", since="2020") }}.'
    german, english = (_tell(workspace, answer, language=language) for language in ("de", "en"))
    shown = [span for span in german.answer if span.figure]
    assert (
        "".join(span.text for span in german.answer).replace("\u202f", " ").replace("\xa0", " ")
        == "2021: 1.100, +10,0 %."
    )
    assert "1,100" in "".join(span.text for span in english.answer)
    assert [workspace.figures.resolve(FigureId.parse(s.figure)).value for s in shown] == [
        1100.0,
        1100.0,
        10.0,
    ]


def test_old_figures_keep_their_value(workspace: Workspace) -> None:
    """After a correction the old address still gives the old number, the new one the new."""
    before = _tell(workspace, '{{ value("people", period="2020") }}').answer[0]
    _publish(workspace, [ROWS[0], [2020, 1001, 7], *ROWS[2:]])
    after = _tell(workspace, '{{ value("people", period="2020") }}').answer[0]
    assert [workspace.figures.resolve(FigureId.parse(s.figure)).value for s in (before, after)] == [
        1000.0,
        1001.0,
    ]


def test_same_numbers_make_no_version(workspace: Workspace) -> None:
    """A story is published when something that it shows changed, and only then."""
    story = Story("s", "de", "?", '{{ value("people", period="2020") }}', "")
    w = workspace

    def publish() -> str:
        return publish_story(w.city, story, w.store, w.figures, w.engine, w.clock).outcome

    assert [publish(), publish()] == ["new", "unchanged"]
    _publish(w, [ROWS[0], [2020, 5, 7], *ROWS[2:]])
    assert publish() == "new"
    assert [v.number for v in w.store.story_versions("s", "de")] == [2, 1]


@pytest.mark.parametrize(
    ("body", "access"),
    [
        ('{{ value("people") }}', Access.OPEN),
        ('{{ value("hidden") }}', Access.PROTECTED),
        ('{{ chart("hidden") }}', Access.PROTECTED),
        ('{{ table("benches", columns=["year", "people"]) }}', Access.OPEN),
        ('{{ table("benches", columns=["year", "secret"]) }}', Access.PROTECTED),
        ('{{ table("benches", columns=["year"], sort="secret") }}', Access.PROTECTED),
        ('{{ cell("benches", "people", year="2020") }}', Access.OPEN),
        ('{{ cell("benches", "secret", year="2020") }}', Access.PROTECTED),
        ('{{ cell("benches", "people", secret="7") }}', Access.PROTECTED),
        ("Kein Wort.", Access.OPEN),
    ],
)
def test_a_story_is_as_closed_as_what_it_shows(workspace: Workspace, body: str, access: Access) -> None:
    """Also when a closed column only sorts or chooses."""
    assert _tell(workspace, "", body).access is access


@pytest.mark.parametrize(
    "call",
    ['value("nobody")', 'value("people", period="1066")', 'change("people")', 'rows("nothing")',
     'cell("benches", "nothing", year="2020")', 'place("people", rank=1)', 'table("benches", columns=["x"])'],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_a_reason(workspace: Workspace, call: str) -> None:
    """No story is published with a hole in it, and the last version stays."""
    w = workspace

    def publish(body: str) -> Run:
        story = Story("s", "de", "?", "a", body)
        return publish_story(w.city, story, w.store, w.figures, w.engine, w.clock)

    assert publish("Gut.").outcome == "new"
    failed = publish("{{ " + call + " }}")
    assert (failed.outcome, bool(failed.message), bool(failed.hint)) == ("failed", True, True)
    assert w.store.story("s", "de").number == 1


def test_gaps_in_charts_stay_gaps(workspace: Workspace) -> None:
    """An unknown value is None, never 0, and is said to be unknown."""
    (chart,) = _tell(workspace, "", '{{ chart("people", form="line") }}').blocks
    assert isinstance(chart, ChartBlock)
    assert [(p.label, p.value, p.trust) for p in chart.series[0].points] == [
        ("2020", 1000.0, "ok"), ("2021", 1100.0, "ok"), ("2022", None, "unknown"),
    ]  # fmt: skip


def test_trust_reaches_the_sentence(workspace: Workspace) -> None:
    """A version with a failed check makes its figures suspect, and so the story."""
    w = workspace
    columns = tuple(
        replace(c, maximum=1050.0) if c.name == "people" else c for c in w.city.datasets["benches"].columns
    )
    city = replace(w.city, datasets={"benches": replace(w.city.datasets["benches"], columns=columns)})
    publish_dataset(city, city.datasets["benches"], Lists(), w.store, w.lake, w.clock)
    figures = Figures(city, w.store, w.engine, w.clock)
    story = make_story(
        city, Story("s", "de", "?", '{{ value("people") }}', ""), figures, w.engine, w.clock.now()
    )
    assert (story.trust, story.answer[0].trust) == ("suspect", "suspect")


def _plain(call: Any) -> Any:
    return [Span("5", figure="f")]


def _table(call: Any) -> Block:
    return TableBlock("t", (), ())


def test_markdown_becomes_blocks() -> None:
    """Headings, lists, emphasis, links and calls."""
    text = (
        '## Titel\n\nEin **starkes {{ value("x") }}** und [hier](/d/x).\n\n- a\n- *b*\n\n{{ table("x") }}\n'
    )
    heading, paragraph, entries, table = read_blocks(text, Answers(_plain, _table))
    assert heading == Heading(2, (Span("Titel"),))
    assert isinstance(paragraph, Paragraph)
    assert Span("5", strong=True, figure="f") in paragraph.spans
    assert Span("hier", href="/d/x") in paragraph.spans
    assert entries == ListBlock(((Span("a"),), (Span("b", emphasis=True),)))
    assert isinstance(table, TableBlock)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://e.org/p.png)", "<a href=x>"],
)
def test_no_html_and_no_strange_links(text: str) -> None:
    """What looks like HTML is text; only plain addresses are links."""
    for block in read_blocks(text, Answers(_plain, _table)):
        assert isinstance(block, Paragraph)
        assert all(span.href.startswith(("http", "/", "#", "mailto:")) for span in block.spans if span.href)
        assert not any(span.href.startswith("javascript") for span in block.spans)


@given(st.text(max_size=80) | st.text('{}*_[]()#-`\n "=valuetb', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Hostile Markdown gives blocks or RecipeInvalid, never another error."""
    try:
        blocks = read_blocks(text, Answers(_plain, _table))
    except RecipeInvalid:
        return
    assert isinstance(blocks, tuple)
