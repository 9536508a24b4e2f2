"""`$filter` and `$orderby` as text: what they mean, and what is said of mistakes in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.model.query import ARITHMETIC, COMPARISONS, Call, Constant, Expression, Order, Path
from allmende.standards.sensorthings.expressions import FUNCTIONS, parse_filter, parse_order
from allmende.standards.sensorthings.faults import BadRequest
from allmende.standards.sensorthings.tokens import LONGEST, Tokens


def parsed(text: str) -> Expression:
    """The whole text as a condition."""
    tokens = Tokens(text)
    found = parse_filter(tokens)
    if tokens.ahead.kind != "end":
        tokens.fail("the end")
    return placeless(found)


def fault_of(text: str) -> BadRequest | None:
    """What is wrong with a text; None when it is an expression. Other errors are not caught."""
    try:
        parsed(text)
    except BadRequest as error:
        return error
    return None


def placeless(part: Expression) -> Expression:
    """The same without the places in the text."""
    if isinstance(part, Path):
        return Path(part.steps)
    if isinstance(part, Call):
        return Call(part.name, tuple(placeless(inner) for inner in part.operands))
    return part


def number(value: float) -> Constant:
    """A number as the parser gives it."""
    return Constant(value, "number")


def written(part: Expression) -> str:
    """An expression as text, every operator in brackets."""
    if isinstance(part, Path):
        return "/".join(part.steps)
    if isinstance(part, Constant):
        return written_constant(part)
    assert isinstance(part, Call)
    operands = [written(inner) for inner in part.operands]
    if part.name == "not":
        return f"(not ({operands[0]}))"
    if part.name in FUNCTIONS:
        return f"{part.name}({','.join(operands)})"
    return "(" + f" {part.name} ".join(operands) + ")"


def written_constant(part: Constant) -> str:
    """A value as text."""
    value = part.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        length = f"P{abs(value).days}DT{abs(value).seconds}.{abs(value).microseconds:06}S"
        return f"duration'{'-' if value < timedelta(0) else ''}{length}'"
    if part.kind == "text":
        return "'" + str(value).replace("'", "''") + "'"
    return repr(value)


_TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_CONSTANTS = st.one_of(
    st.integers(-(2**63) + 1, 2**63 - 1).map(number),
    st.floats(allow_nan=False, allow_infinity=False, min_value=0.5, max_value=1e300).map(number),
    st.booleans().map(lambda value: Constant(value, "boolean")),
    st.just(Constant(None, "null")),
    _TEXTS.map(lambda value: Constant(value, "text")),
    _TIMES.map(lambda value: Constant(value, "time")),
    st.timedeltas(timedelta(0), timedelta(days=9000)).map(lambda value: Constant(value, "duration")),
)
_PATHS = st.lists(
    st.sampled_from(["result", "properties", "Datastream", "näher", "0"]), min_size=1, max_size=4
).map(lambda steps: Path(("properties", *steps)))


def _calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(inner, inner)
    named = [
        st.builds(Call, st.just(name), st.tuples(*[inner] * least)) for name, (least, _) in FUNCTIONS.items()
    ]
    binary = st.builds(Call, st.sampled_from((*COMPARISONS, *ARITHMETIC)), pairs)
    return st.one_of(binary, st.builds(Call, st.just("not"), st.tuples(inner)), *named)


@given(st.recursive(st.one_of(_CONSTANTS, _PATHS), _calls, max_leaves=12))
def test_round_trip(expression: Expression) -> None:
    """Whatever is written out is read back as the same expression."""
    assert parsed(written(expression)) == expression


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """Any text is an expression or our own error, nothing else."""
    fault = fault_of(text)
    assert fault is None or fault.message


_WORDS = st.sampled_from([*FUNCTIONS, *COMPARISONS, "and", "or", "not", "(", ")", ",", "/", "'", "result"])


@given(st.lists(st.one_of(_WORDS, st.text(max_size=4)), max_size=30).map(" ".join))
def test_any_words(text: str) -> None:
    """Words of the language in any order too."""
    fault = fault_of(text)
    assert fault is None or fault.position is None or 1 <= fault.position <= len(text) + 1


def test_precedence() -> None:
    """mul before add before comparison before and before or; `not` binds closest."""
    found = parsed("a eq 1 or not b gt 1 add 2 mul 3 and c")
    plus = Call("add", (number(1), Call("mul", (number(2), number(3)))))
    second = Call("and", (Call("not", (Call("gt", (Path(("b",)), plus)),)), Path(("c",))))
    assert found == Call("or", (Call("eq", (Path(("a",)), number(1))), second))


def test_left_first() -> None:
    """Operators of one level are worked off from the left."""
    assert parsed("1 sub 2 sub 3") == Call("sub", (Call("sub", (number(1), number(2))), number(3)))
    assert parsed("a and b and c") == Call("and", (Path(("a",)), Path(("b",)), Path(("c",))))


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("'it''s'", Constant("it's", "text")),
        ("-3", number(-3)),
        ("1.5e3", number(1500.0)),
        ("true", Constant(True, "boolean")),
        ("null", Constant(None, "null")),
        ("2026-06-01T12:00:00Z", Constant(datetime(2026, 6, 1, 12, tzinfo=UTC), "time")),
        ("2026-06-01T12:00:00.5+02:00", Constant(datetime(2026, 6, 1, 10, 0, 0, 500_000, UTC), "time")),
        ("2026-06-01T12:00:00 02:00", Constant(datetime(2026, 6, 1, 10, tzinfo=UTC), "time")),
        ("2026-06-01", Constant("2026-06-01", "text")),
        ("12:30:00", Constant("12:30:00", "text")),
        ("duration'-P1DT2H30M0.5S'", Constant(-timedelta(1, 9000.5), "duration")),
        ("geography'POINT (11.58 50.92)'", Constant("POINT (11.58 50.92)", "geometry")),
        ("geography'SRID=4326;POINT (11 50)'", Constant("POINT (11 50)", "geometry")),
    ],
)
def test_constants(text: str, constant: Constant) -> None:
    """Every kind of value the standard knows."""
    assert parsed(text) == constant


def test_interval() -> None:
    """Two times with a slash are a period."""
    start, end = (Constant(datetime(2026, 6, day, tzinfo=UTC), "time") for day in (1, 2))
    assert parsed("2026-06-01T00:00:00Z/2026-06-02T00:00:00Z") == Call("interval", (start, end))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Datastream/Thing/name", ("Datastream", "Thing", "name")),
        ("properties/soil type", None),
        ("properties/soil-type", ("properties", "soil-type")),
        ("result/0", ("result", "0")),
        ("result[12]/a", ("result", "12", "a")),
        ("@iot.id", ("@iot.id",)),
    ],
)
def test_paths(text: str, steps: tuple[str, ...] | None) -> None:
    """Paths go through relations, into JSON and into lists."""
    if steps is None:
        with pytest.raises(BadRequest):
            parsed(text)
    else:
        assert parsed(text) == Path(steps)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("result gt", 10, "not the end"),
        ("result gt 5 5", 13, "the end is expected"),
        ("(result gt 5", 13, "')' is expected"),
        ("result ~ 5", 8, "'~' is not understood"),
        ("sinus(result) gt 5", 1, "no function 'sinus'"),
        ("substring(name) eq 'a'", 1, "takes 2 or 3 arguments, not 1"),
        ("name eq 'open", 9, "is not understood"),
        ("phenomenonTime gt 2026-13-01T00:00:00Z", 19, "month must be in 1..12"),
        ("phenomenonTime gt 2026-01-01T00:00:00", 19, "has no zone"),
        ("result gt 1e999", 11, "too large"),
        ("st_within(location, geography'PUNKT (1 2)')", 21, "cannot be read"),
        ("st_within(location, geography'POINT (1e999 2)')", 21, "too large"),
        ("result[x] eq 1", 8, "a whole number is expected"),
        ("name eq 'a\x00b'", 11, "no text that is kept"),
        ("name eq '\ud800'", 10, "no text that is kept"),
    ],
)
def test_mistakes(text: str, position: int, words: str) -> None:
    """The error says where the mistake is and what was expected."""
    with pytest.raises(BadRequest) as error:
        parsed(text)
    assert error.value.position == position
    assert words in error.value.message


@pytest.mark.parametrize(
    "text",
    [
        "not " * 100 + "a",
        "(" * 100 + "a" + ")" * 100,
        "tolower(" * 100 + "a" + ")" * 100,
        "a add " * 1000 + "a",
        " and ".join(["a eq 1"] * 1500),
        "a" * (LONGEST + 1),
    ],
)
def test_too_large(text: str) -> None:
    """What would exhaust the parser or a database is refused."""
    with pytest.raises(BadRequest):
        parsed(text)


def test_many_conditions() -> None:
    """Some hundred alternatives are no problem."""
    found = parsed(" or ".join(f"id eq {number}" for number in range(400)))
    assert isinstance(found, Call)
    assert len(found.operands) == 400


def test_orders() -> None:
    """Several sort keys, each with its direction, also computed ones."""
    orders = parse_order(Tokens("result desc,Datastream/id asc, result mul 2"))
    found = [(placeless(order.by), order.descending) for order in orders]
    twice = Call("mul", (Path(("result",)), number(2)))
    assert found == [(Path(("result",)), True), (Path(("Datastream", "id")), False), (twice, False)]


def test_every_function_takes_what_it_wants() -> None:
    """Each function of the standard is read with its smallest and largest number of arguments."""
    for name, counts in FUNCTIONS.items():
        for count in counts:
            wanted: tuple[Any, ...] = tuple(Path((letter,)) for letter in "abc"[:count])
            assert parsed(f"{name}({','.join('abc'[:count])})") == Call(name, wanted)


def test_order_type() -> None:
    """An order is what the query language calls one."""
    assert parse_order(Tokens("id"))[0] == Order(Path(("id",), 1))
