"""Datasets as addresses name them: with a version behind an @, or without."""

from __future__ import annotations

import re

from allmende.errors import NotFound

_PINNED = re.compile(r"([a-z0-9-]+)(?:@([0-9]{1,9}))?")


def pinned(name: str) -> tuple[str, int | None]:
    """`trees@3` is dataset and version, `trees` the newest. Raises NotFound for anything else."""
    found = _PINNED.fullmatch(name)
    if found is None:
        raise NotFound(f"there is no dataset {name!r}", where=f"/d/{name}")
    return found[1], int(found[2]) if found[2] else None
