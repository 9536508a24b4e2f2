"""Starts the processes that look, check and publish for the workshop; a few at a time, others wait their turn."""

from __future__ import annotations

import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from allmende.errors import AllmendeError
from allmende.flow.desk_fetch import fetch, give_up
from allmende.flow.workspace import Workspace
from allmende.model.fault import DIED

_log = logging.getLogger(__name__)
AT_ONCE = 2
SECONDS = 1_800
DIED_HINT = "The file may be too large or damaged. Try again, or send it in parts."


class DeskWorker:
    """Call it to begin a piece of work. Addresses are fetched here, for only here is the way out."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._running: dict[subprocess.Popen[bytes], str] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="desk")

    def __call__(self, what: str, subject: str) -> None:
        """Begin; the result is written by the process itself."""
        self._pool.submit(self._work, what, subject)

    def close(self) -> None:
        """Begin nothing more. Looks and checks are broken off, they can be done again; publishing ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process, what in list(self._running.items()):
            if what in ("look", "check"):
                process.terminate()

    def _work(self, what: str, subject: str) -> None:
        try:
            if what == "fetch":
                fetch(self._workspace, self._workspace.store.releases.get(subject))
                what = "look"
            self._process(what, subject)
        except AllmendeError as error:
            if what != "refresh":
                give_up(self._workspace, subject, error.message, error.hint)
        except Exception:
            _log.exception("work for the workshop failed: %s of %s", what, subject)

    def _process(self, what: str, subject: str) -> None:
        command = [sys.executable, "-m", "allmende", "work", str(self._workspace.city_folder)]
        command += ["--data", str(self._workspace.data), what, subject]
        process = subprocess.Popen(  # noqa: S603 - our own command; the subject is an id of ours
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._running[process] = what
        try:
            _, told = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            _, told = process.communicate()
        finally:
            self._running.pop(process)
        if process.returncode:
            said = told.decode("utf-8", "replace")[-500:]
            _log.warning("work for the workshop ended early: %s of %s: %s", what, subject, said)
            if what != "refresh":
                give_up(self._workspace, subject, DIED, DIED_HINT)
