"""How a run says what became of it."""

from __future__ import annotations

import pytest

from allmende.cli.run import show_run, status_of, summary
from allmende.model.run import Outcome, Run, Step
from allmende.testing.clock import START


def ended(*outcomes: Outcome) -> list[Run]:
    """A run of a step for each."""
    return [
        Run(Step("publish", "benches"), START, START, one, "held back", "Look at it.") for one in outcomes
    ]


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [(["new", "unchanged", "skipped"], 0), (["new", "held"], 3), (["held", "failed"], 1), ([], 0)],
)
def test_the_exit_status_tells_faults_from_what_waits(outcomes: list[Outcome], status: int) -> None:
    """A fault counts more than what is held back, and that more than nothing."""
    assert status_of(ended(*outcomes)) == status


def test_what_is_held_back_says_what_to_do() -> None:
    """In its own line, with its own mark, and counted by itself."""
    (run,) = ended("held")
    assert str(show_run(run)) == "? publish benches: held back\n    Look at it."
    assert summary(ended("held", "new")) == "1 new, 1 held"
