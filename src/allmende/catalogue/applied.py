"""How a dataset applies an instrument: what of it decides on the result, and how a version keeps it.

The settings are complete before anything runs, so that the same application means the same in three years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from allmende.extensions import load_instrument, manifest
from allmende.model.finding import Application
from allmende.ports import Instrument


def applied_text(application: Application) -> str:
    """What decides on the result besides the rows, as JSON: instrument, edition, columns and settings."""
    edition = manifest("instrument", application.id).version
    said = {
        "id": application.id, "edition": edition, "columns": dict(application.columns),
        "parameters": settings_of(load_instrument(application.id), application.parameters),
    }  # fmt: skip
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def read_applied(text: str) -> Application:
    """The application that `applied_text` wrote, with every setting."""
    said = json.loads(text)
    return Application(said["id"], said["columns"], said["parameters"])


def settings_of(instrument: Instrument, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its value, as its kind: `3` for a number is 3.0."""
    usual = {one.name: one.usual for one in instrument.parameters}
    said = {name: given.get(name, value) for name, value in usual.items()}
    return {name: float(v) if isinstance(usual[name], float) else v for name, v in said.items()}
