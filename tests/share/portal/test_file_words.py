"""Every problem of a file and every reason of a row has words in both languages, and they can be filled in."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import allmende
from allmende.model.fault import DIED, FAULTS, UNUSABLE
from allmende.model.received import FileKind, FileProblem
from allmende.model.source import Rejected
from allmende.model.text import Language
from allmende.share.portal.file_words import say_fault, say_problem, say_rejected
from allmende.share.portal.words import Words, words
from allmende.structure.receiving import excel
from allmende.structure.receiving.look import NO_TABLES

SOURCE = Path(allmende.__file__).parent
LANGUAGES: tuple[Language, ...] = ("de", "en")


def codes() -> set[str]:
    """The codes that the code gives to files."""
    texts = [path.read_text(encoding="utf-8") for path in (SOURCE / "structure" / "receiving").glob("*.py")]
    found = {code for text in texts for code in re.findall(r'(?:FileProblem|_at)\(\s*"(\w+)"', text)}
    for folder in ("structure/receiving", "structure/reading", "structure/propose", "connectors/table"):
        for path in (SOURCE / folder).glob("*.py"):
            found |= set(re.findall(r'\bcode="(\w+)"', path.read_text(encoding="utf-8")))
    found |= {code for code, _ in excel._PARTS}
    found |= {
        "mixed_numbers",
        "mixed_days",
        "formula_text",
        "markup",
        "broken_letters",
        "merged",
        "merged_down",
    }
    return found | {f"is_{kind}" for kind in NO_TABLES} | {"several_tables", "several_sheets"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_words(language: Language) -> None:
    """What, and for what stops or asks also what to do."""
    t = Words(language)
    assert len(codes()) > 40
    assert {code for code in codes() if not t.knows(f"file_problem.{code}")} == set()
    assert {
        kind for kind in get_args(FileKind) if kind not in NO_TABLES and not t.knows(f"file_kind.{kind}")
    } == set()


def test_both_languages_ask_for_the_same() -> None:
    """A word with a name to fill in has it in both languages."""
    german, english = words("de"), words("en")
    for name in german:
        if name.startswith(("file", "rejected")):
            asked = [
                {field for _, field, _, _ in Formatter().parse(one[name]) if field}
                for one in (german, english)
            ]
            assert asked[0] == asked[1], name


def test_a_problem_says_what_where_and_what_to_do() -> None:
    """In the reader's language, with the file's own words in it."""
    problem = FileProblem("hidden_rows", "ask", "Blatt {1}", 5, params={"count": "2", "rows": "5, 6"})
    said = say_problem(problem, Words("de"))
    assert said.where == "Blatt „Blatt {1}“, Zeile 5"
    assert said.what == "2 Zeilen sind ausgeblendet (5, 6). Sie würden mit veröffentlicht."
    assert said.do.startswith("Löschen Sie in Excel")
    misnamed = FileProblem("misnamed", params={"ending": ".xls", "kind": "text"})
    assert say_problem(misnamed, Words("en")).what.startswith(
        "The file is called .xls, but is a text file (CSV)"
    )
    assert say_problem(FileProblem("new_one"), Words("de")).what == "new_one"


def test_reasons_of_rows() -> None:
    """With the value that stood there; what was kept without a code stays as it was noted."""
    row = Rejected(1, "a", "'x' is not a number", "x;1", "not_number", "{x}")
    assert say_rejected(row, Words("de")) == "„{x}“ ist keine Zahl"
    assert say_rejected(row, Words("en")) == "“{x}” is not a number"
    assert say_rejected(Rejected(1, "a", "'x' is not a number", "x;1"), Words("de")) == "'x' is not a number"


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_of_work_have_words(language: Language) -> None:
    """Sentences that the store keeps are told in the reader's language; others as they were noted."""
    t = Words(language)
    assert all(say_fault(fault, t) != fault for fault in FAULTS)
    assert say_fault("the address did not answer", t) == "the address did not answer"
    assert say_fault(DIED, Words("de")).startswith("Die Arbeit daran")
    assert "PDF-Datei" in say_fault(f"{UNUSABLE} (is pdf)", Words("de"))
    assert say_fault(f"{UNUSABLE} (several files)", Words("de")) == "Diese Datei kann nicht verwendet werden."
