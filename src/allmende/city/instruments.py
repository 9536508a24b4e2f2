"""How datasets apply instruments: an instrument that exists, columns for its roles, settings within bounds."""

from __future__ import annotations

from collections.abc import Iterator

from allmende.city.decode import did_you_mean
from allmende.extensions import instrument_ids, load_instrument
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
        hint = did_you_mean(application.id, instrument_ids())
        yield Problem(file, "$.instrument.id", f"there is no instrument {application.id!r}", hint)
        return
    if dataset.disclosure is not None:
        hint = "Hide small groups in the datasets that the recipe reads."
        message = "an instrument speaks of all rows, also of those that [disclosure] hides"
        yield Problem(file, "$.instrument", message, hint)
    instrument = load_instrument(application.id)
    yield from _check_roles(instrument, application, file)
    yield from _check_parameters(instrument, application, file)
    for one in application.confirmed:
        if one.verdict not in instrument.verdicts:
            message = f"{application.id} never comes to the verdict {one.verdict!r}"
            yield Problem(
                file, "$.instrument.confirmed", message, did_you_mean(one.verdict, instrument.verdicts)
            )


def _check_roles(instrument: Instrument, application: Application, file: str) -> Iterator[Problem]:
    known = [role.name for role in instrument.roles]
    for name in application.columns:
        if name not in known:
            message = f"{application.id} has no use for a column called {name!r}"
            yield Problem(file, f"$.instrument.columns.{name}", message, did_you_mean(name, known))
    for role in instrument.roles:
        if role.required and role.name not in application.columns:
            message = f"{application.id} needs the column {role.name!r}: {role.title.en}"
            yield Problem(file, "$.instrument.columns", message, f'Write {role.name} = "name of the column".')


def _check_parameters(instrument: Instrument, application: Application, file: str) -> Iterator[Problem]:
    known = {one.name: one for one in instrument.parameters}
    for name, value in application.parameters.items():
        path = f"$.instrument.parameters.{name}"
        if name not in known:
            yield Problem(file, path, f"{application.id} has no setting {name!r}", did_you_mean(name, known))
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
