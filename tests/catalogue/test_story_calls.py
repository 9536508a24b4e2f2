"""Calls in stories are read, never executed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.catalogue.story_calls import Call, calls_in, figures_named, parse_call


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('value("a")', Call("value", {"indicator": "a"})),
        ('value("a", period="2016", place="41", unit=false)', Call("value", {"indicator": "a", "period": "2016", "place": "41", "unit": False})),
        ('change("a", since="2006")', Call("change", {"indicator": "a", "since": "2006"})),
        ('value("a", rank=-1)', Call("value", {"indicator": "a", "rank": -1})),
        ('chart(["a", "b"], form="line")', Call("chart", {"indicators": ("a", "b"), "form": "line"})),
        ('cell("d", "c", key1="x")', Call("cell", {"dataset": "d", "column": "c"}, {"key1": "x"})),
        ('table("d", columns=["a"], limit=10)', Call("table", {"dataset": "d", "columns": ("a",), "limit": 10})),
    ],
)  # fmt: skip
def test_documented_calls(text: str, call: Call) -> None:
    """Every form of the reference is understood."""
    assert parse_call(text) == call


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("valu('a')", "value"),
        ("value()", "takes indicator"),
        ("value('a', perod='1')", "perod"),
        ("value('a', place=other)", "arguments are"),
        ("__import__('os').system('x')", "not a call"),
        ("value('a' + 'b')", "arguments are"),
        ("value(open('x'))", "arguments are"),
        ("value('a'", "cannot be read"),
        ("", "cannot be read"),
        ("value('" + "a" * 3000 + "')", "at most"),
        ("(" * 500 + ")" * 500, "cannot be read"),
    ],
)
def test_wrong_calls_say_what_is_wrong(text: str, said: str) -> None:
    """ValueError with words for people; nothing is evaluated."""
    with pytest.raises(ValueError, match=said):
        parse_call(text)


@given(st.text(max_size=60) | st.text("value(\"'a,=[]1){}", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """A call or ValueError, never anything else."""
    for found in calls_in("{{" + text + "}}"):
        assert isinstance(found, Call | ValueError)


def test_what_a_story_names() -> None:
    """Indicators and datasets of all right calls."""
    named = figures_named(
        '{{ value("a") }} {{ chart(["b", "c"]) }} {{ rows("d") }} {{ cell("e", "x", k="1") }} {{ nonsense( }}'
    )
    assert named.indicators == {"a", "b", "c"}
    assert named.datasets == {"d", "e"}
