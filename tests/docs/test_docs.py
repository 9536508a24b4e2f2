"""What the documentation says is true: generated pages follow from the code, and links lead somewhere."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from allmende.cli.settings import SETTINGS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/README.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SETTING = re.compile(r"\bALLMENDE_[A-Z_]*[A-Z]\b")


@pytest.fixture(scope="module")
def generate() -> dict[str, Any]:
    """The names of docs/generate.py."""
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.mark.parametrize(
    "page",
    [
        "glossary.md",
        "reference/command-line.md",
        "reference/settings.md",
        "reference/errors.md",
        "reference/pages.md",
        "reference/doubts.md",
    ],
)
def test_generated_pages_follow_from_the_code(page: str, generate: dict[str, Any]) -> None:
    """Commands, options, settings, errors and words of the model are documented as they are."""
    assert page in generate["PAGES"]
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == generate["wanted"](page), "run `make format`"


def test_every_option_has_a_meaning(generate: dict[str, Any]) -> None:
    """No command and no option is without help."""
    rows = [line for line in generate["commands"]().splitlines() if line.startswith("| `")]
    assert rows
    assert [row for row in rows if not row.split("|")[2].strip()] == []


def test_every_word_has_a_meaning(generate: dict[str, Any]) -> None:
    """Each class of the domain language has a docstring of its own, not the one dataclass writes."""
    for module in generate["_modules"]():
        for name, class_ in generate["_classes"](module):
            text = class_.__doc__ or ""
            assert text
            assert not text.startswith(f"{name}("), f"{name} has no docstring"


def test_settings_of_the_code_are_declared() -> None:
    """Every ALLMENDE_ variable named in the code or the Makefile is in the table of settings."""
    declared = {setting.name for setting in SETTINGS}
    sources = [*ROOT.glob("src/allmende/**/*.py"), ROOT / "Makefile"]
    named = {name for path in sources for name in _SETTING.findall(path.read_text(encoding="utf-8"))}
    assert named - {"ALLMENDE_SERVED_PLACE"} <= declared


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Links between pages of the documentation exist."""
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8"))]
    lost = [link for link in links if link and "://" not in link and not link.startswith(("mailto:", "/"))
            and not (page.parent / link).exists()]  # fmt: skip
    assert lost == []


def test_every_dependency_has_a_reason() -> None:
    """docs/why/dependencies.md names every package of pyproject.toml, and no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(w for extra in project["optional-dependencies"].values() for w in extra),
    ]
    declared = {re.split(r"[^a-z0-9-]", word)[0] for word in wanted}
    text = (ROOT / "docs" / "why" / "dependencies.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| ([a-z0-9-]+) \|", text, re.MULTILINE)) - {"package"}
    assert named == declared


def test_locks_hold_what_is_declared() -> None:
    """Each lock pins every package it is for, with hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    locks = {
        "requirements.lock": project["dependencies"],
        "requirements-build.lock": [*project["dependencies"], *extras["build"]],
        "requirements-dev.lock": [*project["dependencies"], *extras["build"], *extras["test"]],
    }
    for lock, wanted in locks.items():
        text = (ROOT / lock).read_text(encoding="utf-8")
        pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        assert {re.split(r"[^a-z0-9-]", word)[0] for word in wanted} <= pinned, lock
        assert text.count("==") <= text.count("--hash=sha256:")
