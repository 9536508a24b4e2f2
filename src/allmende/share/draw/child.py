"""Renders Vega-Lite in a process of its own: the renderer keeps 200 MB, which end with it.

Reads one JSON object from standard input (`specs`: pairs of specification and language) and writes a JSON
list: the SVG of each, or null for one that could not be drawn. Run as
`python -m allmende.share.draw.child`.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

VEGA_LITE = "6.4"
SECONDS = 120.0
_LOCALES = {"de": "de-DE", "en": "en-GB"}
_log = logging.getLogger(__name__)


def render(specs: Sequence[tuple[dict[str, Any], str]]) -> list[str | None]:
    """The SVG of each (specification, language); None for those that could not be drawn."""
    if not specs:
        return []
    asked = {"specs": [[spec, language] for spec, language in specs]}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "allmende.share.draw.child"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        drawn: list[str | None] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        _log.error("charts could not be drawn: %s", error)
        return [None] * len(specs)
    return drawn


def main() -> None:
    """Render what standard input asks for."""
    import vl_convert  # 18 MB, and 200 once it has drawn: only ever in this process

    asked = json.load(sys.stdin)
    json.dump([_drawn(vl_convert, spec, language) for spec, language in asked["specs"]], sys.stdout)


def _drawn(vl_convert: Any, spec: dict[str, Any], language: str) -> str | None:
    locale = _LOCALES.get(language, _LOCALES["en"])
    try:
        svg: str = vl_convert.vegalite_to_svg(
            spec, vl_version=VEGA_LITE, format_locale=locale, allowed_base_urls=[]
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return None
    return svg


if __name__ == "__main__":
    main()
