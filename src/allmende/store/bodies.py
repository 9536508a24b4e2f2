"""Versions and stories to JSON and back."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.strategies import configure_tagged_union

from allmende.model.access import Access
from allmende.model.dataset import DatasetVersion
from allmende.model.document import Block, StoryVersion

_T = TypeVar("_T")


def _converter() -> Converter:
    made = Converter(unstruct_collection_overrides={tuple: list})
    made.register_unstructure_hook(datetime, lambda moment: moment.isoformat())
    made.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    made.register_unstructure_hook(date, lambda day: day.isoformat())
    made.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    made.register_unstructure_hook(Access, lambda access: access.label)
    made.register_structure_hook(Access, lambda text, _: Access[text.upper()])
    configure_tagged_union(Block, made, tag_name="block")
    return made


_CONVERTER = _converter()


def dump(value: DatasetVersion | StoryVersion) -> str:
    """The JSON that the store keeps of a version or story."""
    return json.dumps(_CONVERTER.unstructure(value), ensure_ascii=False, sort_keys=True)


def load_version(text: str) -> DatasetVersion:
    """A dataset version from its JSON."""
    return _CONVERTER.structure(json.loads(text), DatasetVersion)


def load_story(text: str) -> StoryVersion:
    """A story version from its JSON."""
    return _CONVERTER.structure(json.loads(text), StoryVersion)


def plain(value: Any) -> Any:
    """Any part of the domain language as plain lists, dicts and texts."""
    return _CONVERTER.unstructure(value)


def structured(text: str, type_: type[_T]) -> _T:
    """A part of the domain language from its JSON."""
    return _CONVERTER.structure(json.loads(text), type_)
