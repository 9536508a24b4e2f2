"""Which files a city's folder has: one table of kinds, found and read as text. Nothing is decoded here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from allmende.model.problem import Problem
from allmende.model.text import LANGUAGES

CITY_FILE = "city.toml"
LARGEST = 1024 * 1024
MOST_FILES = 5000
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the folder it lies in, how its name ends, and whether the name carries a language."""

    folder: str
    suffix: str
    by_language: bool = False


KINDS = (
    Kind("sources", ".toml"),
    Kind("datasets", ".toml"),
    Kind("recipes", ".sql"),
    Kind("indicators", ".toml"),
    Kind("stories", ".md", by_language=True),
    Kind("sensors", ".toml"),
    Kind("ways", ".toml"),
    Kind("reuses", ".toml"),
    Kind("catalogues", ".toml"),
)
_KINDS = {kind.folder: kind for kind in KINDS}
# Folders that belong to a city but are read by others: local data files, decoders' scripts, shapes, modules, looks, words.
OTHERS = ("files", "decoders", "places", "modules", "theme", "messages")


@dataclass(frozen=True, slots=True)
class CityFile:
    """One file as text. `name` is relative to the city, `id` its name, `language` empty but for stories."""

    name: str
    kind: str
    id: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Every file that could be read, and the faults of those that could not."""

    files: tuple[CityFile, ...]
    problems: tuple[Problem, ...]


def find(folder: Path) -> Found:
    """Read all files of the city in `folder`. Never raises: what cannot be read is a Problem."""
    if not folder.is_dir():
        hint = "Give the folder that has the file city.toml."
        return Found((), (Problem(str(folder), "$", "there is no such folder", hint),))
    files: list[CityFile] = []
    problems: list[Problem] = []
    try:
        root = folder.resolve()
        for entry in _read_all(root):
            if isinstance(entry, Problem):
                problems.append(entry)
            else:
                files.append(entry)
    except OSError as error:
        problems.append(Problem(str(folder), "$", f"the folder cannot be read: {error.strerror}"))
    return Found(tuple(files), tuple(problems))


def _read_all(root: Path) -> Iterator[CityFile | Problem]:
    if not _ID.fullmatch(root.name):
        hint = "Call it like the city, in lower case: musterstadt."
        yield Problem(
            CITY_FILE, "$", f"the folder's name {_shown(root.name)!r} cannot stand in an address", hint
        )
    yield _read(root, root / CITY_FILE, CITY_FILE, ("city", root.name, ""))
    yield from _strange_neighbours(root)
    count = 0
    for kind in KINDS:
        for path in sorted(_inside(root / kind.folder)):
            count += 1
            if count > MOST_FILES:
                yield Problem(kind.folder, "$", f"there are more than {MOST_FILES} files", "Split the city.")
                return
            yield _read_kind(root, kind, path)


def _inside(folder: Path) -> Iterator[Path]:
    """All files below `folder` that are not hidden; links are listed, but never followed."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in [*names, *linked] if not name.startswith("."))


def _strange_neighbours(root: Path) -> Iterator[Problem]:
    known = [*_KINDS, *OTHERS]
    for path in sorted(root.iterdir()):
        if path.name in known or path.name == CITY_FILE or path.name.startswith("."):
            continue
        near = get_close_matches(path.name, [*known, CITY_FILE], n=1, cutoff=0.7)
        if path.is_dir() or near:
            hint = f"Did you mean {near[0]!r}?" if near else f"Folders are: {', '.join(known)}."
            yield Problem(_shown(path.name), "$", "nobody reads this", hint)


def _read_kind(root: Path, kind: Kind, path: Path) -> CityFile | Problem:
    name = _shown(path.relative_to(root).as_posix())
    named = _name(kind, path.relative_to(root / kind.folder).as_posix())
    if isinstance(named, str):
        return Problem(name, "$", named, _name_hint(kind))
    return _read(root, path, name, (kind.folder, *named))


def _name(kind: Kind, name: str) -> tuple[str, str] | str:
    """Id and language in a file's name, or what is wrong with it."""
    if not name.endswith(kind.suffix):
        return f"a file of {kind.folder} ends with {kind.suffix}"
    stem, language = name.removesuffix(kind.suffix), ""
    if kind.by_language:
        stem, _, language = stem.rpartition(".")
        if language not in LANGUAGES:
            return "the name does not say the language"
    if not _ID.fullmatch(stem) or len(stem) > 100:
        return "the file's name is the id: lower case letters, digits and single hyphens"
    return stem, language


def _name_hint(kind: Kind) -> str:
    language = ".de" if kind.by_language else ""
    return f"Call it like {kind.folder}/street-trees{language}{kind.suffix}."


def _read(root: Path, path: Path, name: str, named: tuple[str, str, str]) -> CityFile | Problem:
    fault = _fault_before_reading(root, path, name)
    if fault is not None:
        return fault
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(
            name, "$", f"byte {error.start + 1} of the file is not UTF-8", "Save the file as UTF-8."
        )
    except OSError as error:
        return Problem(name, "$", f"the file cannot be read: {error.strerror}")
    if "\0" in text:
        return Problem(name, "$", "there is a NUL byte in the file", "It is not a text; save it anew.")
    return CityFile(name, *named, text.replace("\r\n", "\n"))


def _fault_before_reading(root: Path, path: Path, name: str) -> Problem | None:
    try:
        if not path.resolve().is_relative_to(root):
            return Problem(name, "$", "this link leads out of the city's folder", "Copy the file into it.")
        if not path.is_file():
            return _missing(path, name)
        too_large = path.stat().st_size > LARGEST
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle, before Python 3.13
        return Problem(name, "$", f"the file cannot be read: {error}")
    hint = "Data belong into files/."
    return Problem(name, "$", f"the file is larger than {LARGEST // 1024} KiB", hint) if too_large else None


def _missing(path: Path, name: str) -> Problem:
    if name == CITY_FILE and not path.exists():
        return Problem(name, "$", "there is no city.toml", "Is this the folder of a city?")
    return Problem(name, "$", "this is not a file")


def _shown(name: str) -> str:
    """A name from the disk that can be printed anywhere."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)
