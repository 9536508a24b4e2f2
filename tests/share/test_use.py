"""What is read is counted by day; nothing about who read it is kept anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from allmende.errors import StoreBusy
from allmende.model.use import Use
from allmende.share.use_counter import UseCounter, used
from allmende.share.web import create_app
from allmende.store.sql import SqlStore
from allmende.testing.clock import FixedClock
from allmende.testing.every_class import Tiny, fill, make_tiny
from tests.postgres import Postgres

DAY = date(2026, 11, 22)


@pytest.fixture
def counted(tmp_path: Path) -> Tiny:
    """A city of its own, because what is read is written."""
    made = make_tiny(tmp_path)
    fill(made)
    return made


def counter_of(app: Litestar) -> UseCounter:
    """What counts for the app."""
    found: UseCounter = app.state.use_counter
    return found


def test_reading_is_counted_by_way_and_day(counted: Tiny) -> None:
    """Also what comes from the page cache; what is not there, or not for this reader, is not counted."""
    app = create_app(counted)
    client = TestClient(app, raise_server_exceptions=True)
    for path in ("/d/open-data", "/en/d/open-data@1", "/d/open-data", "/d/open-data.csv", "/d/open-data@1.parquet",
                 "/api/v1/datasets/open-data/rows", "/d/nothing", "/d/internal-data", "/daten"):  # fmt: skip
        client.get(path)
    client.get("/d/open-data", headers={"user-agent": "Examplebot/2.0 (+https://bot.example)"})
    counter_of(app).flush()
    found = {(one.channel, one.robot): one.count for one in counted.store.use.of("open-data", DAY)}
    assert found == {("page", False): 3, ("page", True): 1, ("download", False): 2, ("api", False): 1}
    assert counted.store.use.of("internal-data", DAY) == ()
    assert counted.store.use.total() == 7


def test_nothing_about_readers_is_kept(counted: Tiny, tmp_path: Path) -> None:
    """After a thousand readings with addresses, programs and keys of their own, none of it is in any file."""
    app = create_app(counted)
    client = TestClient(app, raise_server_exceptions=True)
    for number in range(1_000):
        sent = {"user-agent": f"Reader-{number}-XYZZY", "x-forwarded-for": f"198.51.100.{number % 250}",
                "referer": "https://secret.example/XYZZY", "cookie": "theme=XYZZY"}  # fmt: skip
        client.get("/d/open-data", headers=sent)
    counter_of(app).flush()
    assert counted.store.use.of("open-data", DAY)[0].count == 1_000
    for file in tmp_path.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert not any(word in held for word in (b"XYZZY", b"198.51.100", b"secret.example")), file


def test_small_sums_are_not_told(counted: Tiny) -> None:
    """Four readings may be one colleague; nothing and five are said. Who may not read it learns nothing."""
    client = TestClient(create_app(counted))
    counted.store.use.add([Use("open-data", DAY, "page", False, 4), Use("open-data", DAY, "api", False, 5)])
    told = client.get("/api/v1/datasets/open-data/use").json()
    assert told["total"] == {"page": None, "download": 0, "api": 5}
    assert told["by_day"] == {"page": {}, "api": {"2026-11-22": 5}}
    assert "unter 5" in client.get("/d/open-data").text
    assert client.get("/api/v1/datasets/internal-data/use").status_code == 404


def test_what_cannot_be_written_now_is_written_later(counted: Tiny) -> None:
    """A busy database loses no count."""
    ledger = Busy()
    counter = UseCounter(None, ledger, FixedClock(), "Europe/Berlin")  # type: ignore[arg-type]
    counter._count(("trees", "page"), b"")
    counter.flush()
    assert ledger.kept == []
    ledger.busy = False
    counter._count(("trees", "page"), b"")
    counter.flush()
    assert ledger.kept == [Use("trees", DAY, "page", False, 2)]


class Busy:
    """A ledger that is busy at first."""

    def __init__(self) -> None:
        self.busy, self.kept = True, list[Use]()

    def add(self, counted: list[Use]) -> None:
        """Keep, unless busy."""
        if self.busy:
            raise StoreBusy("busy")
        self.kept += counted

    def of(self, subject: str, since: date) -> tuple[Use, ...]:
        """Nothing."""
        return ()

    def total(self) -> int:
        """Nothing."""
        return 0


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/d/trees", ("trees", "page")),
        ("/en/d/trees@3", ("trees", "page")),
        ("/d/trees@2026-11-22.csv", ("trees", "download")),
        ("/d/trees.csv-metadata.json", None),
        ("/api/v1/datasets/trees", ("trees", "api")),
        ("/api/v1/datasets/trees/rejected", None),
        ("/w/dry-soil", ("dry-soil", "story")),
        ("/werkstatt/d/trees", None),
        ("/d/" + "x" * 200, None),
    ],
)
def test_addresses_name_what_is_read(path: str, found: tuple[str, str] | None) -> None:
    """Only datasets and stories are counted."""
    assert used(path) == found


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database()
    found = SqlStore.open(url)
    yield found
    found.close()


def test_sums_add_up_on_both_databases(store: SqlStore) -> None:
    """The same key grows, others stand beside it, older days are left out."""
    one = Use("trees", DAY, "page", False, 3)
    store.use.add([one, Use("trees", DAY, "page", True, 1), Use("trees", date(2026, 1, 1), "page", False, 9)])
    store.use.add([one])
    assert [(found.robot, found.count) for found in store.use.of("trees", DAY)] == [(False, 6), (True, 1)]
    assert store.use.total() == 16
