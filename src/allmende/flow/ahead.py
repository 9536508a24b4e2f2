"""Charts are drawn before anybody asks: a renderer takes seconds to start and 200 MB."""

from __future__ import annotations

from collections.abc import Iterator

from allmende.flow.workspace import Workspace
from allmende.model.document import ChartBlock
from allmende.model.text import Language
from allmende.share.draw.drawings import Drawings
from allmende.share.portal.pages.blocks import series_chart


def draw_ahead(workspace: Workspace) -> int:
    """Draw every chart of stories and indicators that is not kept yet; returns how many were drawn."""
    return Drawings(workspace.data / "cache" / "charts").prepare(_charts(workspace))


def _charts(workspace: Workspace) -> Iterator[tuple[ChartBlock, Language]]:
    for language in workspace.city.languages:
        for story in workspace.store.latest_stories(language):
            yield from ((block, language) for block in story.blocks if isinstance(block, ChartBlock))
        for indicator in workspace.city.indicators.values():
            figures = workspace.figures.series(indicator.id)
            if sum(1 for figure in figures if figure.value is not None) > 1:
                yield series_chart(indicator, figures, language), language
