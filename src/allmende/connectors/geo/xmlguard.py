"""XML from outside is read once by a hardened parser before any library with a larger surface sees it."""

from __future__ import annotations

from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
from defusedxml.common import DefusedXmlException

from allmende.errors import Unreadable

DEEPEST = 100


class Depth(ContentHandler):
    """Counts how deep elements are nested, and stops early."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """One level down; Unreadable when no map data can be that deep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"the XML is nested more than {DEEPEST} levels deep")

    def endElement(self, name: str) -> None:
        """One level up."""
        self.depth -= 1


def check_xml(path: Path) -> None:
    """Unreadable for broken XML (with line and column), for entities and for document types."""
    try:
        with path.open("rb") as file:
            defusedxml.sax.parse(file, Depth(), forbid_dtd=True)
    except SAXParseException as error:
        raise Unreadable(
            f"broken XML in line {error.getLineNumber()}, column {(error.getColumnNumber() or 0) + 1}: "
            f"{error.getMessage()}",
            hint="The file may have been cut off; its raw bytes are kept.",
        ) from None
    except DefusedXmlException as error:
        raise Unreadable(
            f"the XML declares a document type or entities ({type(error).__name__})",
            hint="That can be an attack, and map data need none.",
        ) from None
    except (ValueError, LookupError, OSError) as error:
        raise Unreadable(f"the XML cannot be read: {error}") from None
