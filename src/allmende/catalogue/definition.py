"""The definition of an indicator as text and hash, so that old figures stay explained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from allmende.errors import NotFound
from allmende.model.knowledge import Indicator
from allmende.model.text import Text

# What a value depends on. Changing a title or a target does not change any figure.
_MEANING = (
    "id", "dataset", "value_column", "period_column", "place_column", "city_place",
    "where", "interval", "coverage_column", "decimals", "unit", "unit_code", "title", "definition",
)  # fmt: skip


def definition_text(indicator: Indicator) -> str:
    """The definition as canonical JSON."""
    whole = asdict(indicator)
    return json.dumps(
        {name: whole[name] for name in _MEANING}, ensure_ascii=False, sort_keys=True, default=list
    )


def definition_hash(indicator: Indicator) -> str:
    """Eight hex digits that change when the definition does."""
    return hashlib.sha256(definition_text(indicator).encode()).hexdigest()[:8]


def read_definition(text: str | None, hash_: str) -> Indicator:
    """An indicator from its kept definition; NotFound when it was never kept."""
    if text is None:
        raise NotFound("this definition of the indicator is not known here", where=hash_)
    values = json.loads(text)
    for name in ("title", "definition", "unit"):
        values[name] = Text(**values[name])
    values["interval"] = tuple(values["interval"]) if values["interval"] else None
    return Indicator(**values)
