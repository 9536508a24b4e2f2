"""From what a person chose to the options of a source that reads just that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allmende.model.received import Choice, FileLook
from allmende.structure.receiving.kinds import WORKBOOKS

TOTALS = ["Summe", "Gesamt", "Insgesamt", "Gesamtsumme", "Zusammen", "Total", "Sum", "Stadt gesamt"]
"""How rows that are the sum of others are called."""


def options_of(file: FileLook, choice: Choice) -> dict[str, Any]:
    """The options of the table connector for what was chosen; none for what is no table."""
    if file.kind not in (*WORKBOOKS, "text"):
        return {}
    chosen = chosen_block(file, choice)
    options: dict[str, Any] = {}
    if chosen.sheet:
        options["sheet"] = chosen.sheet
    if chosen.range:
        options["range"] = chosen.range
    if any(one.code == "merged_down" and one.sheet in ("", chosen.sheet) for one in file.problems):
        options["merged"] = "fill"
    if choice.without_totals:
        options["leave_out"] = TOTALS
    return options


def chosen_block(file: FileLook, choice: Choice) -> Choice:
    """The choice, or what is taken as long as nobody chose: the largest table on a shown sheet.

    A table that is alone on its sheet is read with the whole sheet: next year's may have more rows.
    """
    if not file.blocks:
        return choice
    if choice.sheet or choice.range:
        sheet, range_ = choice.sheet, choice.range
    else:
        largest = max(file.blocks, key=lambda one: one.rows * one.columns)
        sheet, range_ = largest.sheet, largest.range
    alone = sum(one.sheet == sheet for one in file.blocks) == 1
    return replace(choice, sheet=sheet, range="" if alone else range_)


def knows(file: FileLook, choice: Choice) -> bool:
    """True when the file has the table that was chosen."""
    blocks = {(one.sheet, one.range) for one in file.blocks}
    return not (choice.sheet or choice.range) or (choice.sheet, choice.range) in blocks
