"""Sets of numbers in statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, bindparam


def numbers(ids: Iterable[int]) -> BindParameter[Any]:
    """A set of ids for `in_`, written into the statement: databases limit how many values can be bound."""
    return bindparam("ids", sorted(ids), unique=True, expanding=True, literal_execute=True)
