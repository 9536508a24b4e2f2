"""Values inside JSON columns, as text, number or boolean; what is of another kind is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Double, String, Text, case, cast, func, literal, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from allmende.errors import RecipeInvalid
from allmende.model.query import Kind

Clause = ColumnElement[Any]
Steps = Sequence[str | int]
_TEXTS = {"sqlite": "text", "postgresql": "string", "duckdb": "VARCHAR"}
_NUMBERS = {
    "sqlite": ("integer", "real"),
    "postgresql": ("number",),
    "duckdb": ("BIGINT", "UBIGINT", "DOUBLE", "HUGEINT"),
}


class JsonColumns:
    """Reads parts of JSON in the words of one database."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect

    def read(self, column: Clause, steps: Steps, wanted: Kind, *, text: bool) -> Clause:
        """The part of `column` at `steps`; as `any` the name of its type, unknown for JSON's null.

        `text` says that the column is text that holds JSON.
        """
        if self._dialect == "postgresql":
            return self._read_postgres(cast(column, JSONB) if text else column, steps, wanted)
        path = _path_of(steps)
        plain = type_coerce(column, Text)
        kind = func.json_type(plain, path)
        if wanted == "any":
            return func.nullif(func.lower(kind), "null")
        if wanted == "boolean":
            return self._boolean(kind, plain, path)
        extract = "json_extract" if self._dialect == "sqlite" else "json_extract_string"
        found = getattr(func, extract)(plain, path)
        if wanted == "number":
            return case((kind.in_(_NUMBERS[self._dialect]), cast(found, Double)))
        return case((kind == _TEXTS[self._dialect], cast(found, String)))

    def _boolean(self, kind: Clause, plain: Clause, path: str) -> Clause:
        if self._dialect == "sqlite":
            return case((kind == "true", literal(True)), (kind == "false", literal(False)))
        return case((kind == "BOOLEAN", func.json_extract_string(plain, path) == "true"))

    def _read_postgres(self, column: Clause, steps: Steps, wanted: Kind) -> Clause:
        # `#>` with a text array reads fields and list elements alike; the empty path is the whole.
        words = [str(step) for step in steps]
        part = func.jsonb_extract_path(column, *words) if words else column
        found = (
            func.jsonb_extract_path_text(column, *words)
            if words
            else func.jsonb_extract_path_text(func.jsonb_build_object("a", column), "a")
        )
        kind = func.jsonb_typeof(part)
        if wanted == "any":
            return func.nullif(kind, "null")
        if wanted == "boolean":
            return case((kind == "boolean", found == "true"))
        if wanted == "number":
            return case((kind == "number", cast(found, Double)))
        return case((kind == "string", found))


def _path_of(steps: Steps) -> str:
    """The JSON path as SQLite and DuckDB write it."""
    written = "$"
    for step in steps:
        if isinstance(step, int):
            written += f"[{step}]"
        elif '"' in step:
            raise RecipeInvalid(f"{step!r} cannot be a field of JSON here")
        else:
            written += f'."{step}"'
    return written
