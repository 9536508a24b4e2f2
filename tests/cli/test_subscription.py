"""`allmende subscription`: added, listed, looked into, tried again, ended."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from allmende.cli import execute
from allmende.store.sql import SqlStore
from allmende.testing.subscriptions_contract import append, make_streams, measured
from tests.cli.conftest import Small

WISH = {"title": "Alles", "when": {"kind": "every_value"}, "webhook": "https://hooks.example/a"}


@pytest.fixture
def wish(tmp_path: Path) -> Path:
    """A subscription as a file."""
    file = tmp_path / "wish.json"
    file.write_text(json.dumps(WISH))
    return file


def test_the_whole_life_of_a_subscription(
    small: Small, wish: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each action says what is there; the secret is shown once."""

    def call(*words: object) -> str:
        status = execute(["subscription", str(small.city), "--data", str(small.data), *map(str, words)])
        told = capsys.readouterr()
        assert status == 0, told.err
        return told.out

    told = call("add", wish)
    assert "whsec_" in told
    found = re.search(r"Subscription (\w+)", told)
    assert found
    name = found[1]
    store = SqlStore.open(f"sqlite:///{small.data / 'store.sqlite'}")
    water, _ = make_streams(store)
    append(store, measured(water, 0), measured(water, 1))
    listed = call("list")
    assert "2 waiting" in listed
    assert "Alles" in listed
    assert "whsec_" not in listed
    store.subscriptions.give_up(name, [store.subscriptions.waiting(name)[0].id], "the receiver says 410")
    assert "the receiver says 410" in call("given-up", name)
    assert "1 event(s)" in call("retry", name)
    call("remove", name)
    assert call("list") == ""
    store.close()


@pytest.mark.parametrize(
    ("words", "status"),
    [(["add"], 2), (["add", "nowhere.json"], 1), (["remove", "nothing"], 1), (["retry", "nothing"], 1),
     (["given-up", "nothing"], 1)],
)  # fmt: skip
def test_wrong_use(small: Small, words: list[str], status: int) -> None:
    """What is not there is said, without a trace."""
    assert execute(["subscription", str(small.city), "--data", str(small.data), *words]) == status


def test_a_key_that_is_over_makes_none(small: Small, wish: Path) -> None:
    """Its rights count, and it has none."""
    words = ["subscription", str(small.city), "--data", str(small.data), "add", str(wish), "--key", "gone"]
    assert execute(words) == 1
