"""Addresses below the service's root: `Things(1)/Datastreams(2)/Observations`, `/$ref`, `/$value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from allmende.errors import NotFound

_SEGMENT = re.compile(r"([\w@$][\w.@$-]*)(?:\((?:'([^']*)'|(-?\d{1,19}))\))?")
_MOST = 24
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A name, perhaps with an id in brackets."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """The segments, and what stands at the end: `$ref`, `$value` or nothing."""

    segments: tuple[Segment, ...]
    ending: str = ""


def parse_address(path: str) -> Address:
    """The address of a path below the root. Raises NotFound for what can be none."""
    words = [word for word in path.strip("/").split("/") if word]
    ending = words.pop() if words and words[-1] in ("$ref", "$value") else ""
    if not words or len(words) > _MOST:
        raise NotFound("there is nothing at this address", where=path)
    return Address(tuple(_parse_segment(word, path) for word in words), ending)


def _parse_segment(word: str, path: str) -> Segment:
    found = _SEGMENT.fullmatch(word)
    if found is None or found[2] is not None:
        raise NotFound(f"there is nothing called {word!r}", where=path, hint="Ids are whole numbers.")
    id_ = int(found[3]) if found[3] is not None else None
    if id_ is not None and abs(id_) > LARGEST_ID:
        raise NotFound(f"there is nothing called {word!r}", where=path)
    return Segment(found[1], id_)
