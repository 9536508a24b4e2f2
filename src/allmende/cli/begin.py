"""What `allmende new` does: fetch or copy, propose, write, and take back what does not fit the city."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import unquote, urlsplit

from allmende.app import data_folder, open_http
from allmende.city.load import read_city
from allmende.cli.options import Place
from allmende.collect.files import FOLDER, SCHEME
from allmende.errors import CityInvalid, NotFound, SourceRefused, SourceUnreachable, StoreFault, Unreadable
from allmende.lake.local import LocalLake
from allmende.model.city import City
from allmende.model.source import Receipt, Source
from allmende.model.text import Text
from allmende.ports import Raw
from allmende.store.sql import SqlStore
from allmende.structure.locate import read_districts
from allmende.structure.propose.propose import id_of, propose, title_of
from allmende.structure.propose.write import Proposal, dataset_text, source_text

LARGEST = 2 * 1024**3
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOTICES = ("readme*", "licen?e*", "lizenz*", "copying*")


@dataclass(frozen=True)
class Wish:
    """What somebody asked for: a file or address, and, as wanted, id, title, licence and long form."""

    what: str
    id: str = ""
    title: str = ""
    licence: str = ""
    long: bool = False


@dataclass(frozen=True)
class Proposed:
    """Files to write, by name relative to the city; `copies` are files to copy there."""

    texts: Mapping[str, str]
    summary: str
    copies: Mapping[str, Path] = field(default_factory=dict)


def propose_files(place: Place, wish: Wish) -> Proposed:
    """Read what was asked for and propose the files. Writes nothing into the city.

    Raises CityInvalid, Unreadable, SourceRefused, SourceUnreachable or NotFound.
    """
    city = _city(place.city)
    name = _file_name(wish.what)
    source = _source(city, wish, name)
    with tempfile.TemporaryDirectory() as folder:
        local = _local(wish.what)
        path = local or _download(place, city, wish.what, Path(folder))
        raw = Raw(
            path,
            Receipt(source.id, source.address, "", path.stat().st_size, datetime.now(UTC), file_name=name),
        )
        made = propose(
            raw,
            city,
            source,
            licence=wish.licence,
            notices=_notices(local),
            places=_places(place, city),
            long=wish.long,
        )
    copies = {f"{FOLDER}/{name}": local} if local else {}
    return Proposed(_texts(made), _summary(made), copies)


def _city(folder: Path) -> City:
    """The city, also when some of its files have faults: one may be adding what is missing."""
    city, problems = read_city(folder, options=False)
    if city is None:
        raise CityInvalid(sorted(set(problems)))
    return city


def _file_name(what: str) -> str:
    path = unquote(urlsplit(what).path) if _is_address(what) else what
    return Path(path).name or "data"


def _is_address(what: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*://", what) is not None


def _local(what: str) -> Path | None:
    """The file that is meant, or None for an address. Raises NotFound, Unreadable."""
    if _is_address(what):
        return None
    path = Path(what)
    if not path.exists():
        raise NotFound("there is no such file", where=what, hint="An address begins with https://.")
    if not path.is_file():
        raise Unreadable("this is a folder, not a file", where=what, hint="Name one file in it.")
    if path.stat().st_size > LARGEST:
        raise Unreadable("the file is larger than 2 GiB", where=what)
    return path


def _source(city: City, wish: Wish, name: str) -> Source:
    id_ = wish.id or id_of(name)
    if not _ID.fullmatch(id_):
        raise NotFound(
            f"{id_!r} cannot be an id",
            hint="Write lower case letters, digits and hyphens: --id street-trees.",
        )
    if id_ in city.sources or id_ in city.datasets:
        raise StoreFault(
            f"the city has a source or dataset {id_!r} already", hint="Choose another name with --id."
        )
    title = Text(wish.title, wish.title) if wish.title else title_of(name)
    publisher = city.contact.publisher
    address = wish.what if _is_address(wish.what) else f"{SCHEME}{FOLDER}/{name.replace('%', '%25')}"
    return Source(id_, title, "table", address, "monthly", attribution=publisher, owner=publisher)


def _download(place: Place, city: City, address: str, folder: Path) -> Path:
    hosts = tuple(filter(None, os.environ.get("ALLMENDE_PRIVATE_HOSTS", "").split(",")))
    proxy = os.environ.get("ALLMENDE_PROXY") or None
    http = open_http(city, place.city, place.replay, place.offline, hosts, proxy)
    fetched = http.fetch(address)
    if fetched is None:
        raise SourceUnreachable("the address gave no answer", where=address)
    target, size = folder / "raw", 0
    with target.open("wb") as file:
        for chunk in fetched.chunks:
            size += len(chunk)
            if size > LARGEST:
                raise SourceRefused("the answer is larger than 2 GiB", where=address)
            file.write(chunk)
    return target


def _notices(path: Path | None) -> tuple[tuple[str, str], ...]:
    """Texts beside the file that may state a licence."""
    if path is None:
        return ()
    beside = sorted(
        other
        for other in path.parent.iterdir()
        if other.is_file() and any(fnmatch(other.name.lower(), sign) for sign in _NOTICES)
    )
    return tuple((other.name, other.read_bytes()[:100_000].decode("utf-8", "replace")) for other in beside)


def _places(place: Place, city: City) -> frozenset[str]:
    """The codes of the city's districts, when they were published already."""
    data = data_folder(place.city, place.data)
    if city.districts is None or not (data / "store.sqlite").exists():
        return frozenset()
    store = SqlStore.open(f"sqlite:///{data / 'store.sqlite'}")
    newest = next(iter(store.versions(city.districts.dataset)), None)
    if newest is None:
        return frozenset()
    found = read_districts(city.districts, newest.pin, store, LocalLake(data))
    return frozenset(code for code in found.column("code").to_pylist() if code is not None)


def _texts(made: Proposal) -> dict[str, str]:
    return {
        f"sources/{made.source.id}.toml": source_text(made),
        f"datasets/{made.source.id}.toml": dataset_text(made),
    }


def _summary(made: Proposal) -> str:
    parsed = made.parsed
    lines = [
        f"{parsed.table.num_rows} rows, {len(parsed.columns)} columns, {parsed.rows_rejected} rows set aside"
    ]
    lines += [
        f"  row {r.row}{f', column {r.column}' if r.column else ''}: {r.reason}" for r in parsed.rejected[:5]
    ]
    if not made.confirmed:
        lines.append("Not public yet: no one vouches for the licence. Ask the owner, then use --licence.")
    return "\n".join(lines)


def write_files(folder: Path, proposed: Proposed) -> list[str]:
    """Write all files, or none: when the city refuses them they are taken back. Raises CityInvalid, StoreFault."""
    before = set(read_city(folder, options=True)[1])
    written: list[Path] = []
    try:
        for name, origin in proposed.copies.items():
            written += _copy(origin, folder / name)
        for name, text in proposed.texts.items():
            written.append(_write(folder / name, text))
        problems = [p for p in read_city(folder, options=True)[1] if p not in before]
        if problems:
            raise CityInvalid(sorted(set(problems)))
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return [str(path.relative_to(folder)) for path in written]


def _copy(origin: Path, target: Path) -> list[Path]:
    """Copy a file; nothing when it lies there already. Raises StoreFault when another one has its name."""
    if target.exists():
        if target.samefile(origin) or target.read_bytes() == origin.read_bytes():
            return []
        raise StoreFault(
            "another file with this name is there already", where=str(target), hint="Rename yours."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)
    return [target]


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise StoreFault("this file is there already", where=str(path), hint="It was left as it is.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


_CITY = """\
# Who the city is. All settings: docs/reference/city-folder.md
name = {name}
key = ""  # Amtlicher Gemeindeschluessel, eight digits
time_zone = "Europe/Berlin"
languages = ["de", "en"]
crs = "EPSG:25832"  # in which areas and lengths are measured
invented = false

[contact]  # offices, never persons
publisher = {name}
address = ""
email = ""
phone = ""
homepage = ""
privacy_office = ""
accessibility_office = ""
"""


def begin_city(folder: Path, name: str) -> list[Path]:
    """Write the folder of a city that passes `allmende check`. Raises StoreFault, NotFound."""
    import json

    slug = folder.resolve().name
    if not _ID.fullmatch(slug):
        raise NotFound(f"{slug!r} cannot stand in an address", hint="Call the folder like musterstadt.")
    for kind in ("sources", "datasets", "recipes", "indicators", "stories", FOLDER):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    words = json.dumps(name or slug.capitalize(), ensure_ascii=False)
    return [_write(folder / "city.toml", _CITY.format(name=words))]


_CONNECTOR = {
    "__init__.py": '"""What this connector reads."""\n',
    "manifest.toml": """\
id = "{id}"
kind = "connector"
title = {{ de = "{id}", en = "{id}" }}
owner = "your office"
maturity = "experimental"
entry = "connector:{name}Connector"
version = "1"
""",
    "connector.py": '''\
"""The connector {id}: bytes to rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from allmende.errors import Unreadable
from allmende.model.dataset import Column
from allmende.model.problem import Problem
from allmende.model.source import Receipt, Source
from allmende.ports import Fetched, Http, Parsed, Raw
from allmende.structure.reading.shape import FoundColumn, shape


class {name}Connector:
    """Reads one value per line; make it read what you have."""

    def check(self, source: Source) -> list[Problem]:
        """Faults in the options: there are no options."""
        where = f"sources/{{source.id}}.toml"
        hint = "Take it out."
        return [
            Problem(where, f"$.options.{{name}}", f"there is no option {{name!r}}", hint) for name in source.options
        ]

    def fetch(self, source: Source, http: Http, known: Receipt | None) -> Iterator[Fetched]:
        """The file, unless it is unchanged."""
        fetched = http.fetch(source.address, known)
        if fetched is not None:
            yield fetched

    def parse(self, raw: Raw, source: Source, columns: Sequence[Column]) -> Parsed:
        """Lines to rows. Raises Unreadable."""
        try:
            lines = raw.path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise Unreadable("this is not UTF-8", hint="Save the file as UTF-8.") from error
        if not lines:
            raise Unreadable("the file is empty")
        found = [FoundColumn("value", lines)]
        return shape(found, len(lines), columns, raw_of=lambda index: lines[index])
''',
    "README.md": "# {id}\n\nWhat it reads, from whom, and what it cannot read.\n",
    "samples/small.txt": "1\n2\n",
    "samples/small.expected.json": '{{"rows_in": 2, "columns": {{"value": "integer"}}}}\n',
    "tests/test_{id}.py": '''\
"""The connector {id} keeps what every connector must keep."""

from __future__ import annotations

from allmende.testing.connector_contract import ConnectorContract


class TestContract(ConnectorContract):
    """{id} keeps the contract."""

    connector_id = "{id}"
''',
}


def begin_connector(folder: Path) -> list[Path]:
    """Write the folder of a connector that keeps the contract. Raises StoreFault, NotFound."""
    id_ = folder.resolve().name
    if not re.fullmatch(r"[a-z][a-z0-9]*", id_):
        raise NotFound(f"{id_!r} cannot be a connector's id", hint="Write lower case letters: tram.")
    words = {"id": id_, "name": id_.capitalize()}
    return [
        _write(folder / name.format(**words), text.format(**words) if "{" in text else text)
        for name, text in _CONNECTOR.items()
    ]
