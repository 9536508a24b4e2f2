"""One run at a time for each city, whoever starts it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allmende.errors import StoreFault


@contextmanager
def locked(file: Path, who: str, hint: str = "Wait until it has ended.") -> Iterator[None]:
    """Hold a lock file; StoreFault when another process has it. A crash gives it back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreFault(f"{who} is under way", where=str(file.parent), hint=hint) from None
        yield


@contextmanager
def only_run(data: Path) -> Iterator[None]:
    """Hold the data folder's lock; StoreFault when another process runs this city."""
    hint = "Wait until it has ended; `allmende up` runs by itself."
    with locked(data / "run.lock", "another run of this city", hint):
        yield
