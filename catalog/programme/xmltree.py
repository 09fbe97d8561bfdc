"""XML as a small tree whose every element knows its line; entity bombs and external entities are refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException, handler, xmlreader

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from catalog.programme.base import Where, refuse

MAX_DEPTH = 40
MAX_ELEMENTS = 400_000


@dataclass
class Element:
    """An XML element; names are without namespace."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    """Its own character data, that of its children not included."""
    children: list[Element] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        return iter(self.children)

    @property
    def where(self) -> Where:
        """Its position."""
        return Where(self.line, self.tag)

    def child(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((one for one in self.children if one.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        """Every child of that name."""
        return [one for one in self.children if one.tag == tag]

    def get(self, *tags: str) -> str:
        """The text of the first child with one of these names that has any."""
        for tag in tags:
            for one in self.children:
                if one.tag == tag and one.text.strip():
                    return one.text.strip()
        return ""

    def attribute(self, name: str) -> str:
        """An attribute, empty when not given."""
        return self.attributes.get(name, "").strip()


def parse(name: str, content: bytes) -> Element:
    """Parse a document.

    Raises:
        InvalidDocumentError: it is not well-formed, declares entities, or is too deep or too large.
    """
    builder = _Builder(name)
    # Entities may not be declared at all, so nothing can expand; a DOCTYPE that names no other file is harmless.
    parser = create_parser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(builder)
    source = xmlreader.InputSource()
    source.setByteStream(io.BytesIO(content))
    try:
        parser.parse(source)
    except SAXParseException as error:
        place = Where(error.getLineNumber() or 0)
        raise refuse(name, f"this is not well-formed XML: {error.getMessage()}", "export it again", place) from error
    except DefusedXmlException as error:
        raise refuse(
            name, "entity declarations and references to other files are not allowed", "remove the <!DOCTYPE …> part"
        ) from error
    except (LookupError, ValueError) as error:
        raise refuse(name, f"this XML cannot be read: {error}", "save it as UTF-8") from error
    if builder.root is None:
        raise refuse(name, "the document is empty")
    return builder.root


class _Builder(handler.ContentHandler):
    """Builds the tree; text is collected in lists, since adding to strings would take quadratic time."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.root: Element | None = None
        self.stack: list[tuple[Element, list[str]]] = []
        self.count = 0
        self.locator: xmlreader.Locator | None = None

    def setDocumentLocator(self, locator: xmlreader.Locator) -> None:  # noqa: N802 - the name is the interface's
        self.locator = locator

    def startElement(self, name: str, attrs: xmlreader.AttributesImpl) -> None:  # noqa: N802 - as above
        line = self.locator.getLineNumber() or 0 if self.locator else 0
        self.count += 1
        if len(self.stack) >= MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise refuse(self.name, f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements", where=Where(line))
        attributes = {key.rpartition(":")[2]: value for key, value in attrs.items()}
        element = Element(name.rpartition(":")[2], attributes, line)
        if self.stack:
            self.stack[-1][0].children.append(element)
        else:
            self.root = element
        self.stack.append((element, []))

    def characters(self, content: str) -> None:
        self.stack[-1][1].append(content)

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002 - as above
        element, parts = self.stack.pop()
        element.text = "".join(parts)
