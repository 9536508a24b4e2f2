"""Secrets: a city's files only name the environment variable that holds them (`env:NAME`)."""

from __future__ import annotations

import os

from allmende.errors import SourceRefused

START = "env:"


def read_secret(written: str) -> str:
    """What the variable holds; an empty text stays empty. Raises SourceRefused when it is not set."""
    if not written:
        return ""
    name = written.removeprefix(START)
    value = os.environ.get(name, "")
    if not written.startswith(START) or not value:
        hint = f"Set {name} where Allmende is started." if written.startswith(START) else 'Write "env:NAME".'
        raise SourceRefused(f"the secret {name} is not there", where="environment", hint=hint)
    return value
