"""A PostgreSQL of our own for the tests: started once, on a socket in a temporary folder, then thrown away."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

_FOLDERS = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")


def programs() -> Path | None:
    """Where PostgreSQL's programs lie; None when it is not installed."""
    found = [Path(folder) for folder in _FOLDERS if (Path(folder) / "initdb").exists()]
    path = shutil.which("initdb")
    return found[0] if found else Path(path).parent if path else None


class Postgres:
    """A running server; `database()` makes an empty database and gives its SQLAlchemy address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def database(self) -> str:
        """The address of a new empty database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(text(f'create database "{name}"'))
        engine.dispose()
        return self.address(name)

    def address(self, database: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql+psycopg://allmende@/{database}?host={self.folder}"


class Server(Postgres):
    """A server of one test, which may be stopped and started again."""

    def __init__(self, folder: Path, options: str) -> None:
        super().__init__(folder)
        self.options = options

    def stop(self) -> None:
        """Stop it as a crash would."""
        _call(_bin() / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again; it recovers what was committed."""
        data = self.folder / "data"
        _call(_bin() / "pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", self.options, "start")


def _bin() -> Path:
    found = programs()
    assert found is not None
    return found


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """A server on a socket only. Without `durable` it does not wait for the disk."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is NOT installed, so nothing was tested on it (apt: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="allmende-pg-"))
    data = folder / "data"
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)
    _call(found / "initdb", "-D", data, "-U", "allmende", "--auth=trust", "--encoding=UTF8", "--locale=C")
    options = f"-k {folder} -h '' -c shared_buffers=128MB -c jit=off -c max_connections=60"
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    _call(found / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield Server(folder, options)
    finally:
        _call(found / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _call(*command: object) -> None:
    """Run one of PostgreSQL's programs; they refuse to run as root, so root becomes `postgres`."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(
        words,
        cwd="/tmp",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a run."""
    with running() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A server that waits for the disk, for one test alone."""
    with running(durable=True) as server:
        yield server
