"""Licences by SPDX identifier: the name people know, and the text to read."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CC_VERSIONS = "4.0", "3.0", "2.5", "2.0", "1.0"
_CC_ELEMENTS = {
    "BY": "Attribution",
    "BY-SA": "Attribution-ShareAlike",
    "BY-ND": "Attribution-NoDerivatives",
    "BY-NC": "Attribution-NonCommercial",
    "BY-NC-SA": "Attribution-NonCommercial-ShareAlike",
    "BY-NC-ND": "Attribution-NonCommercial-NoDerivatives",
}
_CC = re.compile(r"CC[- ](?P<elements>BY(?:-NC)?(?:-SA|-ND)?)[- ](?P<version>\d\.\d)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Licence:
    """A licence as pages show it."""

    name: str
    title: str = ""
    """The name in full; may be empty."""
    url: str | None = None


def describe(licence: str) -> Licence:
    """Name and address of a licence given by SPDX identifier; any other text stands as it is, without an address."""
    text = licence.strip()
    if re.fullmatch(r"CC0(-1\.0)?", text, re.IGNORECASE):
        return Licence("CC0 1.0", "Public domain dedication", "https://creativecommons.org/publicdomain/zero/1.0/")
    match = _CC.match(text)
    if match and match["version"] in _CC_VERSIONS:
        elements, version = match["elements"].upper(), match["version"]
        url = f"https://creativecommons.org/licenses/{elements.lower()}/{version}/"
        return Licence(f"CC {elements} {version}", f"Creative Commons {_CC_ELEMENTS[elements]} {version}", url)
    if text.startswith(("https://", "http://")):
        return Licence(text, "", text)
    return Licence(text)
