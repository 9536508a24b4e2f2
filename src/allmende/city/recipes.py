"""Links of recipes: portable SQL, tables that exist, a dataset for the result, no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter

from allmende.city.decode import did_you_mean
from allmende.engine.subset import check_sql, tables_of
from allmende.model.city import City
from allmende.model.problem import Problem


def check_recipes(city: City, datasets: Set[str], broken: Set[str]) -> Iterator[Problem]:
    """Faults of all recipes. `datasets` are all ids that exist, `broken` files with faults of their own."""
    tables = {id_.replace("-", "_"): id_ for id_ in datasets}
    inputs = {recipe.id: tables_of(recipe.sql) for recipe in city.recipes.values()}
    for recipe in city.recipes.values():
        file = f"recipes/{recipe.id}.sql"
        yield from check_sql(recipe.sql, file)
        for table in sorted(inputs[recipe.id] - tables.keys()):
            hint = did_you_mean(table, tables)
            yield Problem(file, "$", f"there is no dataset for the table {table!r}", hint)
    yield from _check_results(city, broken)
    yield from _check_circles(city, inputs, tables)


def _check_results(city: City, broken: Set[str]) -> Iterator[Problem]:
    """Each recipe is described by exactly one dataset."""
    made: dict[str, list[str]] = {}
    for dataset in city.datasets.values():
        if dataset.recipe:
            made.setdefault(dataset.recipe, []).append(dataset.id)
    for recipe in city.recipes:
        names = made.get(recipe, [])
        if not names and not any(file.startswith("datasets/") for file in broken):
            hint = f'Write datasets/{recipe}.toml with recipe = "{recipe}".'
            yield Problem(f"recipes/{recipe}.sql", "$", "no dataset describes what this recipe makes", hint)
        for name in names[1:]:
            message = f"the recipe {recipe!r} already makes {names[0]!r}"
            yield Problem(f"datasets/{name}.toml", "$.recipe", message, "A recipe makes one dataset.")


def _check_circles(
    city: City, inputs: Mapping[str, Set[str]], tables: Mapping[str, str]
) -> Iterator[Problem]:
    graph = {
        dataset.id: {tables[table] for table in inputs.get(dataset.recipe, ()) if table in tables}
        for dataset in city.datasets.values()
        if dataset.recipe
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = [str(name) for name in reversed(error.args[1])]
        recipe = next(city.datasets[name].recipe for name in circle if name in graph)
        message = f"the recipes go in a circle: {' -> '.join(circle)}"
        yield Problem(f"recipes/{recipe}.sql", "$", message, "A dataset cannot be made from itself.")
