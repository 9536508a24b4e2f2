"""`allmende quality`: how well each dataset is described, the worst first, with the cheapest next step."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from allmende.cli.options import Place, city_argument, data_option

if TYPE_CHECKING:
    from allmende.catalogue.quality_score import Score
    from allmende.flow.workspace import Workspace


@click.command()
@city_argument
@data_option
def quality(*, city: Path, data: Path | None) -> None:
    """Score the descriptions of CITY's open datasets after the European MQA (405 points)."""
    workspace = Place(city, data, offline=True).open(check_options=False)
    scores = sorted(_scores(workspace), key=lambda found: (found[1].points, found[0]))
    for name, found in scores:
        step = found.next_step
        said = f"{step.id}: +{step.gain}" if step else "nothing is missing"
        click.echo(f"{found.points:4} {found.rating:11} {name:32} {said}")
    if scores:
        click.echo(f"median {median(found.points for _, found in scores):g} of 405, {len(scores)} datasets")


def _scores(workspace: Workspace) -> list[tuple[str, Score]]:
    """The scores of what everybody may read."""
    from allmende.model.access import ANONYMOUS
    from allmende.share.web import reads_of

    reads = reads_of(workspace)
    return [(view.dataset.id, reads.score(ANONYMOUS, view.dataset.id)) for view in reads.datasets(ANONYMOUS)]
