"""Which reader understands which kind of catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from allmende.collect.harvest.ckan import CkanReader
from allmende.collect.harvest.dcat import AllmendeReader, DcatReader
from allmende.collect.harvest.dcat_us import DcatUsReader, HubReader
from allmende.collect.harvest.ogc_api import OgcApiReader
from allmende.collect.harvest.page import Reader
from allmende.collect.harvest.udata import UdataReader
from allmende.collect.harvest.wfs import WfsReader
from allmende.model.harvest import HarvestKind

READERS: Mapping[HarvestKind, Reader] = {
    "ckan": CkanReader(),
    "dcat": DcatReader(),
    "dkan": DcatUsReader(),
    "arcgis-hub": HubReader(),
    "udata": UdataReader(),
    "wfs": WfsReader(),
    "ogc-api": OgcApiReader(),
    "allmende": AllmendeReader(),
}
READ_AS = 1
"""Grows when the readers make something else of the same bytes, so that all catalogues are read again."""
