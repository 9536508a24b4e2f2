"""A small city that is right in everything, to be spoiled by tests."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = {
    "city.toml": """
name = "Kleinstadt"
[contact]
publisher = "Stadt Kleinstadt"
[front]
sentence = "Es gibt {{ value(\\"benches\\") }}."
indicators = ["benches"]
stories = ["sitting"]
[themes.green]
title = { de = "Grün", en = "Green" }
""",
    "sources/benches.toml": """
title = "Bänke"
connector = "json"
address = "https://kleinstadt.example/benches.json"
licence = "cc0-1.0"
""",
    "datasets/benches.toml": """
title = { de = "Bänke", en = "Benches" }
source = "benches"
theme = "green"
access = "open"
key = ["number"]
[[columns]]
name = "number"
type = "integer"
[[columns]]
name = "height"
type = "number"
minimum = 0
""",
    "datasets/benches-count.toml": """
title = "Zahl der Bänke"
recipe = "benches-count"
access = "open"
[[columns]]
name = "benches"
type = "integer"
""",
    "recipes/benches-count.sql": "select count(*) as benches from benches\n",
    "indicators/benches.toml": """
title = { de = "Bänke", en = "Benches" }
definition = "Zahl der Bänke"
dataset = "benches-count"
value_column = "benches"
unit = { de = "Bänke", en = "benches" }
theme = "green"
[target]
value = 100
by = 2030
""",
    "stories/sitting.de.md": """+++
title = "Gibt es genug Bänke?"
answer = "Es gibt {{ value(\\"benches\\") }}."
theme = "green"
indicator = "benches"
checked = 2026-11-22
+++
Am Markt stehen viele.

## Was wir nicht wissen

Ob sie bequem sind.
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a city's files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small city."""
    return write(tmp_path / "kleinstadt", FILES)
