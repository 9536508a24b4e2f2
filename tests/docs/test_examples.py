"""The examples of the documentation work: recipes are in the subset, calls can be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from allmende.catalogue.story_calls import Call, calls_in
from allmende.engine.subset import check_sql

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = (DOCS / "reference" / "recipes.md").read_text(encoding="utf-8")
_SQL = re.compile(r"^```sql\n(.*?)^```", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_EXAMPLES = [
    (page.name, sql) for page in sorted(DOCS.glob("**/*.md")) for sql in _SQL.findall(page.read_text("utf-8"))
]


def test_there_are_examples() -> None:
    """The pages on recipes and on indicators each show one."""
    assert {"recipes.md", "write-an-indicator.md"} <= {name for name, _ in _EXAMPLES}


@pytest.mark.parametrize(("name", "sql"), _EXAMPLES)
def test_example_recipes_are_in_the_subset(name: str, sql: str) -> None:
    """Whoever copies a recipe from the documentation gets no fault."""
    assert check_sql(sql, name) == []


@pytest.mark.parametrize(
    "part",
    [
        "abs(x)", "round(x)", "floor(x)", "ceil(x)", "sqrt(x)", "ln(x)", "exp(x)", "pow(x, 2)", "least(x, y)",
        "greatest(x, y)", "coalesce(x, y)", "nullif(x, y)", "x / nullif(y, 0)", "x / 100.0", "x % 2",
        "concat(x, y)", "x || y", "lower(x)", "upper(x)", "trim(x)", "length(x)", "substring(x, 1, 2)",
        "replace(x, 'a', 'b')", "starts_with(x, 'a')", "date_trunc('month', x)", "extract(year from x)",
        "x + interval '1' day", "cast(x as integer)", "try_cast(x as integer)", "sum(x)", "avg(x)", "min(x)", "max(x)",
        "count(*)", "count(distinct x)", "stddev_samp(x)", "percentile_cont(0.5) within group (order by x)",
        "sum(x) filter (where y > 0)", "row_number() over (order by x nulls last)", "rank() over (order by x nulls last)",
        "dense_rank() over (order by x nulls last)", "lag(x) over (order by y nulls last)",
        "lead(x) over (order by y nulls last)", "first_value(x) over (order by y nulls last)",
        "last_value(x) over (order by y nulls last)", "sum(x) over (partition by y)", "bucket(x, '15 minutes')", "dow(x)",
        "string_list(x)", "case when x in (1, 2) then 1 else 0 end", "x between 1 and 2", "x like 'a%'", "x is null",
    ],
)  # fmt: skip
def test_what_the_page_allows_is_allowed(part: str) -> None:
    """Every function of the page on the subset passes the linter, and its name is on the page."""
    assert check_sql(f"select {part} as made from t", "r.sql") == []
    name = re.match(r"[a-z_]+(?=\()", part)
    assert name is None or name[0] in RECIPES


@pytest.mark.parametrize(
    "sql",
    [
        "select x / y from t", "select x from t order by x", "select x from t limit 10", "select x::integer from t",
        "select x, count(*) from t group by all", "select * exclude (x) from t",
        "select x from t qualify row_number() over (order by x nulls last) = 1",
        "select t.x from t asof join u on t.x >= u.x", "select median(x) from t", "select quantile(x, 0.5) from t",
        "select list(x) from t", "select string_agg(x, ',') from t", "select date_diff('day', x, y) from t",
        "select * from read_csv('a.csv')", "select * from 'a.csv'", "delete from t", "select 1; select 2",
    ],
)  # fmt: skip
def test_what_the_page_refuses_is_refused(sql: str) -> None:
    """Each row of the page's table of refused habits is a fault with a message."""
    assert all(problem.message for problem in check_sql(sql, "r.sql"))
    assert check_sql(sql, "r.sql")


@pytest.mark.parametrize("page", ["howto/write-a-story.md"])
def test_calls_of_the_pages_can_be_read(page: str) -> None:
    """Whoever copies a call from the documentation writes one that exists."""
    text = (DOCS / page).read_text(encoding="utf-8").replace('\\"', '"')
    calls = list(calls_in(text))
    assert len(calls) > 12
    assert [call for call in calls if not isinstance(call, Call)] == []


def test_settings_of_the_pages_are_toml() -> None:
    """The files shown on the page about indicators are readable as they stand."""
    text = (DOCS / "howto" / "write-an-indicator.md").read_text(encoding="utf-8")
    assert [tomllib.loads(block) for block in _TOML.findall(text)]
