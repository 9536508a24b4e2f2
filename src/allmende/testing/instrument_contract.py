"""What every instrument keeps to, ours or a stranger's: subclass InstrumentContract and name the instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

from allmende.catalogue.applied import applied_text, read_applied
from allmende.errors import RecipeInvalid
from allmende.extensions import load_instrument, manifest
from allmende.model.finding import Application
from allmende.ports import Examined
from allmende.understand.instrument import examine


class InstrumentContract:
    """`rows` give `application` something to say; each of `odd` is a table that nothing good can come from."""

    application: ClassVar[Application]
    odd: ClassVar[Mapping[str, pa.Table]] = {}

    def rows(self) -> pa.Table:
        """A table that the instrument can work on."""
        raise NotImplementedError

    def made(self, rows: pa.Table) -> Examined:
        """What the instrument says of `rows`."""
        return examine(self.application, rows, "test")

    def outcome(self, rows: pa.Table) -> object:
        """The findings, or the remedy of the fault: something has to be there."""
        try:
            return self.made(rows).findings
        except RecipeInvalid as fault:
            return fault.hint

    def test_it_says_the_same_of_the_same_rows(self) -> None:
        """The promise of "compute again": equal findings and equal rows."""
        first, again = self.made(self.rows()), self.made(self.rows())
        assert first.findings == again.findings
        assert first.table.equals(again.table)

    def test_every_finding_has_both_languages_and_named_numbers(self) -> None:
        """A sentence in German and English, each with the same numbers, and a verdict that was announced."""
        findings = self.made(self.rows()).findings
        assert findings
        for finding in findings:
            assert finding.statement.de
            assert finding.statement.en
            assert all(one.title.de and one.title.en for one in finding.quantities)
            for quantity in finding.quantities:
                mark = f"{{{quantity.name}}}"
                assert (mark in finding.statement.de) == (mark in finding.statement.en), mark

    def test_odd_rows_give_a_finding_or_a_fault_with_a_remedy(self) -> None:
        """One row, no value, always the same, twice the same time: never a crash."""
        for name, rows in self.odd.items():
            assert self.outcome(rows), name

    def test_what_it_needs_is_said_in_both_languages(self) -> None:
        """Roles, settings and verdicts, and how it works (`method.md`)."""
        instrument = load_instrument(self.application.id)
        titles = [one.title for one in instrument.roles] + [one.title for one in instrument.parameters]
        assert all(title.de and title.en for title in titles)
        assert all(text.de and text.en for text in instrument.verdicts.values())
        method = (manifest("instrument", self.application.id).folder / "method.md").read_text(
            encoding="utf-8"
        )
        assert all(word in method for word in ("## Formula", "## By hand", "## Limits", "## Source"))

    def test_an_application_is_read_back(self) -> None:
        """What a version keeps of it is enough to make it again."""
        text = applied_text(self.application)
        assert set(self.application.parameters) <= set(read_applied(text).parameters)
        assert applied_text(read_applied(text)) == text
