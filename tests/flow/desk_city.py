"""A city without data in which people publish; its work is done at once, in the test's own process."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xlsxwriter

from allmende.flow.desk import Desk
from allmende.flow.desk_fetch import fetch
from allmende.flow.desk_work import work_on
from allmende.flow.workspace import Workspace
from allmende.model.access import Access
from allmende.model.audit import Entry
from allmende.model.city import Theme
from allmende.model.dataset import Dataset
from allmende.model.look import DescribedColumn, Description
from allmende.model.person import Department, Grant, Person
from allmende.model.release import Release, ReleaseRules
from allmende.model.source import Source
from allmende.model.text import Text
from allmende.testing.clock import START
from allmende.testing.small import small_city
from allmende.testing.small_work import small_workspace

ANNA = Person("p1", "anna", "Anna", grants=(Grant("steward", "green"),))
BEN = Person("p2", "ben", "Ben", grants=(Grant("releaser", "green"),))
CLARA = Person("p3", "clara", "Clara", grants=(Grant("privacy_officer", "*"),))
EMIL = Person("p4", "emil", "Emil", grants=(Grant("steward", "roads"), Grant("releaser", "roads")))
ADAM = Person("p5", "adam", "Adam", grants=(Grant("administrator", "*"),))
PEOPLE = (ANNA, BEN, CLARA, EMIL, ADAM)


@dataclass
class DeskCity:
    """The city, its desk, and whether work is done at once or waits (`waiting`)."""

    workspace: Workspace
    desk: Desk
    waiting: list[tuple[str, str]]
    hold_back: list[bool]

    def bring(self, content: bytes | str, name: str = "Sitzbänke 2026.csv", by: Person = ANNA) -> Release:
        """Bring a file."""
        raw = self.desk.keep([content.encode() if isinstance(content, str) else content])
        return self.desk.get(by, self.desk.begin(by, "green", raw, name).id)

    def describe(self, release: Release, by: Person = ANNA, **changes: Any) -> Release:
        """Fill the form with what is likely, and `changes`."""
        look = self.desk.look(by, release.id)
        assert look is not None
        found = self.desk.get(by, release.id)
        said = Description(
            found.dataset, "Sitzbänke", "Alle Bänke im Park mit ihrer Höhe.", "green", "dl-de/by-2-0", "Kleinstadt",
            Access.OPEN,
            columns=tuple(DescribedColumn(c.name, c.title, c.type, c.unit) for c in look.columns),
        )  # fmt: skip
        self.desk.describe(by, release.id, found.revision, replace(said, **changes))
        return self.desk.get(by, release.id)

    def publish(self, content: bytes | str) -> Release:
        """Bring, describe and release, all at once."""
        checked = self.describe(self.bring(content))
        self.desk.approve(BEN, checked.id, checked.revision)
        return self.desk.get(BEN, checked.id)

    def numbers(self, dataset: str) -> list[int]:
        """The versions of a dataset, newest first."""
        return [one.number for one in self.workspace.store.versions(dataset)]


def open_desk(
    data: Path,
    rules: ReleaseRules = ReleaseRules(),
    source: Source | None = None,
    dataset: Dataset | None = None,
) -> DeskCity:
    """The city in a folder; with one source and its dataset in its files, if they are given."""
    data.mkdir(parents=True, exist_ok=True)
    city = replace(
        small_city(),
        departments={
            "green": Department("green", Text("Grünflächenamt", "Green spaces")),
            "roads": Department("roads", Text("Tiefbauamt", "Roads")),
        },
        release=rules,
        themes={"green": Theme("green", Text("Grün und Bänke", "Green and benches"))},
    )
    workspace = small_workspace(
        replace(
            city,
            sources={source.id: source} if source else {},
            datasets={dataset.id: dataset} if dataset else {},
        ),
        data,
        [],
    )
    for one in PEOPLE:
        workspace.store.people.add(replace(one, created=START), Entry(0, START, "test", "add", one.id))
    waiting: list[tuple[str, str]] = []
    hold_back = [False]

    def start(what: str, subject: str) -> None:
        if hold_back[0]:
            waiting.append((what, subject))
            return
        if what == "fetch":
            fetch(workspace, workspace.store.releases.get(subject))
            what = "look"
        work_on(workspace, what, subject)

    return DeskCity(workspace, Desk(workspace, start), waiting, hold_back)


def workbook(*rows: list[Any]) -> bytes:
    """An Excel file with one sheet."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Liste")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()
