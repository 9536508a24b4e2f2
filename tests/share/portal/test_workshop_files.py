"""Nasty files in the workshop: each is answered in words of the reader's language, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from litestar import Litestar
from litestar.testing import TestClient

from allmende.app import open_workspace
from allmende.collect.uploads import PartUploads
from allmende.flow.desk import Desk
from allmende.flow.desk_work import work_on
from allmende.flow.workspace import Workspace
from allmende.model.audit import Entry
from allmende.model.person import Grant, Person
from allmende.model.release import Release
from allmende.share.people.signing_in import SigningIn
from allmende.share.web import create_app
from allmende.testing.clock import FixedClock

ROOT = Path(__file__).parents[3]
SVG = '<svg onload="alert(1)">'


@dataclass
class Workshop:
    """A steward's browser, and what stands behind the pages."""

    client: TestClient[Litestar]
    workspace: Workspace
    csrf: str

    def bring(self, name: str, data: bytes) -> Release:
        """Upload a file; the release that it began."""
        fields = {"csrf": self.csrf, "department": "green-spaces"}
        answer = self.client.post("/werkstatt/neu", data=fields, files={"file": (name, data)})
        assert answer.status_code == 303, answer.text
        return self.workspace.store.releases.get(answer.headers["location"].rpartition("/")[2])

    def page(self, release: Release, language: str = "") -> str:
        """The release's page."""
        return str(self.client.get(f"{language}/werkstatt/r/{release.id}").text)

    def choose(self, release: Release, **fields: str) -> int:
        """Send the form about the file; the status."""
        now = self.workspace.store.releases.get(release.id)
        sent = {"csrf": self.csrf, "revision": str(now.revision), **fields}
        return int(self.client.post(f"/werkstatt/r/{release.id}/lesen", data=sent).status_code)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """Musterstadt with Anna, who looks after everything."""
    workspace = open_workspace(ROOT / "cities" / "musterstadt", data=tmp_path, offline=True)
    anna = Person("p1", "anna", "Anna", grants=(Grant("steward", "*"),), created=FixedClock().now())
    workspace.store.people.add(anna, Entry(0, FixedClock().now(), "operator", "add", "person:p1"))
    signing = SigningIn(workspace.store, workspace.clock)
    secret = signing.open(anna, "password")
    signed = signing.of(secret)
    assert signed is not None
    desk = Desk(workspace, lambda what, subject: work_on(workspace, what, subject))
    headers = {"cookie": f"allmende_sign_in={secret}"}
    uploads = PartUploads(tmp_path / "uploads", workspace.clock, 1_000_000)
    app = create_app(workspace, desk=desk, uploads=uploads)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers.update(headers)
        client.follow_redirects = False
        yield Workshop(client, workspace, signed.csrf)


def book(tmp_path: Path, make: Any) -> bytes:
    """A workbook."""
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        make(made, made.add_worksheet("Bäume"))
    return path.read_bytes()


def rows(sheet: Any, top: int = 0, first: str = "Ort") -> None:
    """A small table."""
    for n, row in enumerate([[first, "Zahl"], ["Nord", 1], ["Süd", 2], ["West", 3]]):
        sheet.write_row(top + n, 0, row)


def test_what_is_no_table_is_told_in_both_languages(workshop: Workshop) -> None:
    """A scan is refused with what to do instead; the bytes are kept."""
    release = workshop.bring("scan.pdf", b"%PDF-1.7\n...")
    assert "PDF-Datei" in workshop.page(release)
    assert "Excel-Datei, aus der das PDF gemacht wurde" in workshop.page(release)
    assert "Ask for the Excel file" in workshop.page(release, "/en")
    assert "/beschreiben" not in workshop.page(release)
    assert workshop.workspace.lake.raw_path(release.raw).read_bytes().startswith(b"%PDF")


def test_questions_come_before_the_description(workshop: Workshop, tmp_path: Path) -> None:
    """A hidden column has to be seen by somebody before the form opens."""

    def make(_: Any, sheet: Any) -> None:
        rows(sheet)
        sheet.set_column("B:B", 8, None, {"hidden": True})

    release = workshop.bring("baeume.xlsx", book(tmp_path, make))
    page = workshop.page(release)
    assert "1 Spalten sind ausgeblendet (B)" in page
    assert "/beschreiben" not in page
    form = {
        "csrf": workshop.csrf,
        "revision": "1",
        "id": "x",
        "title": "Bäume",
        "description": "Alle Bäume der Stadt",
    }
    refused = workshop.client.post(f"/werkstatt/r/{release.id}/beschreiben", data=form)
    assert refused.status_code == 422
    assert "noch Fragen offen" in refused.text
    assert workshop.choose(release, confirmed="1") == 303
    assert "/beschreiben" in workshop.page(release)


def test_one_of_two_tables_is_chosen(workshop: Workshop, tmp_path: Path) -> None:
    """The page shows both; the chosen one is read alone."""

    def make(_: Any, sheet: Any) -> None:
        rows(sheet)
        rows(sheet, 6, "Strasse")

    release = workshop.bring("baeume.xlsx", book(tmp_path, make))
    page = workshop.page(release)
    assert re.findall(r'name="table" value="(\d)"', page) == ["0", "1"]
    assert "A7:B10" in page
    assert workshop.choose(release, table="7") == 422
    assert workshop.choose(release, table="1", confirmed="1") == 303
    page = workshop.page(release)
    assert "Strasse<br>" in page
    assert "Ort<br>" not in page


def test_somebody_else_was_quicker(workshop: Workshop, tmp_path: Path) -> None:
    """A choice on an old page changes nothing."""
    release = workshop.bring("baeume.xlsx", book(tmp_path, lambda _, sheet: rows(sheet)))
    assert workshop.choose(release, revision="99") == 409


def test_reasons_of_rows_are_in_the_readers_language(workshop: Workshop) -> None:
    """With the row's number in the file."""
    release = workshop.bring("a.csv", b"Liste der Orte\n\nOrt;Zahl\nNord;1\nSued;2;3\nWest;4\nOst;5\n")
    page, english = workshop.page(release), workshop.page(release, "/en")
    assert "3 Zellen: nicht so viele wie die Überschrift" in page
    assert "3 cells: not as many as the header has" in english


def test_what_stands_in_files_is_never_run(workshop: Workshop, tmp_path: Path) -> None:
    """Names of files, sheets, columns and cells are escaped, wherever they are shown."""

    def make(made: Any, sheet: Any) -> None:
        for top in (0, 8):
            sheet.write_row(top, 0, [SVG, "Zahl"])
            sheet.write_row(top + 1, 0, [SVG, 1])
            sheet.write_row(top + 2, 0, ["=HYPERLINK(1)" + SVG, 2])
        sheet.write(7, 0, SVG)
        rows(made.add_worksheet("<svg onload>"))
        hidden = made.add_worksheet("<img onerror>")
        rows(hidden)
        hidden.hide()

    release = workshop.bring(f"{SVG}.xlsx", book(tmp_path, make))
    page = workshop.page(release)
    assert "&lt;svg onload" in page
    assert "<svg onload" not in page
    assert "<img onerror" not in page


def piece(workshop: Workshop, address: str, offset: int, data: bytes, csrf: str = "") -> Any:
    """Send a piece."""
    headers = {"x-csrf": csrf or workshop.csrf, "upload-offset": str(offset)}
    return workshop.client.patch(address, content=data, headers=headers)


def began(workshop: Workshop, size: int | str, **fields: str) -> Any:
    """Announce a file."""
    sent = {"name": "C:\\Daten\\baeume.csv", "size": str(size), "department": "green-spaces", **fields}
    return workshop.client.post("/werkstatt/uploads", data=sent, headers={"x-csrf": workshop.csrf})


def test_a_file_comes_in_pieces_over_a_broken_line(workshop: Workshop) -> None:
    """What came is known, a piece that is sent again is refused, and the last one begins the entry."""
    data = b"Ort;Zahl\nNord;1\nSued;2\n"
    answer = began(workshop, len(data))
    assert answer.status_code == 201
    address = answer.headers["location"]
    assert piece(workshop, address, 0, data[:10]).json()["offset"] == 10
    assert piece(workshop, address, 0, data[:10]).status_code == 409
    assert workshop.client.get(address).headers["upload-offset"] == "10"
    assert piece(workshop, address, 10, data[10:] + b"more").status_code == 413
    last = piece(workshop, address, 10, data[10:])
    assert last.status_code == 201
    release = workshop.workspace.store.releases.get(last.json()["address"].rpartition("/")[2])
    assert release.file_name == "baeume.csv"
    assert workshop.workspace.lake.raw_path(release.raw).read_bytes() == data
    assert workshop.client.get(address).status_code == 404
    assert "Sued" in workshop.page(release)


def test_pieces_come_from_the_persons_own_page(workshop: Workshop) -> None:
    """Not from another site, not without what stood in the form, not for another department."""
    address = began(workshop, 5).headers["location"]
    assert piece(workshop, address, 0, b"a", csrf="x").status_code == 403
    foreign = {"x-csrf": workshop.csrf, "upload-offset": "0", "origin": "https://elsewhere.example"}
    assert workshop.client.patch(address, content=b"a", headers=foreign).status_code == 403
    assert workshop.client.get(address).json()["offset"] == 0
    assert began(workshop, 5, department="unknown").status_code == 403
    assert began(workshop, 2_000_000).status_code == 413
    assert began(workshop, "many").status_code == 413
    assert piece(workshop, address, -1, b"a").status_code == 422
    headers = {"x-csrf": workshop.csrf}
    assert workshop.client.delete(address, headers=headers).status_code == 204
    assert workshop.client.get(address).status_code == 404
    workshop.client.headers.pop("cookie")
    assert began(workshop, 5).status_code in (303, 401)
