"""A story's file: front matter in TOML between `+++` lines, then Markdown."""

from __future__ import annotations

import re

from allmende.city.decode import decode, read_toml
from allmende.city.files import CityFile
from allmende.model.knowledge import Story
from allmende.model.problem import Problem

_FENCE = "+++"
_UNKNOWN = {"de": "Was wir nicht wissen", "en": "What we do not know"}


def read_story(file: CityFile) -> Story | list[Problem]:
    """The story in a file, or all its faults."""
    parts = _split(file.text)
    if parts is None:
        hint = "The first line is +++, then title and answer, then +++ again, then the text."
        return [Problem(file.name, "$", "the front matter is missing or not closed", hint)]
    values = read_toml(parts[0], file.name, first_line=1)
    if isinstance(values, Problem):
        return [values]
    given = {"id": file.id, "language": file.language, "body": parts[1].strip()}
    story = decode(values, Story, file.name, given)
    return story if isinstance(story, list) else _check(story, file.name) or story


def _split(text: str) -> tuple[str, str] | None:
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE][:2]
    if len(fences) < 2 or fences[0] != 0:
        return None
    return "\n".join(lines[1 : fences[1]]), "\n".join(lines[fences[1] + 1 :])


def _check(story: Story, file: str) -> list[Problem]:
    """The duty of every story: it says what is not known."""
    heading = _UNKNOWN[story.language]
    found = re.search(rf"^##\s+{heading}\s*$(?P<rest>.*)", story.body, re.MULTILINE | re.DOTALL)
    if found is None:
        return [
            Problem(
                file, "$.body", f"the section '## {heading}' is missing", "Say what the numbers cannot tell."
            )
        ]
    if not re.split(r"^##\s", found["rest"], maxsplit=1, flags=re.MULTILINE)[0].strip():
        return [
            Problem(
                file, "$.body", f"the section '## {heading}' is empty", "Say what the numbers cannot tell."
            )
        ]
    return []
