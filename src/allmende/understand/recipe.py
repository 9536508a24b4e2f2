"""Running a recipe: pinned versions in, one version out.

The same recipe on the same pins gives the same rows in the same order, today and in three years;
that is what "compute again" relies on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from allmende.catalogue.access import Accesses, closed_parts
from allmende.catalogue.applied import applied_text
from allmende.catalogue.arrow_types import ARROW
from allmende.catalogue.checks import check_table
from allmende.catalogue.disclosed import disclose
from allmende.catalogue.terms import terms_faults
from allmende.catalogue.versions import Judge, Made, publish_table
from allmende.engine.subset import check_sql, parse_sql, tables_of
from allmende.errors import AllmendeError, ContractBroken, HeldBack, RecipeInvalid
from allmende.model.city import City
from allmende.model.dataset import Column, Dataset, DatasetVersion, Pin
from allmende.model.run import Run, Step
from allmende.ports import Clock, Engine, Examined, Lake, Store
from allmende.store.bodies import plain
from allmende.understand.instrument import examine


def run_recipe(
    city: City,
    dataset: Dataset,
    store: Store,
    lake: Lake,
    engine: Engine,
    clock: Clock,
    judge: Judge = lambda made: None,
) -> Run:
    """Run the recipe of a dataset on the newest versions of its inputs, and publish what `judge` lets pass.

    Outcome `new`, `unchanged`, `skipped` (an input has no version yet) or `failed`. Of our faults only HeldBack
    is raised.
    """
    started = clock.now()
    try:
        version = _publish(city, dataset, store, lake, engine, clock, judge)
    except HeldBack:
        raise
    except MissingInput as missing:
        return _ended(dataset, started, clock, "skipped", missing)
    except AllmendeError as error:
        return _ended(dataset, started, clock, "failed", error)
    if version is None:
        return Run(Step("recipe", dataset.id), started, clock.now(), "unchanged", "same result as before")
    message = f"version {version.number} with {version.rows} rows"
    return Run(Step("recipe", dataset.id), started, clock.now(), "new", message, rows=version.rows)


class MissingInput(RecipeInvalid):
    """An input of the recipe was never published; it comes once its own source works."""


def _publish(
    city: City, dataset: Dataset, store: Store, lake: Lake, engine: Engine, clock: Clock, judge: Judge
) -> DatasetVersion | None:
    recipe = city.recipes[dataset.recipe]
    refuse_terms(city, dataset)
    pins = newest_inputs(city, dataset, store)
    result = make_result(dataset, recipe.sql, pins, engine)
    accesses = Accesses(city)
    shown = disclose(city, dataset, result.table, result.columns, store, lake)
    made = Made(
        table=shown.table,
        columns=shown.columns,
        changes_raw=lake.keep_raw([shown.log()])[0] if shown.changes else "",
        maker_hash=maker_hash(city, dataset),
        inputs=tuple(pins[name] for name in sorted(pins)),
        recipe_text=recipe.sql,
        checks=check_table(result.table, dataset.columns, dataset.key),
        applied=applied_text(dataset.instrument) if dataset.instrument else "",
        findings=result.findings,
        access=accesses.dataset(dataset.id),
        licences=tuple(licence.id for licence in accesses.licences(dataset.id)),
        attributions=accesses.attributions(dataset.id),
    )
    judge(made)
    return publish_table(dataset.id, made, store, lake, clock)


def refuse_terms(city: City, dataset: Dataset) -> None:
    """ContractBroken when the licences of the inputs do not allow the result; the last version stays public."""
    for fault in terms_faults(city, dataset):
        raise ContractBroken(fault.message, where=f"datasets/{dataset.id}.toml", hint=fault.hint)


def newest_inputs(city: City, dataset: Dataset, store: Store) -> dict[str, Pin]:
    """The newest version of each table that the recipe reads, by its name in SQL. Raises MissingInput."""
    by_table = {one.table: one.id for one in city.datasets.values()}
    latest = store.latest_versions()
    pins: dict[str, Pin] = {}
    for table in sorted(tables_of(city.recipes[dataset.recipe].sql)):
        version = latest.get(by_table.get(table, ""))
        if version is None:
            raise MissingInput(
                f"the recipe needs {by_table.get(table, table)}, which has no version yet",
                where=dataset.id,
                hint="`allmende show` says what its source lacks.",
            )
        pins[table] = version.pin
    return pins


def maker_hash(city: City, dataset: Dataset) -> str:
    """SHA-256 (hex) over everything that turns inputs into rows: the recipe's text, columns and key."""
    recipe = city.recipes[dataset.recipe]
    parts: dict[str, object] = {
        "sql": recipe.sql,
        "columns": [plain(c) for c in dataset.columns],
        "key": list(dataset.key),
    }
    parts |= closed_parts(city, dataset)
    if dataset.disclosure is not None:
        parts["disclosure"] = repr(dataset.disclosure)
    if dataset.instrument is not None:
        parts["instrument"] = applied_text(dataset.instrument)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def make_result(dataset: Dataset, recipe_text: str, inputs: Mapping[str, Pin], engine: Engine) -> Examined:
    """What a dataset is to publish: the rows of its recipe, or what its instrument says of them.

    Raises RecipeInvalid like `make_table`, and when the instrument cannot work on these rows.
    """
    application = dataset.instrument
    if application is None:
        table = make_table(dataset, recipe_text, inputs, engine)
        return Examined(table, described(dataset, table), ())
    # The declared columns are those of the result: what the recipe gives is the instrument's business.
    rows = make_table(replace(dataset, columns=(), key=()), recipe_text, inputs, engine)
    made = examine(application, rows, f"recipes/{dataset.recipe}.sql")
    table = _ordered(_typed(made.table, dataset), dataset.key)
    return Examined(table, dataset.columns or made.columns, made.findings)


def make_table(dataset: Dataset, recipe_text: str, inputs: Mapping[str, Pin], engine: Engine) -> pa.Table:
    """The rows of a recipe on exactly these versions, typed as declared, in an order that never varies.

    Raises RecipeInvalid when the SQL is outside the subset, does not run, or gives other columns than declared.
    """
    faults = check_sql(recipe_text, f"recipes/{dataset.recipe}.sql")
    if faults:
        raise RecipeInvalid(
            f"{faults[0].path}: {faults[0].message}", where=faults[0].file, hint=faults[0].hint
        )
    found = engine.query(recipe_text, inputs)
    typed = _typed(found, dataset)
    return typed if _is_ordered(recipe_text) else _ordered(typed, dataset.key)


def _typed(found: pa.Table, dataset: Dataset) -> pa.Table:
    if not dataset.columns:
        return found
    names = [column.name for column in dataset.columns]
    if sorted(found.column_names) != sorted(names):
        raise RecipeInvalid(
            f"the recipe gives the columns {', '.join(found.column_names)}, the dataset describes {', '.join(names)}",
            where=f"recipes/{dataset.recipe}.sql",
            hint=f"Make datasets/{dataset.id}.toml and the recipe agree.",
        )
    wanted = pa.schema([(column.name, ARROW[column.type]) for column in dataset.columns])
    try:
        return found.select(names).cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RecipeInvalid(
            f"the recipe's result does not have the declared types: {error}",
            where=f"recipes/{dataset.recipe}.sql",
            hint="Use cast(... as ...) in the recipe, or declare another type.",
        ) from error


def _is_ordered(sql: str) -> bool:
    return bool(parse_sql(sql).args.get("order"))


def _ordered(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Rows sorted by key, else by all columns, unknown values last: without ORDER BY any order is right."""
    names = [name for name in key if name in table.column_names] or table.column_names
    return table.sort_by([(name, "ascending") for name in names]) if names and table.num_rows else table


def described(dataset: Dataset, table: pa.Table) -> tuple[Column, ...]:
    """The declared columns, or columns named after the result when none are declared."""
    if dataset.columns:
        return dataset.columns
    kinds = {str(kind): name for name, kind in ARROW.items() if name != "json"}
    return tuple(Column(field.name, kinds.get(str(field.type), "text")) for field in table.schema)


def _ended(dataset: Dataset, started: datetime, clock: Clock, outcome: str, error: AllmendeError) -> Run:
    message = f"{error.where}: {error.message}" if error.where else error.message
    return Run(
        Step("recipe", dataset.id), started, clock.now(), "skipped" if outcome == "skipped" else "failed",
        message, error.hint or "Mend the recipe; the last version stays public.", error.transient,
    )  # fmt: skip
