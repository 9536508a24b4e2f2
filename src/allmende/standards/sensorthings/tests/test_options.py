"""Query options and addresses as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.errors import NotFound
from allmende.model.query import Path
from allmende.standards.sensorthings.addresses import Segment, parse_address
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.options import Expand, Options, parse_options


def one(name: str, text: str) -> Options:
    """The options of an address with one of them."""
    return parse_options([(name, text)])


def tree(expands: tuple[Expand, ...]) -> dict[str, object]:
    """What is expanded in what."""
    return {expand.name: tree(expand.options.expand) for expand in expands}


def test_nested_expand() -> None:
    """Options of an expansion stand in its brackets, also those of the expansion inside it."""
    text = "Datastreams($filter=name eq 'a;b)';$expand=Observations($top=2;$orderby=result desc;$count=true))"
    (streams,) = one("$expand", text).expand
    (observations,) = streams.options.expand
    assert streams.options.filter is not None
    assert (observations.name, observations.options.top, observations.options.count) == (
        "Observations",
        2,
        True,
    )
    assert observations.options.orderby[0].descending


def test_expand_paths() -> None:
    """`A/B` expands both, and two ways through one relation become one expansion."""
    found = one("$expand", "Datastreams/Observations($top=1),Datastreams/Sensor,Locations").expand
    assert tree(found) == {"Datastreams": {"Observations": {}, "Sensor": {}}, "Locations": {}}
    assert found[0].options.expand[0].options.top == 1


def test_select() -> None:
    """Names, parts of names and everything."""
    assert one("$select", "id,name,properties/soil,*").select == (
        ("id",),
        ("name",),
        ("properties", "soil"),
        ("*",),
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("$top", "-1", "whole number"),
        ("$top", "1.5", "whole number"),
        ("$top", "9" * 20, "whole number"),
        ("$skip", "x", "whole number"),
        ("$count", "yes", "true or false"),
        ("$resultFormat", "XML", "no format"),
        ("$expand", "Datastreams(", "a query option"),
        ("$expand", "Datastreams($resultFormat=CSV)", "cannot stand here"),
        ("$expand", "Datastreams($top=1;$top=2)", "cannot stand here"),
        ("$expand", "Datastreams($top=1),Datastreams($top=2)", "expanded twice"),
        ("$expand", "A(" + "$expand=A(" * 20 + "$top=1" + ")" * 21, "too deeply"),
        ("$select", "", "a name"),
        ("$orderby", "name down", "the end is expected"),
        ("$filter", "", "is expected"),
        ("$sort", "name", "no query option"),
    ],
)
def test_mistakes(name: str, text: str, words: str) -> None:
    """The error names the option and says what was expected."""
    with pytest.raises(BadRequest) as error:
        one(name, text)
    assert words in error.value.message
    assert error.value.where == name


def test_twice() -> None:
    """An option that is given twice contradicts itself."""
    with pytest.raises(BadRequest, match="twice"):
        parse_options([("$top", "1"), ("$top", "2")])


@given(st.sampled_from(["$filter", "$expand", "$select", "$orderby", "$top", "$skip"]), st.text(max_size=40))
def test_any_text(name: str, text: str) -> None:
    """Any text is options or our own error."""
    place = name
    try:
        one(name, text)
    except BadRequest as error:
        place = error.where
    assert place == name


def test_addresses() -> None:
    """Sets, ids, relations, properties, and what is asked of them at the end."""
    address = parse_address("/Things(1)/Datastreams(-2)/Observations/$ref")
    assert address.segments == (Segment("Things", 1), Segment("Datastreams", -2), Segment("Observations"))
    assert address.ending == "$ref"
    assert parse_address("Things(1)/name/$value").ending == "$value"


@pytest.mark.parametrize(
    "path", ["", "$ref", "Things('a')", "Things(1", "Things(1)(2)", "Things()", "a" + "/b" * 40, "Things(1 )"]
)
def test_no_addresses(path: str) -> None:
    """Everything else is not there."""
    with pytest.raises(NotFound):
        parse_address(path)


@given(st.text(max_size=60))
def test_any_address(path: str) -> None:
    """Any path is an address or not there."""
    fault = None
    try:
        assert parse_address(path).segments
    except NotFound as error:
        fault = error
    assert fault is None or fault.where == path


def test_known_on() -> None:
    """Our own option: as it was known on a day."""
    assert one("knownOn", "2026-06-01T00:00:00Z").known_on == "2026-06-01T00:00:00Z"
    assert one("$orderby", "id").orderby[0].by == Path(("id",), 1)
