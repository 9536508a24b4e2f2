"""Draws the charts of stories before anybody asks for them; the flow calls it after publishing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from allmende.model.document import ChartBlock, StoryVersion
from allmende.share.draw.drawings import Drawings


def render(stories: Iterable[StoryVersion], cache: Path) -> int:
    """Draw every chart of these stories that is not kept in `cache` yet; returns how many were drawn."""
    blocks = [
        (block, story.language)
        for story in stories
        for block in story.blocks
        if isinstance(block, ChartBlock)
    ]
    return Drawings(cache).prepare(blocks)
