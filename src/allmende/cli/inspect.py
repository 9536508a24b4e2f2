"""`allmende inspect`: what in a file may be personal data."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Raw

if TYPE_CHECKING:
    from allmende.model.guard import GuardFinding


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Look for personal data in FILE (table, map, JSON or picture). Ends with 1 when something would be held back."""
    found = findings_in(file)
    click.echo(as_text(found) if not as_json else _as_json(file, found))
    sys.exit(1 if any(one.blocking for one in found) else 0)


def findings_in(file: Path) -> tuple[GuardFinding, ...]:
    """What the guard finds in a file. Raises Unreadable."""
    from allmende.guard.pictures.inspect import LARGEST, inspect_picture
    from allmende.guard.pictures.parts import format_of

    with file.open("rb") as opened:
        first = opened.read(16)
        if format_of(first):
            return inspect_picture(first + opened.read(LARGEST))
    # Only this needs Arrow and the connectors; other commands start without them.
    from allmende.guard.persons.inspect import inspect as look
    from allmende.structure.propose.recognise import recognise

    receipt = Receipt("inspect", str(file), "", file.stat().st_size, datetime.now(UTC), file_name=file.name)
    source = Source("inspect", Text(file.name, file.name), "table", str(file))
    _, parsed = recognise(Raw(file, receipt), source, file.name)
    return look(parsed.table, parsed.columns)


def as_text(found: tuple[GuardFinding, ...]) -> str:
    """A line for every finding, the blocking ones first."""
    if not found:
        return "Nothing was found that looks like personal data."
    lines = [f"{'':2}{'column':30} {'kind':18} {'count':>8}  sure  examples"]
    for one in sorted(found, key=lambda one: not one.blocking):
        mark, column = "!" if one.blocking else " ", one.column or "(table)"
        shown = ", ".join(one.examples)
        lines.append(f"{mark} {column:30} {one.kind:18} {one.count:>8}  {one.confidence:.0%}  {shown}")
    return "\n".join([*lines, "", "! would be held back until somebody decides on it with a reason."])


def _as_json(file: Path, found: tuple[GuardFinding, ...]) -> str:
    body = {"file": file.name, "findings": [dataclasses.asdict(one) for one in found]}
    return json.dumps(body, ensure_ascii=False, indent=2)
