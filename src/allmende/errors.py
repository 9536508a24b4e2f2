"""Every error of Allmende, named by what the reader can do about it.

No HTTP here: each audience (page, API, command line) has one table that dresses an error.
Whether a step may be tried again is a property of the error (`transient`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from allmende.model.finding import Finding
    from allmende.model.guard import GuardFinding
    from allmende.model.problem import Problem


class AllmendeError(Exception):
    """Something went wrong. Read the message: it says what, where and what to do.

    `hint` is the thing to do next, `where` a file, address or name, both for people. `code` is the name of a
    word under which pages say the same in their reader's language; empty when there is none.
    """

    transient: ClassVar[bool] = False

    def __init__(self, message: str, *, where: str = "", hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.hint:
            parts.append(self.hint)
        return " ".join(parts)


class CityInvalid(AllmendeError):
    """The city's folder has faults. Mend the files named; nothing of it was loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} fault(s) in the city's files")
        self.problems = tuple(problems)


class SourceUnreachable(AllmendeError):
    """The address did not answer, or not now. It is tried again; the last version stays public."""

    transient = True


class SourceRefused(AllmendeError):
    """The address answered with something that cannot be used (404, too large, forbidden host)."""


class Unreadable(AllmendeError):
    """These bytes cannot be read as what they should be. The raw bytes are kept.

    `params` is what the words under its `code` need.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        hint: str = "",
        code: str = "",
        params: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint, code=code)
        self.params = dict(params or {})


class Undecodable(Unreadable):
    """A device's payload cannot be made into values. The message is kept and can be decoded again.

    `fault` names the reason in one word, so that equal faults can be counted.
    """

    def __init__(self, message: str, *, fault: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.fault = fault


class ContractBroken(AllmendeError):
    """The data no longer fit the dataset's contract. The last good version stays public."""


class HeldBack(ContractBroken):
    """A person has to look at this content before it is shown. The last released version stays public.

    `reasons` are codes (`rows`, `columns`, `personal`), `findings` what the guard found, `conclusions` what an
    instrument says that nobody has confirmed. The message can become public, so it does not tell them.
    """

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[str],
        findings: Sequence[GuardFinding] = (),
        conclusions: Sequence[Finding] = (),
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.reasons = tuple(reasons)
        self.findings = tuple(findings)
        self.conclusions = tuple(conclusions)


class RecipeInvalid(AllmendeError):
    """A recipe, story or figure asks for something it may not or that does not exist."""


class NotFound(AllmendeError):
    """There is no such thing, or not for this reader. Both look the same from outside."""


class NotAllowed(AllmendeError):
    """The reader is known, but may not do this."""


class SignInNeeded(NotAllowed):
    """Nobody signed in, or not any more. A page shows the form to sign in."""


class TooOften(NotAllowed):
    """Somebody tried this too often in a short time. It works again after a while."""


class QuotaUsed(NotAllowed):
    """What was agreed for this day or month is used up, or does not hold so much. `seconds` until there is room."""

    def __init__(self, message: str, *, seconds: int, hint: str = "") -> None:
        super().__init__(message, hint=hint, code="quota")
        self.seconds = seconds


class WrongPurpose(NotAllowed):
    """The key's agreement is not for this. Name a purpose that was agreed, or ask the city."""


class FormFault(AllmendeError):
    """A field of a form cannot be taken. Nothing was changed.

    `field` is its name, `fault` the name of a word that says to people what to do.
    """

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


class StoreFault(AllmendeError):
    """The store or the lake on disk is damaged or locked. Run `allmende doctor`."""


class StoreBusy(StoreFault):
    """The store cannot write now (locked, gone, or the disk is full). Nothing was kept; send it again."""

    transient = True


class Conflict(AllmendeError):
    """Somebody else changed the same thing in the meantime. Read it again, then decide."""
