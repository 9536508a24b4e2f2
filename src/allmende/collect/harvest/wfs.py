"""Capabilities of a Web Feature Service (WFS 1.1 and 2.0; OGC 09-025r2): every feature type is a dataset."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from allmende.collect.harvest.licences import licence_of
from allmende.collect.harvest.page import Page, plain, short, web_address
from allmende.errors import Unreadable
from allmende.model.harvest import ForeignCatalogue, ForeignDataset, ForeignDistribution


class WfsReader:
    """Reads a capabilities document."""

    def first(self, catalogue: ForeignCatalogue) -> str:
        """GetCapabilities at the service; other parameters of its address are kept."""
        return _asked(catalogue.address, {"service": "WFS", "request": "GetCapabilities"})

    def read(self, content: bytes, address: str) -> Page:
        """The feature types. Raises Unreadable."""
        root = parse_xml(content)
        if not _name(root).endswith("_Capabilities"):
            raise Unreadable(f"this is no description of a WFS, but <{short(_name(root), 80)}>")
        publisher = _text(root, "ProviderName")
        licence = licence_of(_text(root, "AccessConstraints"), _text(root, "Fees"))
        found = [
            _dataset(one, address, publisher, licence) for one in root.iter() if _name(one) == "FeatureType"
        ]
        good = tuple(one for one in found if one.identifier and one.title)
        faults = (f"{len(found) - len(good)} feature types have no name",) if len(good) < len(found) else ()
        return Page(good, faults)


def parse_xml(content: bytes) -> Element:
    """The root element. Raises Unreadable for broken XML, document types and entities."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise Unreadable(f"broken XML: {error}") from None
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(f"the XML cannot be read: {type(error).__name__}") from None
    return root


def _asked(address: str, wanted: dict[str, str]) -> str:
    parts = urlsplit(address)
    kept = {name: value for name, value in parse_qsl(parts.query) if name.lower() not in wanted}
    return urlunsplit(parts._replace(query=urlencode({**kept, **wanted})))


def _dataset(one: Element, address: str, publisher: str, licence: tuple[str, str]) -> ForeignDataset:
    name = short(_text(one, "Name"))
    keywords = tuple(dict.fromkeys(short(k.text) for k in one.iter() if _name(k) == "Keyword" and k.text))
    wanted = {"service": "WFS", "request": "GetFeature", "version": "2.0.0", "typenames": name}
    return ForeignDataset(
        identifier=name,
        title=short(_text(one, "Title")) or name,
        description=plain(_text(one, "Abstract")),
        publisher=short(publisher),
        licence=licence[0],
        licence_given=short(licence[1]),
        landing_page=web_address(_asked(address, {"service": "WFS", "request": "GetCapabilities"})),
        keywords=keywords[:200],
        distributions=(ForeignDistribution(name, web_address(_asked(address, wanted)), "WFS"),),
    )


def _name(one: Element) -> str:
    return one.tag.rpartition("}")[2] if isinstance(one.tag, str) else ""


def _text(one: Element, name: str) -> str:
    return next((found.text or "" for found in one.iter() if _name(found) == name), "").strip()
