"""Licences, looked at again before every version is published."""

from __future__ import annotations

from collections.abc import Iterable

from allmende.catalogue.terms import terms_faults
from allmende.errors import HeldBack
from allmende.model.city import City
from allmende.model.dataset import Dataset
from allmende.model.guard import Decision, GuardFinding, undecided


def refuse_terms(city: City, dataset: Dataset, decisions: Iterable[Decision] = ()) -> None:
    """HeldBack when the licences of what it is made from do not allow the dataset as it is described.

    A person may decide otherwise with a reason, such as a permission that the owner gave in writing.
    """
    if undecided(terms_findings(city, dataset), (*dataset.guard_allowed, *decisions)):
        fault = terms_faults(city, dataset)[0]
        raise HeldBack(
            fault.message,
            reasons=("terms",),
            findings=terms_findings(city, dataset),
            where=f"datasets/{dataset.id}.toml",
            hint=fault.hint,
        )


def terms_findings(city: City, dataset: Dataset) -> tuple[GuardFinding, ...]:
    """What the licences do not allow, to be decided on by people."""
    return tuple(
        GuardFinding(
            fault.kind, count=1, detail=fault.kind,
            values={"licences": ", ".join(one.title for one in fault.licences)},
        )
        for fault in terms_faults(city, dataset)
    )  # fmt: skip
