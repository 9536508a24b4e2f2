"""The commands do what they say, and say what they did; nobody ever sees a trace."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from allmende import __version__
from allmende.cli.errors import TITLES, dress
from allmende.errors import AllmendeError, SourceUnreachable
from allmende.model.access import Scope
from allmende.share.principals import hash_of
from allmende.store.sql import SqlStore
from tests.cli.conftest import Call, Small


def test_version(call: Call) -> None:
    """`--version` says the version."""
    assert call("--version") == (0, f"allmende, version {__version__}\n", "")


def test_wrong_use_is_two(call: Call) -> None:
    """An unknown command or option is wrong use: exit status 2, with what was wrong."""
    assert call("frobnicate")[0] == 2
    status, _, complaint = call("check", "--frobnicate")
    assert status == 2
    assert "--frobnicate" in complaint


def test_check_says_that_all_is_right(call: Call, small: Small) -> None:
    """A good city is counted."""
    status, told, _ = call("check", small.city)
    assert status == 0
    assert "1 sources, 2 datasets, 1 recipes, 1 indicators, 1 stories" in told


def test_check_tells_faults_with_file_path_and_hint(call: Call, small: Small) -> None:
    """A bad city is refused with every fault and its hint, and no trace."""
    path = small.city / "sources" / "benches.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("cc0-1.0", "cc0"), encoding="utf-8")
    status, _, complaint = call("check", small.city)
    assert status == 1
    assert "sources/benches.toml $.licence: there is no licence 'cc0'" in complaint
    assert "Did you mean 'cc0-1.0'?" in complaint
    assert "Traceback" not in complaint


def test_check_of_nothing(call: Call, small: Small) -> None:
    """A folder that is not there is told, not traced."""
    status, _, complaint = call("check", small.city / "nowhere")
    assert status == 1
    assert "there is no such folder" in complaint


def test_run_publishes_and_plan_and_show_tell_it(call: Call, small: Small) -> None:
    """`plan` names what is due, `run` does it, afterwards nothing is due and `show` lists it."""
    status, told, _ = call("plan", *small.options)
    assert status == 0
    assert "+ sources benches added" in told
    assert "would do fetch:benches: it was never fetched" in told
    status, told, _ = call("run", *small.options)
    assert status == 0, told
    assert "publish benches: version 1: 3 rows" in re.sub(" +", " ", told)
    status, told, _ = call("plan", *small.options)
    assert "The files are as they were at the last run." in told
    assert "Nothing is due." in told
    status, told, _ = call("show", *small.options)
    assert status == 0
    assert re.search(r"recipe:benches-count .* 1 ", told)


def test_run_says_what_failed_and_what_to_do(call: Call, small: Small) -> None:
    """A source that does not answer is one line with its reason and a hint, and the exit status is 1."""
    (small.replay / "addresses.csv").write_text("file,address\n", encoding="utf-8")
    (small.replay / "benches.json").unlink()
    status, told, complaint = call("run", *small.options)
    assert status == 1
    assert "this address was not recorded" in told
    assert "Add a row to" in told
    assert "Traceback" not in told + complaint
    status, told, _ = call("show", *small.options)
    assert "kleinstadt.example/benches.json: this address was not recorded" in told


def test_plan_names_changed_settings(call: Call, small: Small) -> None:
    """After a run, a changed file is named with the settings that changed, and what follows from it."""
    call("run", *small.options)
    path = small.city / "recipes" / "benches-count.sql"
    path.write_text("select count(*) + 1 as benches from benches\n", encoding="utf-8")
    _, told, _ = call("plan", *small.options)
    assert "~ recipes benches-count changed: sql" in told
    assert "would do recipe:benches-count: its definition changed" in told


def test_doctor_finds_what_is_wrong(call: Call, small: Small) -> None:
    """A healthy city is well; a damaged raw file is found by its hash and named."""
    call("run", *small.options)
    status, told, _ = call("doctor", *small.options)
    assert status == 0, told
    raw = next((small.data / "raw").glob("??/*"))
    raw.chmod(0o644)
    raw.write_bytes(b"something else")
    status, told, _ = call("doctor", *small.options, "--language", "de")
    assert status == 1
    assert f"Die Rohdatei {raw.name} ist beschädigt." in told


def test_doctor_finds_lost_versions(call: Call, small: Small) -> None:
    """A Parquet file that is gone is found and its version named."""
    call("run", *small.options)
    next((small.data / "lake" / "benches").glob("**/*.parquet")).unlink()
    status, told, _ = call("doctor", *small.options, "--all")
    assert status == 1
    assert "Files of the version benches@1 are missing." in told


def test_doctor_of_a_broken_store(call: Call, small: Small) -> None:
    """A store that does not open is a diagnosis with advice, not a trace."""
    small.data.mkdir()
    (small.data / "store.sqlite").write_bytes(b"this is no database at all" * 100)
    status, told, complaint = call("doctor", *small.options)
    assert status == 1
    assert "restore" in told
    assert "Traceback" not in told + complaint


def test_key_secret_is_shown_once(call: Call, small: Small) -> None:
    """A key's secret is shown when it is made; the store keeps its hash; revoked it says so."""
    status, told, _ = call(
        "key", small.city, "--data", small.data, "make", "--name", "GIS", "--scope", "read:protected"
    )
    assert status == 0
    found = re.search(r"shown only now: (\S+)", told)
    assert found
    secret = found[1]
    (kept,) = SqlStore.open(f"sqlite:///{small.data / 'store.sqlite'}").keys()
    assert kept.secret_hash == hash_of(secret)
    assert [Scope.parse(scope) for scope in kept.scopes] == [Scope.parse("read:protected")]
    dump = "\n".join(sqlite3.connect(small.data / "store.sqlite").iterdump())
    assert secret not in dump
    _, told, _ = call("key", small.city, "--data", small.data, "list")
    assert f"{kept.id}  valid" in told
    assert secret not in told
    assert call("key", small.city, "--data", small.data, "revoke", kept.id)[0] == 0
    assert "revoked" in call("key", small.city, "--data", small.data, "list")[1]
    assert call("key", small.city, "--data", small.data, "revoke", "nothing")[0] == 1


def test_key_refuses_wrong_scopes(call: Call, small: Small) -> None:
    """A scope that does not exist is wrong use."""
    status, _, complaint = call(
        "key", small.city, "--data", small.data, "make", "--name", "x", "--scope", "write:all"
    )
    assert status == 2
    assert "read:" in complaint


def test_key_for_writing(call: Call, small: Small) -> None:
    """Rights to write are made like rights to read."""
    status, _, complaint = call(
        "key", small.city, "--data", small.data, "make", "--name", "Logger",
        "--scope", "write:observations", "--scope", "write:subscriptions", "--scope", "read:protected",
    )  # fmt: skip
    assert status == 0, complaint
    (kept,) = SqlStore.open(f"sqlite:///{small.data / 'store.sqlite'}").keys()
    assert kept.scopes == ("write:observations", "write:subscriptions", "read:protected")


def test_backup_and_restore(call: Call, small: Small) -> None:
    """A backup brings the same data back, and is not restored over data."""
    call("run", *small.options)
    copy = small.data.with_name("copy")
    assert call("backup", small.city, "--data", small.data, copy)[0] == 0
    other = small.data.with_name("other")
    status, told, complaint = call("restore", small.city, "--data", other, copy)
    assert status == 0, complaint
    assert "counts and hashes agree" in told
    before, after = (SqlStore.open(f"sqlite:///{data / 'store.sqlite'}") for data in (small.data, other))
    assert after.latest_versions() == before.latest_versions()
    assert call("restore", small.city, "--data", small.data, copy)[0] == 1


@pytest.mark.parametrize("error", AllmendeError.__subclasses__())
def test_every_error_has_a_dress(error: type[AllmendeError]) -> None:
    """No error falls through to the general title."""
    assert error in TITLES


def test_the_chain_of_causes_is_told() -> None:
    """What lies behind an error is told below it, and the hint last."""
    error = SourceUnreachable("no answer", where="https://x.example", hint="Wait.")
    error.__cause__ = TimeoutError("30 s")
    assert dress(error) == [
        "The source did not answer: no answer (https://x.example)",
        "  because: TimeoutError: 30 s",
        "  Wait.",
    ]


def test_recorded_answers_are_json(small: Small) -> None:
    """The fixture's recording is what the tests say it is."""
    assert len(json.loads((small.replay / "benches.json").read_text(encoding="utf-8"))) == 3


def test_export_city_says_what_it_wrote(call: Call, small: Small) -> None:
    """A city without anything in its store is copied; a second time is refused."""
    out = small.data.parent / "out" / "kleinstadt"
    assert call("export-city", small.city, out, "--data", small.data)[0] == 0
    assert (out / "city.toml").read_bytes() == (small.city / "city.toml").read_bytes()
    assert call("check", out)[0] == 0
    status, _, complaint = call("export-city", small.city, out, "--data", small.data)
    assert status == 1
    assert "there is something already" in complaint
