"""A proposal as two files that an official can read, with the reasons beside each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allmende.model.access import Access
from allmende.model.dataset import Column
from allmende.model.source import Source
from allmende.ports import Parsed
from allmende.structure.propose.describe import Description, is_amount


@dataclass(frozen=True)
class Proposal:
    """A source and its dataset as proposed. `confirmed` says that a person vouches for the licence.

    `stated_in` names where a licence was found in words, `themes` are those of the city.
    """

    source: Source
    parsed: Parsed
    description: Description
    confirmed: bool = False
    stated_in: str = ""
    themes: tuple[str, ...] = ()
    locate: bool = False


def source_text(proposal: Proposal) -> str:
    """The text of `sources/<id>.toml`."""
    source = proposal.source
    lines = [
        "# Where the data come from. Proposed from the data themselves; please read every line.",
        f"title = {toml(source.title.de)}",
        f"connector = {toml(source.connector)}",
        f"address = {toml(source.address)}",
        f'schedule = "{source.schedule}"  # how often to look: once, every 10 minutes, hourly, daily, weekly, monthly, yearly',
        _licence_line(proposal),
        f"attribution = {toml(source.attribution)}  # how the owner wants to be named",
        f"owner = {toml(source.owner)}  # the office that answers for the data",
        "",
        *(f"# found: {name}: {one_line(value)}" for name, value in proposal.parsed.detected.items()),
        *_options(source.options),
        *_wide(proposal),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _licence_line(proposal: Proposal) -> str:
    line = f"licence = {toml(proposal.source.licence)}"
    if proposal.confirmed:
        return line
    if proposal.stated_in:
        return f"{line}  # stated in {one_line(proposal.stated_in)}; is that right for this file?"
    return f"{line}  # nothing was stated: ask the owner, then write for example dl-de/by-2-0"


def _options(options: Mapping[str, Any]) -> Iterator[str]:
    if options:
        yield "[options]"
        yield from (f"{name} = {toml(value)}" for name, value in options.items())


def _wide(proposal: Proposal) -> Iterator[str]:
    """A hint for tables that have a column for each year."""
    wide = proposal.description.wide
    if proposal.source.connector != "table" or len(wide) < 3:
        return
    first, last = one_line(wide[0]), one_line(wide[-1])
    yield f"# {len(wide)} columns are years or days ({first} to {last}). As rows they can be compared and drawn:"
    yield "# delete this file and its dataset, and propose it anew with --long."


def dataset_text(proposal: Proposal) -> str:
    """The text of `datasets/<id>.toml`."""
    source, found = proposal.source, proposal.description
    lines = [
        "# What is published. Proposed from the data themselves; please read every line.",
        f"title = {toml(source.title.de)}",
        'description = ""  # one sentence: what is counted or listed here, and why?',
        f'theme = "city"  # one of: {", ".join(("city", *proposal.themes))}',
        f"source = {toml(source.id)}",
        *_access(proposal),
        'contract = "freeze"  # a new or missing column stops publication until someone looks',
        f"key = {toml(list(found.key))}  # tells every row from the others",
        f"place_column = {toml(found.place)}",
        f"time_column = {toml(found.time)}",
        *_district(proposal),
        *_totals(found),
        *(column for one in found.columns for column in ("", *_column(one, dict(found.few)))),
    ]
    return "\n".join(lines) + "\n"


def _access(proposal: Proposal) -> Iterator[str]:
    if proposal.confirmed:
        yield 'access = "open"'
        return
    yield "# Only the city's own staff see this, until someone has made sure that it may be published:"
    yield "# is the licence right, is nothing about single persons in it? Then write open."
    yield 'access = "internal"'


def _totals(found: Description) -> Iterator[str]:
    for column, value in found.totals:
        yield f"# {one_line(value)} in the column {column} is a sum of other rows: nobody may add it to them."
        yield '# In an indicator write city_place = "..." (its value in place_column), or leave the row out by where.'


def _district(proposal: Proposal) -> Iterator[str]:
    if proposal.locate:
        yield 'district_column = "district"  # filled with the district that the point lies in'


def _column(column: Column, few: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield "[[columns]]"
    yield f"name = {toml(column.name)}"
    if column.source_name:
        yield f"source_name = {toml(column.source_name)}"
    yield f"type = {toml(column.type)}"
    yield f"title = {toml(column.title.de)}"
    if column.unit or is_amount(column):
        yield f"unit = {toml(column.unit)}" + (
            "" if column.unit else "  # which? m, m2, %, EUR; 1 for counts"
        )
    if column.required:
        yield "required = true"
    if column.minimum is not None:
        yield f"minimum = {column.minimum:g}"
    if column.maximum is not None:
        yield f"maximum = {column.maximum:g}"
    if column.name in few:
        yield f"# values = {toml(list(few[column.name]))}  # without the #, only these are taken"
    if column.access > Access.OPEN:
        yield f'access = "{column.access.label}"  # may speak of single persons'


def toml(value: Any) -> str:
    """A value as TOML writes it: texts, lists, truths, numbers and tables on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """A text that fits into a comment: no line breaks, no control characters, not too long."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= 120 else plain[:120] + "…"
