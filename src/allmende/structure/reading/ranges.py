"""Ranges of cells as spreadsheets write them: `A3:F40`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})")


@dataclass(frozen=True, slots=True)
class Range:
    """Rows and columns from 0; the last ones belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top + 1}:{letters(self.right)}{self.bottom + 1}"

    @classmethod
    def parse(cls, text: str) -> Range:
        """The range written as `A3:F40`. Raises ValueError."""
        found = _RANGE.fullmatch(text.strip().upper())
        if found is None:
            raise ValueError(f"{text!r} is no range of cells; write it like A3:F40")
        range_ = cls(int(found[2]) - 1, number(found[1]), int(found[4]) - 1, number(found[3]))
        if range_.top > range_.bottom or range_.left > range_.right:
            raise ValueError(f"{text!r} ends before it begins")
        return range_


def letters(index: int) -> str:
    """A column as spreadsheets name it: 0 is A, 26 is AA."""
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def number(name: str) -> int:
    """The index of a column that spreadsheets call so: A is 0, AA is 26."""
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - 64
    return index - 1
