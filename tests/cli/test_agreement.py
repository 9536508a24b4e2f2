"""`allmende agreement` from the draft to its end."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Call, Small

MAKE = ("--party", "Beispiel GmbH", "--purpose", "product", "--from", "2026-01-01", "--until", "2099-12-31")


@pytest.fixture
def place(small: Small) -> list[str]:
    """The city, in which the benches are commercial data."""
    file = small.city / "datasets" / "benches.toml"
    text = re.sub(r"(?m)^access = .*\n", "", file.read_text(encoding="utf-8"))
    file.write_text(f'access = "commercial"\n{text}', encoding="utf-8")
    return [str(small.city), "--data", str(small.data)]


def test_from_the_draft_to_its_end(call: Call, place: list[str]) -> None:
    """Made, shown, signed, given a key, delivered, ended; the list says how it stands."""
    status, told, complaint = call(
        "agreement", *place, "make", *MAKE, "--dataset", "benches", "--quota", "500 rows each day",
        "--gift", "fixes: Faults until 2027-01-31", "--price", "119.90",
    )  # fmt: skip
    assert (status, complaint) == (0, "")
    name = re.findall(r"Agreement (\w+) with", told)[0]
    shown = call("agreement", *place, "show", name, "--language", "en")[1]
    assert all(
        words in shown
        for words in ("500 rows each day", "119.90 euros", "Faults", "Used this day: 0 of 500 rows")
    )
    assert "unsigned" in call("agreement", *place, "list")[1]
    assert call("agreement", *place, "sign", name)[0] == 0
    assert "allmende_" in call("agreement", *place, "key", name, "--name", "Importer")[1]
    assert call("agreement", *place, "deliver", name, "--number", "1", "--text", "31 mended")[0] == 0
    assert "31 mended" in call("agreement", *place, "show", name)[1]
    assert "holds" in call("agreement", *place, "list")[1]
    assert call("agreement", *place, "revoke", name, "--reason", "Passed on")[0] == 0
    assert "revoked" in call("agreement", *place, "list")[1]
    assert call("audit", *place, "check")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("make", *MAKE), 2, "--dataset"),
        (("make", *MAKE, "--dataset", "nothing"), 1, "class commercial"),
        (("make", *MAKE, "--dataset", "benches", "--until", "2020-01-01"), 1, "before the first"),
        (("make", *MAKE, "--dataset", "benches", "--quota", "many rows"), 2, "5000 rows each day"),
        (("make", *MAKE, "--dataset", "benches", "--gift", "cake"), 2, "What it is"),
        (("make", *MAKE, "--dataset", "benches", "--price", "1.999"), 2, "119.90"),
        (("make", *MAKE, "--dataset", "benches", "--quota", "1 rows each day", "--quota", "2 rows each day"), 1, "twice"),
        (("show",), 2, "AGREEMENT_ID"),
        (("show", "nothing"), 1, "no agreement"),
        (("key", "nothing"), 1, "no agreement"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(
    arguments: tuple[str, ...], status: int, words: str, call: Call, place: list[str]
) -> None:
    """In words, and nothing is kept."""
    found, _, complaint = call("agreement", *place, *arguments)
    assert (found, words in complaint) == (status, True), complaint
    assert "no agreement" in call("agreement", *place, "list")[1]


def test_ending_needs_a_reason(call: Call, place: list[str]) -> None:
    """The party is told why."""
    made = call("agreement", *place, "make", *MAKE, "--dataset", "benches")[1]
    name = re.findall(r"Agreement (\w+) with", made)[0]
    assert call("agreement", *place, "revoke", name)[0] == 1
    assert "revoked" not in call("agreement", *place, "list")[1]
