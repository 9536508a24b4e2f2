"""A clerk publishes alone, and the wrong thing is stopped: the desk from the first byte to withdrawal."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from allmende.errors import Conflict, FormFault, NotAllowed, NotFound
from allmende.flow.desk_work import work_on
from allmende.flow.run import run_city
from allmende.model.access import ANONYMOUS, Access
from allmende.model.audit import Entry, first_fault
from allmende.model.dataset import DatasetVersion
from allmende.model.look import DescribedColumn, Description
from allmende.model.release import ReleaseRules
from allmende.share.people.signing_in import principal_of
from allmende.share.views import DatasetView
from allmende.share.web import reads_of
from allmende.testing.clock import START, FixedClock
from allmende.testing.people import iban
from tests.flow.desk_city import ADAM, ANNA, BEN, CLARA, EMIL, DeskCity, open_desk, workbook

BENCHES = "Bank Nr;Jahr;Höhe\n1;2020;0,5\n2;2020;0,4\n3;2021;0,6\n"
ACCOUNT = iban(random.Random(1))
WITH_ACCOUNT = f"Bank Nr;Jahr;Höhe;Konto\n1;2020;0,5;{ACCOUNT}\n2;2020;0,4;{ACCOUNT}\n3;2021;0,6;\n"


@pytest.fixture
def city(tmp_path: Path) -> DeskCity:
    """The city, empty."""
    return open_desk(tmp_path / "data")


def seen(view: DatasetView) -> DatasetVersion:
    """The version that somebody reads."""
    assert view.version is not None
    return view.version


def test_an_excel_file_becomes_public_after_a_second_person_looked(city: DeskCity) -> None:
    """Brought, seen, described, checked, released by somebody else, public; the log is whole."""
    rows = (["Bank Nr", "Jahr", "Höhe"], [1, 2020, 0.5], [2, 2020, 0.4], [3, 2021, 0.6])
    release = city.bring(workbook(*rows), "Sitzbänke 2026.xlsx")
    assert (release.state, release.dataset, release.work) == ("draft", "sitzbaenke-2026", "")
    look = city.desk.look(ANNA, release.id)
    assert look is not None
    assert [(one.title, one.type) for one in look.columns] == [
        ("Bank Nr", "integer"),
        ("Jahr", "integer"),
        ("Höhe", "number"),
    ]
    assert look.sample[0] == ("1", "2020", "0.5")
    checked = city.describe(release)
    assert (checked.state, checked.rows, checked.findings) == ("checked", 3, ())
    with pytest.raises(NotAllowed, match="needs the role"):
        city.desk.approve(ANNA, checked.id, checked.revision)
    assert city.numbers("sitzbaenke-2026") == []
    city.desk.approve(BEN, checked.id, checked.revision)
    published = city.desk.get(BEN, checked.id)
    assert (published.state, published.version, published.work) == ("published", 1, "")
    reads = reads_of(city.workspace)
    assert seen(reads.dataset(ANONYMOUS, "sitzbaenke-2026")).rows == 3
    told = [step.action for step in city.desk.history(ANNA, release.id)]
    assert told == ["fill", "describe", "check", "approve", "publish"]
    assert not first_fault(city.workspace.store.people.audit())


def test_a_planted_account_stops_it_until_the_column_is_left_out(city: DeskCity) -> None:
    """Nobody can release it with the account; without that column it goes on, and the bytes stay closed."""
    checked = city.describe(city.bring(WITH_ACCOUNT))
    assert [(one.kind, one.column) for one in checked.open_findings] == [("iban", "konto")]
    assert ACCOUNT not in str(checked.findings)
    with pytest.raises(NotAllowed, match="nobody has decided"):
        city.desk.approve(BEN, checked.id, checked.revision)
    with pytest.raises(NotAllowed, match="privacy officer"):
        city.desk.decide(ANNA, checked.id, checked.revision, "iban", "konto", "no matter")
    look = city.desk.look(ANNA, checked.id)
    assert look is not None
    columns = tuple(
        DescribedColumn(c.name, c.title, c.type, take="leave_out" if c.name == "konto" else "public")
        for c in look.columns
    )
    again = city.describe(checked, columns=columns)
    assert again.open_findings == ()
    city.desk.approve(BEN, again.id, again.revision)
    reads = reads_of(city.workspace)
    view = reads.dataset(ANONYMOUS, "sitzbaenke-2026")
    assert [one.name for one in seen(view).columns] == ["bank_nr", "jahr", "hoehe"]
    with pytest.raises(NotFound):
        reads.raw(ANONYMOUS, again.raw)


def test_the_privacy_officer_decides_and_may_not_release(city: DeskCity) -> None:
    """A decision needs a reason and stands in the history; who decided releases nothing."""
    checked = city.describe(city.bring(WITH_ACCOUNT))
    with pytest.raises(NotAllowed, match="a reason"):
        city.desk.decide(CLARA, checked.id, checked.revision, "iban", "konto", " ")
    decided = city.desk.decide(CLARA, checked.id, checked.revision, "iban", "konto", "the city's own account")
    with pytest.raises(NotAllowed):
        city.desk.approve(CLARA, decided.id, decided.revision)
    city.desk.approve(BEN, decided.id, decided.revision)
    assert city.desk.get(BEN, checked.id).state == "published"


def test_a_fitting_refresh_is_public_at_once(city: DeskCity) -> None:
    """The clerk needs nobody when nothing stands out."""
    dataset = city.publish(BENCHES).dataset
    city.desk.refresh(ANNA, dataset, city.desk.keep([f"{BENCHES}4;2022;0,6\n".encode()]), "b.csv")
    assert city.numbers(dataset) == [2, 1]
    assert [one.state for one in city.desk.seen_by(ANNA)] == ["published"]


def test_a_changed_column_is_held_back_described_anew_and_released(city: DeskCity) -> None:
    """The old version stays; who brought the bytes and described them may not release them."""
    dataset = city.publish(BENCHES).dataset
    renamed = BENCHES.replace("Höhe", "Sitzhöhe")
    city.desk.refresh(ANNA, dataset, city.desk.keep([renamed.encode()]), "neu.csv")
    assert city.numbers(dataset) == [1]
    (held,) = (one for one in city.desk.seen_by(ANNA) if one.state != "published")
    assert (held.state, held.held_for, held.begun_by) == ("held", ("columns",), ANNA.id)
    with pytest.raises(NotAllowed, match="a check failed"):
        city.desk.approve(BEN, held.id, held.revision)
    checked = city.describe(held)
    assert (checked.state, checked.failed_checks) == ("checked", ())
    city.desk.approve(BEN, checked.id, checked.revision)
    assert city.numbers(dataset) == [2, 1]
    names = [one.name for one in city.workspace.store.versions(dataset)[0].columns]
    assert names == ["bank_nr", "jahr", "sitzhoehe"]
    assert city.desk.get(ANNA, held.id).state == "published"
    city.workspace.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert all(run.outcome != "failed" for run in run_city(city.workspace, lambda run: None))


def test_half_of_the_rows_less_is_held_back(city: DeskCity) -> None:
    """Somebody other than the one who brought them has to release them."""
    dataset = city.publish(BENCHES).dataset
    city.desk.refresh(ANNA, dataset, city.desk.keep([b"Bank Nr;Jahr;H\xc3\xb6he\n1;2020;0,5\n"]), "b.csv")
    (held,) = (one for one in city.desk.seen_by(BEN) if one.state != "published")
    assert (held.state, held.held_for) == ("held", ("rows",))
    assert held.begun_by == ANNA.id
    city.desk.approve(BEN, held.id, held.revision, "the park is closed")
    assert city.numbers(dataset) == [2, 1]


def test_what_was_withdrawn_is_gone_and_can_be_shown_again(city: DeskCity) -> None:
    """Gone for everyone at once; shown again by somebody else only."""
    dataset = city.publish(BENCHES).dataset
    reads = reads_of(city.workspace)
    incident = city.desk.withdraw(ANNA, dataset, "wrong heights")
    city.workspace.current_city()
    today = START.date()
    for reader in (ANONYMOUS, principal_of(ANNA, city.workspace.city, today)):
        with pytest.raises(NotFound):
            reads.dataset(reader, dataset)
    assert incident.versions == (1,)
    with pytest.raises(NotAllowed, match="withdrawn"):
        city.desk.refresh(ANNA, dataset, city.desk.keep([b"x"]), "x.csv")
    with pytest.raises(NotFound):
        city.desk.refresh(EMIL, dataset, city.desk.keep([b"x"]), "x.csv")
    city.desk.show_again(BEN, dataset, "they were right")
    city.workspace.current_city()
    assert seen(reads.dataset(ANONYMOUS, dataset)).number == 1


def test_a_releaser_who_loses_the_role_midway_releases_nothing(city: DeskCity) -> None:
    """It waits for another releaser, and says why."""
    checked = city.describe(city.bring(BENCHES))
    city.hold_back[0] = True
    city.desk.approve(BEN, checked.id, checked.revision)
    city.workspace.store.people.revoke(
        BEN.id, BEN.grants[0], Entry(0, START, "test", "revoke", f"person:{BEN.id}")
    )
    (waiting,) = city.waiting
    work_on(city.workspace, *waiting)
    after = city.desk.get(ANNA, checked.id)
    assert (after.state, after.approved_by) == ("checked", "")
    assert "no longer has the role" in after.fault
    assert city.numbers(after.dataset) == []


def test_two_stewards_do_not_overwrite_each_other(city: DeskCity) -> None:
    """The second gets a conflict; what the first wrote stands."""
    release = city.bring(BENCHES)
    described = city.describe(release, title="Von Anna").definition
    assert described is not None
    description = Description(
        described.dataset.id, "Von Berta", "Alle Bänke, von Berta beschrieben.", "green", "cc0-1.0", "",
        Access.OPEN, columns=(DescribedColumn("jahr", "Jahr", "integer"),),
    )  # fmt: skip
    with pytest.raises(Conflict):
        city.desk.describe(ANNA, release.id, release.revision, description)
    found = city.desk.get(ANNA, release.id).definition
    assert found is not None
    assert found.dataset.title.de == "Von Anna"


def test_other_departments_and_administrators_see_nothing(city: DeskCity) -> None:
    """A release of another department is not there, whatever somebody may do in their own."""
    release = city.describe(city.bring(BENCHES))
    for stranger in (EMIL, ADAM):
        assert city.desk.seen_by(stranger) == ()
        for ask in (city.desk.get, city.desk.look, city.desk.history, city.desk.again):
            with pytest.raises(NotFound):
                ask(stranger, release.id)
    with pytest.raises(NotAllowed):
        city.desk.begin(EMIL, "green", city.desk.keep([b"a;b\n1;2\n"]), "a.csv")
    assert city.desk.departments(ADAM) == ()


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"title": "x"}, "title", "title_length"),
        ({"description": "kurz"}, "description", "description_short"),
        ({"theme": "nothing"}, "theme", "choose"),
        ({"licence": "made-up"}, "licence", "choose"),
        ({"licence": "unknown"}, "licence", "licence_unknown"),
        ({"attribution": ""}, "attribution", "attribution_missing"),
        ({"id": "Große Bänke"}, "id", "id_form"),
        ({"id": "../city"}, "id", "id_form"),
        ({"columns": ()}, "columns", "no_columns"),
    ],
)
def test_every_fault_of_the_form_names_its_field(
    city: DeskCity, changes: dict[str, Any], field: str, fault: str
) -> None:
    """Nothing is changed by a form that cannot be taken."""
    release = city.bring(BENCHES)
    with pytest.raises(FormFault) as refused:
        city.describe(release, **changes)
    assert (refused.value.field, refused.value.fault) == (field, fault)
    assert city.desk.get(ANNA, release.id) == release


def test_an_id_of_the_city_cannot_be_taken(city: DeskCity) -> None:
    """A second dataset gets another name, and nobody can give it the first one's."""
    first = city.publish(BENCHES).dataset
    second = city.bring(BENCHES.replace("1;", "7;"))
    assert second.dataset == f"{first}-2"
    with pytest.raises(FormFault, match="id_taken"):
        city.describe(second, id=first)


@pytest.mark.parametrize("content", ["", "\x00\x01\x02", "%PDF-1.7 a scan", "nothing at all"])
def test_what_is_no_table_says_so(city: DeskCity, content: str) -> None:
    """The bytes are kept, the fault stands on the page, and it can be tried again."""
    release = city.bring(content, "Liste.csv")
    assert release.fault
    assert release.work == ""
    assert city.workspace.lake.raw_path(release.raw).is_file()
    assert city.desk.again(ANNA, release.id).state == "draft"


def test_internal_data_stay_in_the_department(city: DeskCity) -> None:
    """Described as internal: published for the department, and for nobody else."""
    checked = city.describe(city.bring(BENCHES), access=Access.INTERNAL, licence="unknown")
    city.desk.approve(BEN, checked.id, checked.revision)
    city.workspace.current_city()
    reads, today = reads_of(city.workspace), START.date()
    assert city.desk.get(ANNA, checked.id).state == "published"
    assert seen(reads.dataset(principal_of(ANNA, city.workspace.city, today), checked.dataset)).rows == 3
    for stranger in (EMIL, ADAM):
        with pytest.raises(NotFound):
            reads.dataset(principal_of(stranger, city.workspace.city, today), checked.dataset)


def test_a_new_description_goes_the_same_way(city: DeskCity) -> None:
    """Titles are changed by description, check and a second person; the rows make no new version."""
    dataset = city.publish(BENCHES).dataset
    again = city.desk.change(ANNA, dataset)
    checked = city.describe(again, title="Bänke im Park")
    assert city.workspace.current_city().datasets[dataset].title.de == "Sitzbänke"
    city.desk.approve(BEN, checked.id, checked.revision)
    assert city.workspace.current_city().datasets[dataset].title.de == "Bänke im Park"
    assert city.numbers(dataset) == [1]
    states = sorted(one.state for one in city.desk.seen_by(ANNA))
    assert states == ["published", "superseded"]


def test_an_address_is_fetched_and_then_refreshes_itself(city: DeskCity) -> None:
    """What an address answers is published in the same way, and later runs ask it again."""
    http, address = city.workspace.http, "https://data.example/benches.csv"
    http.answers[address] = BENCHES.encode()  # type: ignore[attr-defined]
    release = city.desk.begin_address(ANNA, "green", address)
    checked = city.describe(release, schedule="daily")
    city.desk.approve(BEN, checked.id, checked.revision)
    assert city.numbers("benches") == [1]
    http.answers[address] = f"{BENCHES}4;2022;0,7\n".encode()  # type: ignore[attr-defined]
    assert isinstance(city.workspace.clock, FixedClock)
    city.workspace.clock.advance(timedelta(days=2))
    run_city(city.workspace, lambda run: None)
    assert city.numbers("benches") == [2, 1]
    with pytest.raises(FormFault, match="address_form"):
        city.desk.begin_address(ANNA, "green", "file:///etc/passwd")


def wait_days(city: DeskCity, days: int) -> None:
    """Let time pass, and run."""
    assert isinstance(city.workspace.clock, FixedClock)
    city.workspace.clock.advance(timedelta(days=days))
    run_city(city.workspace, lambda run: None)


def test_what_nobody_answers_for_opens_by_itself(tmp_path: Path) -> None:
    """Checked and harmless: public after the days that the city set; with a finding never."""
    city = open_desk(tmp_path / "data", ReleaseRules(open_after_days=14))
    harmless, risky = (
        city.describe(city.bring(BENCHES)),
        city.describe(city.bring(WITH_ACCOUNT, "Konten.csv")),
    )
    wait_days(city, 13)
    assert city.desk.get(ANNA, harmless.id).state == "checked"
    wait_days(city, 1)
    opened = city.desk.get(ANNA, harmless.id)
    assert (opened.state, opened.approved_by, opened.version) == ("published", "system", 1)
    assert "nobody answered" in [step.reason for step in city.desk.history(ANNA, harmless.id)][-2]
    wait_days(city, 365)
    assert city.desk.get(ANNA, risky.id).state == "checked"
    assert city.numbers(risky.dataset) == []


def test_without_days_nothing_opens_by_itself(city: DeskCity) -> None:
    """The default is that people decide."""
    checked = city.describe(city.bring(BENCHES))
    wait_days(city, 3_650)
    assert city.desk.get(ANNA, checked.id).state == "checked"


def test_what_was_approved_is_published_by_the_next_run(city: DeskCity) -> None:
    """When the process that should have published it died."""
    checked = city.describe(city.bring(BENCHES))
    city.hold_back[0] = True
    city.desk.approve(BEN, checked.id, checked.revision)
    wait_days(city, 1)
    assert city.desk.get(ANNA, checked.id).state == "published"
    assert city.numbers(checked.dataset) == [1]
