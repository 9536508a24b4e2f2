"""How often data are used: sums by day, and nothing about who used them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Channel = Literal["page", "download", "api", "story"]
CHANNELS: tuple[Channel, ...] = ("page", "download", "api", "story")
FEW = 5
"""Smaller sums are not told: a lonely reader might be somebody whom a colleague knows."""


@dataclass(frozen=True, slots=True)
class Use:
    """How often something (a dataset or story, by its id) was used on a day in one way, by people's programs or by
    `robot` programs that only look for everything."""

    subject: str
    day: date
    channel: Channel
    robot: bool
    count: int
