"""XML documents: a thin layer over ElementTree that keeps prefixes as written and drops what XML cannot hold."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str | None) -> ET.Element:
    """Add an element; attributes that are ``None`` are left out, ``rel_`` and the like lose their underscore."""
    given = {name.rstrip("_"): clean(value) for name, value in attributes.items() if value is not None}
    element = ET.SubElement(parent, tag, given)
    if text is not None:
        element.text = clean(text)
    return element


def clean(text: str) -> str:
    """``text`` without characters that XML 1.0 cannot hold."""
    return _IMPOSSIBLE.sub("", text)


def document(root: ET.Element) -> bytes:
    """The document with its declaration."""
    ET.indent(root, " ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(ET.tostring(root, encoding="utf-8")) + b"\n"
