"""Extensions: their manifests are read without importing anything; code is loaded on first use.

Our own folders (`connectors/*/manifest.toml` and so on) and a stranger's package, named by an entry
point of the group `allmende.extensions` whose value is the package with the `manifest.toml`, are
found in the same way. One broken extension never breaks the others: its faults are `problems()`.
"""

from __future__ import annotations

import importlib
import importlib.util
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from allmende.errors import NotFound
from allmende.model.problem import Problem
from allmende.model.text import Text
from allmende.ports import Connector, Decoder, Instrument, Standard

GROUP = "allmende.extensions"
FOLDERS = {
    "connectors": "connector",
    "decoders": "decoder",
    "instruments": "instrument",
    "standards": "standard",
    "modules": "module",
}
MATURITIES = ("experimental", "usable", "proven")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an extension says of itself; `entry` is `module:Class` inside `package`."""

    id: str
    kind: str
    title: Text
    owner: str
    maturity: str
    entry: str
    version: str
    package: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """All manifests that could be read, and the faults of those that could not."""

    manifests: tuple[Manifest, ...]
    problems: tuple[Problem, ...]


def parse_manifest(text: str, package: str, folder: Path) -> Manifest:
    """The manifest in `text`; ValueError says which key is missing or wrong."""
    values = tomllib.loads(text)
    title = values.get("title", {})
    if not isinstance(title, dict) or not title.get("de") or not title.get("en"):
        raise ValueError("title needs both de and en")
    words = {key: _word(values, key) for key in ("id", "kind", "owner", "maturity", "entry", "version")}
    if words["kind"] not in FOLDERS.values():
        raise ValueError(f"kind is one of {', '.join(FOLDERS.values())}, not {words['kind']!r}")
    if words["maturity"] not in MATURITIES:
        raise ValueError(f"maturity is one of {', '.join(MATURITIES)}, not {words['maturity']!r}")
    return Manifest(title=Text(title["de"], title["en"]), package=package, folder=folder, **words)


def _word(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing or not a text")
    return value


@cache
def found() -> Found:
    """Every extension of this installation, read once."""
    return read_manifests([*_own(), *_strangers(entry_points(group=GROUP))])


def read_manifests(places: Iterable[tuple[str, Path]]) -> Found:
    """Read the manifest of each (package, folder); the first of two with one kind and id counts."""
    manifests: dict[tuple[str, str], Manifest] = {}
    problems: list[Problem] = []
    for package, folder in places:
        path = folder / "manifest.toml"
        try:
            manifest = parse_manifest(path.read_text(encoding="utf-8"), package, folder)
        except (OSError, ValueError) as error:
            problems.append(Problem(str(path), "$", f"the manifest of {package} cannot be read: {error}"))
            continue
        key = (manifest.kind, manifest.id)
        if key in manifests:
            other = manifests[key].package
            problems.append(Problem(str(path), "$.id", f"{manifest.kind} {manifest.id!r} is already {other}"))
        else:
            manifests[key] = manifest
    return Found(tuple(manifests.values()), tuple(problems))


def _own() -> Iterator[tuple[str, Path]]:
    root = Path(__file__).parent
    for plural in FOLDERS:
        for path in sorted((root / plural).glob("*/manifest.toml")):
            yield f"allmende.{plural}.{path.parent.name}", path.parent


def _strangers(points: Iterable[EntryPoint]) -> Iterator[tuple[str, Path]]:
    for point in points:
        folder = _folder_of(point.value)
        yield point.value, folder if folder else Path(point.value.replace(".", "/"))


def _folder_of(package: str) -> Path | None:
    """Where `package` lies, without importing it: only the top package is looked up, the rest are folders."""
    top, *rest = package.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).joinpath(*rest)


def manifests(kind: str | None = None) -> tuple[Manifest, ...]:
    """The extensions of one kind, or all."""
    return tuple(m for m in found().manifests if kind in (None, m.kind))


def problems() -> tuple[Problem, ...]:
    """The faults of extensions that could not be read."""
    return found().problems


def manifest(kind: str, id_: str) -> Manifest:
    """The manifest of one extension; NotFound names the nearest that exists."""
    for candidate in manifests(kind):
        if candidate.id == id_:
            return candidate
    known = [m.id for m in manifests(kind)]
    near = get_close_matches(id_, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."
    raise NotFound(f"there is no {kind} {id_!r}", hint=hint)


def load(kind: str, id_: str) -> Any:
    """A new instance of what the extension's `entry` names; its code is imported only now.

    Raises NotFound when there is none or its code does not load (a stranger's fault must not end
    the platform, hence the wide catch).
    """
    described = manifest(kind, id_)
    module, _, name = described.entry.partition(":")
    try:
        return getattr(importlib.import_module(f"{described.package}.{module}"), name)()
    except Exception as error:
        raise NotFound(
            f"the {kind} {id_!r} does not load: {type(error).__name__}: {error}",
            where=str(described.folder),
            hint=f"Ask {described.owner}, or take the extension out.",
        ) from error


@cache
def load_connector(id_: str) -> Connector:
    """The connector called `id_`, loaded once; NotFound when there is none or it is broken."""
    return cast(Connector, load("connector", id_))


def connector_ids() -> tuple[str, ...]:
    """The ids of all connectors, in order of the alphabet."""
    return tuple(sorted(m.id for m in manifests("connector")))


@cache
def load_decoder(id_: str) -> Decoder:
    """The decoder called `id_`, loaded once; NotFound when there is none or it is broken."""
    return cast(Decoder, load("decoder", id_))


def decoder_ids() -> tuple[str, ...]:
    """The ids of all decoders, in order of the alphabet."""
    return tuple(sorted(m.id for m in manifests("decoder")))


@cache
def load_standard(id_: str) -> Standard:
    """The standard called `id_`, loaded once; NotFound when there is none or it is broken."""
    return cast(Standard, load("standard", id_))


@cache
def load_instrument(id_: str) -> Instrument:
    """The instrument called `id_`, loaded once; NotFound when there is none or it is broken."""
    return cast(Instrument, load("instrument", id_))


def instrument_ids() -> tuple[str, ...]:
    """The ids of all instruments, in order of the alphabet."""
    return tuple(sorted(m.id for m in manifests("instrument")))
