"""The process that looks at a file may die: it is said, the bytes are kept, and it can be tried again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from allmende.flow.desk import Desk
from allmende.flow.desk_worker import DeskWorker
from allmende.model.fault import DIED
from tests.flow.desk_city import ANNA, open_desk

CSV = b"Bank Nr;Jahr\n1;2020\n2;2021\n"


@pytest.mark.parametrize("end", ["kill -9 $$", "exit 3"])
def test_a_process_that_dies_is_told_and_loses_nothing(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for want of memory, or broken: the release says so, with its bytes, and is looked at anew."""
    city = open_desk(tmp_path / "data")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{end}\n", encoding="utf-8")
    program.chmod(0o700)
    worker = DeskWorker(city.workspace)
    desk = Desk(city.workspace, worker._work)
    with monkeypatch.context() as patched:
        patched.setattr("allmende.flow.desk_worker.sys.executable", str(program))
        raw = desk.keep([CSV])
        release = desk.begin(ANNA, "green", raw, "a.csv")
    found = desk.get(ANNA, release.id)
    assert (found.fault, found.work) == (DIED, "")
    assert city.workspace.lake.raw_path(raw).read_bytes() == CSV
    city.desk.again(ANNA, release.id)
    look = city.desk.look(ANNA, release.id)
    assert look is not None
    assert look.rows == 2
    worker.close()


def test_closing_breaks_off_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is stopped does not wait for a large file; the look can be done again."""
    city = open_desk(tmp_path / "data")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\ntouch $0.began\nexec sleep 60\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr("allmende.flow.desk_worker.sys.executable", str(program))
    worker = DeskWorker(city.workspace)
    release = Desk(city.workspace, worker).begin(ANNA, "green", city.desk.keep([CSV]), "a.csv")
    until = time.monotonic() + 30
    while not (tmp_path / "program.began").exists() and time.monotonic() < until:
        time.sleep(0.02)
    worker.close()
    while city.desk.get(ANNA, release.id).work and time.monotonic() < until:
        time.sleep(0.02)
    assert city.desk.get(ANNA, release.id).fault == DIED
    assert time.monotonic() < until


LIMITED = """
import resource
from allmende.flow.desk_work import LEAST_MEMORY, MOST_MEMORY, MOST_SECONDS, limit_this_process
limit_this_process()
memory, _ = resource.getrlimit(resource.RLIMIT_AS)
assert LEAST_MEMORY <= memory <= MOST_MEMORY, memory
assert resource.getrlimit(resource.RLIMIT_CPU)[0] == MOST_SECONDS
try:
    bytearray(2 * MOST_MEMORY)
except MemoryError:
    print("refused")
"""


def test_the_process_has_limits() -> None:
    """It cannot take the machine's memory, whatever a file makes it do."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.stdout.strip() == "refused", done.stderr
