"""What is wrong with a file or a row, in the reader's words: what, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from allmende.model.fault import FAULTS, UNUSABLE
from allmende.model.received import FileProblem, Severity
from allmende.model.source import Rejected
from allmende.share.portal.words import Words


@dataclass(frozen=True, slots=True)
class Said:
    """A problem in words; `where` and `do` may be empty."""

    severity: Severity
    what: str
    where: str = ""
    do: str = ""


def say_problem(problem: FileProblem, t: Words) -> Said:
    """A problem of a file in words. One without words of its own is told by its code."""
    name = f"file_problem.{problem.code}"
    if not t.knows(name):
        return Said(problem.severity, problem.code, _where(problem, t))
    params = dict(problem.params)
    if "kind" in params:
        params["kind_name"] = t(f"file_kind.{params['kind']}")
    do = f"file_do.{problem.code}"
    return Said(problem.severity, t(name, **params), _where(problem, t), t(do) if t.knows(do) else "")


def _where(problem: FileProblem, t: Words) -> str:
    parts = []
    if problem.sheet:
        parts.append(t("file.in_sheet", sheet=problem.sheet))
    if problem.row is not None:
        parts.append(t("file.in_row", row=problem.row))
    if problem.column:
        parts.append(t("file.in_column", column=problem.column))
    return ", ".join(parts)


def say_fault(fault: str, t: Words) -> str:
    """Why a piece of work could not be ended; a fault without words of its own as it was noted, in English."""
    if fault in FAULTS:
        return t(f"fault.{FAULTS[fault]}")
    if not fault.startswith(UNUSABLE):
        return fault
    code = fault.removeprefix(UNUSABLE).strip(" ().").replace(" ", "_")
    known = t.knows(f"file_problem.{code}") and "{" not in t(f"file_problem.{code}")
    return f"{t('file.stopped')} {t(f'file_problem.{code}')}" if known else t("file.stopped")


def say_rejected(rejected: Rejected, t: Words) -> str:
    """Why a row was not taken. What was kept without a code is told as it was noted then, in English."""
    name = f"rejected.{rejected.code}"
    if not rejected.code or not t.knows(name):
        return rejected.reason
    return t(name, value=rejected.value)
