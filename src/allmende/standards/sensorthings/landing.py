"""The landing document: the sets, and which parts of the standard are kept (18-088, section 9.2.1)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from allmende.standards.sensorthings.mapping import SETS

_CONFORMANCE = Path(__file__).with_name("conformance.toml")


@cache
def kept() -> tuple[str, ...]:
    """The addresses of the requirements that `conformance.toml` says are done."""
    if not _CONFORMANCE.exists():
        return ()
    listed = tomllib.loads(_CONFORMANCE.read_text(encoding="utf-8"))
    return tuple(one["id"] for one in listed.get("requirement", ()) if one["state"] == "done")


def landing(root: str) -> dict[str, Any]:
    """What stands at the root of the service."""
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
        "serverSettings": {"conformance": list(kept())},
    }
