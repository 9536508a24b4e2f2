"""One run at a time for each city, whoever starts it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allmende.errors import StoreFault


@contextmanager
def only_run(data: Path) -> Iterator[None]:
    """Hold the data folder's lock; StoreFault when another process has it. A crash gives it back."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreFault(
                "another run of this city is under way",
                where=str(data),
                hint="Wait until it has ended; `allmende up` runs by itself.",
            ) from None
        yield
