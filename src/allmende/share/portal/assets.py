"""The built style sheet, fonts and scripts: names with a hash, so that browsers may keep them for ever."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Response, get

from allmende.errors import NotFound

FOLDER = Path(__file__).parent / "static"
MANIFEST = FOLDER / "manifest.json"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assets:
    """Addresses of what pages need; empty when nothing was built yet. `fonts` are loaded first of all."""

    style: str = ""
    script: str = ""
    fonts: tuple[str, ...] = ()


@cache
def assets() -> Assets:
    """What the build made. Without a build pages work, but look plain."""
    try:
        entries: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        _log.warning("the style sheet was not built; run `make assets`")
        return Assets()
    main = entries.get("main.ts", {})
    files = [f"/assets/{entry['file']}" for entry in entries.values()]
    styles = [f"/assets/{name}" for name in main.get("css", [])]
    first = [name for name in files if name.endswith(".woff2") and "-latin-" in name and "-ext-" not in name]
    return Assets(
        styles[0] if styles else "", f"/assets/{main['file']}" if main else "", tuple(sorted(first))
    )


@get("/assets/{name:path}", include_in_schema=False, sync_to_thread=True)
def asset(name: str) -> Response[bytes]:
    """A built file. NotFound for anything else."""
    path = (FOLDER / name.lstrip("/")).resolve()
    if not path.is_relative_to(FOLDER.resolve()) or not path.is_file() or path.suffix not in _TYPES:
        raise NotFound("there is no such file", where=f"/assets{name}")
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)
