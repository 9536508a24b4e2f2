"""SQLAlchemy's statements in DuckDB's words, with bound parameters."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import ClauseElement


class DuckDialect(DefaultDialect):
    """Enough of a dialect to write a statement down; it is never connected."""

    name = "duckdb"
    paramstyle = "qmark"
    supports_statement_cache = True


_DUCK = DuckDialect(paramstyle="qmark")


def written(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The statement's text and its parameters in order."""
    compiled: Any = statement.compile(dialect=_DUCK, compile_kwargs={"render_postcompile": True})
    parameters = compiled.construct_params()
    return str(compiled), [parameters[name] for name in compiled.positiontup or ()]
