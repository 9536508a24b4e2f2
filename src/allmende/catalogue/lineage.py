"""What came from what: forwards (who uses this) and backwards (what was this made from)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from allmende.catalogue.access import Accesses
from allmende.catalogue.story_calls import Named, figures_named
from allmende.errors import NotFound
from allmende.model.city import City
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.source import Receipt
from allmende.ports import Store

DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Users:
    """Everything in the city that reads a dataset, by id."""

    datasets: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """A version, the receipts of its raw files, and the derivations of its inputs."""

    version: DatasetVersion
    receipts: tuple[Receipt, ...]
    inputs: tuple[Derivation, ...]

    def flat(self) -> tuple[Derivation, ...]:
        """This and all inputs, each version once, the farthest from the source first."""
        found = {self.version.pin: self}
        for one in self.inputs:
            for deeper in one.flat():
                found.setdefault(deeper.version.pin, deeper)
        return tuple(found.values())


class Lineage:
    """Asks the city's files forwards and the published versions backwards."""

    def __init__(self, city: City, store: Store) -> None:
        self._city = city
        self._store = store
        accesses = Accesses(city)
        self._inputs = {name: accesses.inputs(name) for name in city.datasets}

    @cached_property
    def _named(self) -> tuple[tuple[str, Named], ...]:
        """What each story names; parsed once, as every list of datasets asks for it."""
        found = ((one.id, figures_named(one.answer + "\n" + one.body)) for one in self._city.stories.values())
        return tuple((story, named) for story, named in found if named)

    def used_by(self, dataset: str) -> Users:
        """Datasets, indicators and stories that use a dataset directly."""
        indicators = tuple(i.id for i in self._city.indicators.values() if i.dataset == dataset)
        return Users(
            datasets=tuple(name for name, inputs in self._inputs.items() if dataset in inputs),
            indicators=indicators,
            stories=self._stories(dataset, set(indicators)),
        )

    def _stories(self, dataset: str, indicators: set[str]) -> tuple[str, ...]:
        found = (
            story
            for story, named in self._named
            if indicators & named.indicators or dataset in named.datasets
        )
        return tuple(dict.fromkeys(found))

    def derivation(self, pin: Pin) -> Derivation:
        """Everything a version was made from, down to raw files. Raises NotFound."""
        return self._derivation(pin, 0)

    def _derivation(self, pin: Pin, depth: int) -> Derivation:
        version = self._store.version(pin)
        receipts = tuple(receipt for sha256 in version.raw for receipt in self._store.receipts_of(sha256)[:1])
        inputs = version.inputs if depth < DEEPEST else ()
        return Derivation(version, receipts, tuple(self._input(one, depth + 1) for one in inputs))

    def _input(self, pin: Pin, depth: int) -> Derivation:
        try:
            return self._derivation(pin, depth)
        except NotFound as error:
            raise NotFound("an input of this version is gone", where=str(pin)) from error
