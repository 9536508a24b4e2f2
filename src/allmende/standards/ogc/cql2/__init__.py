"""CQL2 (OGC 21-065r2): a filter as text or as JSON becomes conditions over columns. Pure; no SQL is ever made."""

from __future__ import annotations

from allmende.model.selection import Condition
from allmende.standards.ogc.collections import CRS84, Collection
from allmende.standards.ogc.cql2.json_form import parse_json
from allmende.standards.ogc.cql2.meaning import Meaning
from allmende.standards.ogc.cql2.text_form import parse_text
from allmende.standards.ogc.faults import BadParameter

_FORMS = {"cql2-text": parse_text, "cql2-json": parse_json}


def condition_of(one: Collection, text: str, language: str = "cql2-text", crs: str = CRS84) -> Condition:
    """What a filter asks of the rows of a collection; its geometries are in `crs`. Raises BadParameter."""
    if language not in _FORMS:
        raise BadParameter("filter-lang is cql2-text or cql2-json", where="filter-lang")
    return Meaning(one, crs).condition(_FORMS[language](text))
