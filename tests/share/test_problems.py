"""One table: every error of ours has its answer, and none tells what it should not."""

from __future__ import annotations

import pytest

from allmende import errors
from allmende.share.problems import INTERNAL, TABLE, problem

OURS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.AllmendeError) and kind is not errors.AllmendeError
]


@pytest.mark.parametrize("kind", OURS)
def test_every_error_is_in_the_table(kind: type[Exception]) -> None:
    """A new error class needs a decision about what readers may learn."""
    assert kind in TABLE


def test_inner_errors_tell_nothing() -> None:
    """Messages of the inside may name files and values; readers get the title only."""
    status, body = problem(errors.StoreFault("disk /srv/secret is full", where="/srv"), "/d/x")
    assert status == 503
    assert "secret" not in str(body)
    status, body = problem(RuntimeError("password=1"), "/d/x")
    assert (status, body["title"]) == (500, INTERNAL.title)
    assert "password" not in str(body)


def test_outer_errors_say_what_to_do() -> None:
    """What the reader can mend is told, with its hint."""
    _, body = problem(errors.NotAllowed("this key is over", hint="Ask for a new one."), "/api/v1/datasets")
    assert (body["detail"], body["hint"], body["status"]) == ("this key is over", "Ask for a new one.", 401)
