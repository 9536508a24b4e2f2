"""How the command line dresses errors: one table, no trace, the chain of causes in words."""

from __future__ import annotations

from collections.abc import Iterator

from allmende.errors import (
    AllmendeError,
    CityInvalid,
    Conflict,
    ContractBroken,
    FormFault,
    HeldBack,
    NotAllowed,
    NotFound,
    RecipeInvalid,
    SignInNeeded,
    SourceRefused,
    SourceUnreachable,
    StoreBusy,
    StoreFault,
    TooOften,
    Undecodable,
    Unreadable,
)
from allmende.model.problem import Problem

OK, REFUSED, USAGE, HELD = 0, 1, 2, 3

TITLES: dict[type[AllmendeError], str] = {
    CityInvalid: "The city's files have faults",
    SourceUnreachable: "The source did not answer",
    SourceRefused: "The source's answer cannot be used",
    Undecodable: "The payload cannot be decoded",
    Unreadable: "The data cannot be read",
    SignInNeeded: "Somebody has to sign in",
    TooOften: "This was tried too often",
    FormFault: "A field of the form cannot be taken",
    HeldBack: "Held back until somebody releases it",
    ContractBroken: "The data do not fit their contract",
    RecipeInvalid: "The recipe is not right",
    NotFound: "Not found",
    NotAllowed: "Not allowed",
    Conflict: "Somebody else changed this in the meantime",
    StoreBusy: "Nothing can be stored at the moment",
    StoreFault: "The data on disk are damaged or locked",
    AllmendeError: "This did not work",
}


def dress(error: AllmendeError) -> list[str]:
    """The lines to print for an error."""
    if isinstance(error, CityInvalid):
        return [*(line for problem in error.problems for line in show_problem(problem)), error.message]
    title = next(TITLES[kind] for kind in type(error).__mro__ if kind in TITLES)
    where = f" ({error.where})" if error.where else ""
    hint = [f"  {error.hint}"] if error.hint else []
    return [f"{title}: {error.message}{where}", *causes(error), *hint]


def causes(error: BaseException) -> Iterator[str]:
    """What lies behind an error, one line each."""
    cause = error.__cause__
    while cause is not None:
        yield f"  because: {cause if isinstance(cause, AllmendeError) else f'{type(cause).__name__}: {cause}'}"
        cause = cause.__cause__


def show_problem(problem: Problem) -> Iterator[str]:
    """A fault as file, path, message; the hint on a line of its own."""
    path = "" if problem.path in ("", "$") else f" {problem.path}"
    yield f"{problem.file}{path}: {problem.message}"
    if problem.hint:
        yield f"    {problem.hint}"
