"""A whole city on PostgreSQL: run, served, and fed by a program."""

from __future__ import annotations

from pathlib import Path

from litestar.testing import TestClient

from allmende.app import create_app, open_workspace
from allmende.flow.run import run_city
from allmende.share.principals import make_key
from allmende.testing.observations_contract import small_things
from tests.postgres import Postgres

CITY = Path(__file__).parents[2] / "cities" / "musterstadt"


def test_musterstadt_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    """Every step runs, pages are there, and a pushed value is on disk when the answer comes."""
    workspace = open_workspace(CITY, data=tmp_path, store=postgres.database())
    runs = run_city(workspace, lambda run: None)
    assert [run for run in runs if run.outcome == "failed"] == []
    stream = small_things(workspace.store)["datastream"].id
    made = make_key("logger", ["write:observations"], workspace.clock.now())
    workspace.store.add_key(made.key)
    with TestClient(create_app(workspace)) as client:
        assert client.get("/").status_code == 200
        answer = client.post(
            "/api/v1/observations",
            json={"datastream": stream, "result": 20.5},
            headers={"authorization": f"Bearer {made.secret}"},
        )
        assert answer.status_code == 201
    found = workspace.store.observations.latest()[stream].observation
    assert found is not None
    assert found.number == 20.5
    workspace.store.close()
