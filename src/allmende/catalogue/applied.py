"""How a dataset applies an instrument: what of it is wrong, and what of it decides on the result.

The settings are complete before anything runs, so that the same application means the same in three years.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from allmende.extensions import instrument_ids, load_instrument, manifest
from allmende.model.dataset import Dataset
from allmende.model.finding import Application
from allmende.model.problem import Problem
from allmende.ports import Instrument, Parameter


def check_application(dataset: Dataset, file: str) -> Iterator[Problem]:
    """Faults of how a dataset applies its instrument, as far as they show without rows."""
    application = dataset.instrument
    if application is None:
        return
    if not dataset.recipe:
        hint = "Name a recipe that gives the rows the instrument works on."
        yield Problem(file, "$.instrument", "an instrument works on the rows of a recipe", hint)
    if application.id not in instrument_ids():
        hint = nearest(application.id, instrument_ids())
        yield Problem(file, "$.instrument.id", f"there is no instrument {application.id!r}", hint)
        return
    instrument = load_instrument(application.id)
    yield from _check_roles(instrument, application, file)
    yield from _check_parameters(instrument, application, file)
    for one in application.confirmed:
        if one.verdict not in instrument.verdicts:
            message = f"{application.id} never comes to the verdict {one.verdict!r}"
            yield Problem(file, "$.instrument.confirmed", message, nearest(one.verdict, instrument.verdicts))


def _check_roles(instrument: Instrument, application: Application, file: str) -> Iterator[Problem]:
    known = [role.name for role in instrument.roles]
    for name in application.columns:
        if name not in known:
            message = f"{application.id} has no use for a column called {name!r}"
            yield Problem(file, f"$.instrument.columns.{name}", message, nearest(name, known))
    for role in instrument.roles:
        if role.required and role.name not in application.columns:
            message = f"{application.id} needs the column {role.name!r}: {role.title.en}"
            yield Problem(file, "$.instrument.columns", message, f'Write {role.name} = "name of the column".')


def _check_parameters(instrument: Instrument, application: Application, file: str) -> Iterator[Problem]:
    known = {one.name: one for one in instrument.parameters}
    for name, value in application.parameters.items():
        path = f"$.instrument.parameters.{name}"
        if name not in known:
            yield Problem(file, path, f"{application.id} has no setting {name!r}", nearest(name, known))
        elif fault := _fault(known[name], value):
            yield Problem(file, path, fault, f"Usual is {known[name].usual!r}.")


def _fault(parameter: Parameter, value: object) -> str:
    """What is wrong with a setting, or nothing."""
    usual = parameter.usual
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(usual, bool | str):
        if not isinstance(value, type(usual)):
            return "true or false is wanted" if isinstance(usual, bool) else "a text is wanted"
    elif not numeric or (isinstance(usual, int) and not isinstance(value, int)):
        return "a whole number is wanted" if isinstance(usual, int) else "a number is wanted"
    if parameter.choices and value not in parameter.choices:
        return f"one of {', '.join(parameter.choices)} is wanted"
    if isinstance(value, int | float) and numeric:
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{value} lies outside {low} to {high}"
    return ""


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


def nearest(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """A hint: the nearest known word, or all of them."""
    near = get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."
