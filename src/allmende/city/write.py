"""Datasets and sources as the text of their files: what `load` reads back as equal values.

Settings that say what is so anyway are left out. TOML 1.0: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from allmende.model.access import Access
from allmende.model.dataset import Dataset
from allmende.model.source import Source
from allmende.model.text import LANGUAGES, Text

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SECTIONS = (
    "options",
    "observations",
    "columns",
    "guard_allowed",
    "disclosure",
    "closed",
    "contributions",
    "instrument",
)
"""Settings that have a section of their own, at the end of the file."""
_OF_OBSERVATIONS = ("columns", "key", "time_column")
"""What the file of a dataset from observations may not say, as all of them have it."""
_ACCESS = re.compile(r"^access[ \t]*=[^\n]*$", re.MULTILINE)


def source_text(source: Source) -> str:
    """The text of `sources/<id>.toml`."""
    return _file(_said(source))


def dataset_text(dataset: Dataset) -> str:
    """The text of `datasets/<id>.toml`."""
    left_out = _OF_OBSERVATIONS if dataset.observations is not None else ()
    return _file({name: value for name, value in _said(dataset).items() if name not in left_out})


def with_access(text: str, access: Access) -> str:
    """The text of a dataset's file with another access class; all else, comments too, stays as it is."""
    line = f'access = "{access.label}"'
    first_section = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    end = first_section.start() if first_section else len(text)
    head, changed = _ACCESS.subn(line, text[:end], count=1)
    return head + text[end:] if changed else f"{line}\n{text}"


def _said(described: Source | Dataset) -> dict[str, Any]:
    """The settings that differ from what is so anyway; `id` is the file's name."""
    return {name: value for name, value in _settings(described).items() if name != "id"}


def _settings(described: Any) -> dict[str, Any]:
    found = {field.name: getattr(described, field.name) for field in dataclasses.fields(described)}
    usual = {field.name: _usual(field) for field in dataclasses.fields(described)}
    return {name: value for name, value in found.items() if value is not None and value != usual[name]}


def _usual(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _file(settings: Mapping[str, Any]) -> str:
    lines = [f"{name} = {_value(value)}" for name, value in settings.items() if name not in _SECTIONS]
    for name in _SECTIONS:
        if name in settings:
            lines += _section(name, settings[name])
    return "\n".join(lines) + "\n"


def _section(name: str, value: Any) -> Iterator[str]:
    """A table, or one for each in a list of them."""
    several = isinstance(value, tuple)
    for one in value if several else (value,):
        yield from ("", f"[[{name}]]" if several else f"[{name}]")
        parts = one if isinstance(one, Mapping) else _settings(one)
        yield from (f"{_key(str(key))} = {_value(part)}" for key, part in parts.items() if part is not None)


def _value(value: Any) -> str:
    if isinstance(value, Text):
        return _table({language: words for language in LANGUAGES if (words := getattr(value, language))})
    if isinstance(value, Access):
        return _string(value.label)
    if isinstance(value, Mapping):
        return _table(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _table(_settings(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return _string(value) if isinstance(value, str) else repr(value)


def _table(values: Mapping[str, Any]) -> str:
    # TOML knows no null: a setting without a value is not there.
    parts = [f"{_key(str(key))} = {_value(one)}" for key, one in values.items() if one is not None]
    return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    """JSON's strings are those of TOML, save for the one control character that JSON does not escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
