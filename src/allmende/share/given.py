"""What handlers are given by name: annotate a parameter with one of these and it is there."""

from __future__ import annotations

from litestar.di import NamedDependency

from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.text import Language
from allmende.ports import Clock, Recompute, Store
from allmende.share.digests import Digests
from allmende.share.draw.drawings import Drawings
from allmende.share.reads import Reads

GivenReads = NamedDependency[Reads]
GivenPrincipal = NamedDependency[Principal]
GivenCity = NamedDependency[City]
GivenLanguage = NamedDependency[Language]
GivenClock = NamedDependency[Clock]
GivenStore = NamedDependency[Store]
GivenDrawings = NamedDependency[Drawings]
GivenRecompute = NamedDependency[Recompute | None]
GivenDigests = NamedDependency[Digests]
