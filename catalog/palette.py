"""Colours of the site, derived from the organisation's own so that text always has enough contrast.

Contrast is that of WCAG 2.2: text reaches at least 5.5:1 on every surface (the norm asks for 4.5:1).
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping

DEFAULT_COLOUR = "#2f6b18"
_TEXT_CONTRAST = 5.5
_SHAPE_CONTRAST = 3.0
_DARK_TEXT_CONTRAST = 8.0
_DARK_SHAPE_CONTRAST = 4.5
_DARK_SATURATION = 0.7
"""Strong colours glow on dark surfaces."""
_BAND_CONTRAST = 9.5
"""White text on the coloured band at the top of a page."""
_VEIL_CONTRAST = 4.7
"""White text on the coloured band laid over a white picture."""
_STEPS = 200
Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 1."""

LIGHT_SURFACES = ("#ffffff", "#f7f8f3", "#eef2e7")
DARK_SURFACES = ("#1d251e", "#141a15", "#273129")


def parse(colour: str) -> Colour:
    """Read ``#rrggbb``.

    Raises:
        ValueError: it is not written so.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"{colour!r} is not a colour; write it as #rrggbb, for example {DEFAULT_COLOUR}")
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(parse(one)), _luminance(parse(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def variables(colour: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """CSS custom properties for light and for dark pages, made from the organisation's ``colour``."""
    light = {
        "accent": _reach(colour, LIGHT_SURFACES, _TEXT_CONTRAST, darker=True),
        "line": _reach(_lightest(colour), LIGHT_SURFACES, _SHAPE_CONTRAST, darker=True),
        "band": _reach(colour, ("#ffffff",), _BAND_CONTRAST, darker=True),
        "on-accent": "#ffffff",
    }
    dark = {
        "accent": _reach(_muted(colour), DARK_SURFACES, _DARK_TEXT_CONTRAST, darker=False),
        "line": _reach(_muted(colour), DARK_SURFACES, _DARK_SHAPE_CONTRAST, darker=False),
        "band": _reach(colour, ("#ffffff",), _BAND_CONTRAST * 1.4, darker=True),
        "on-accent": "#10150f",
    }
    return {**light, "veil": veil(light["band"])}, {**dark, "veil": veil(dark["band"])}


def style_sheet(colour: str) -> str:
    """The derived colours as CSS."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in sorted(one.items())) for one in variables(colour))
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def veil(band: str) -> str:
    """``band`` as see-through as white text on it allows, whatever picture lies below: ``#rrggbbaa``."""
    shade = parse(band)
    for percent in range(50, 100):
        lit = tuple(part * percent / 100 + (1 - percent / 100) for part in shade)
        if contrast("#ffffff", _hex((lit[0], lit[1], lit[2]))) >= _VEIL_CONTRAST:
            return f"{band}{round(percent * 2.55):02x}"
    return f"{band}ff"


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lightest(colour: str) -> str:
    """The same hue at two thirds lightness: where the search for the brightest usable shade begins."""
    hue, _, saturation = colorsys.rgb_to_hls(*parse(colour))
    return _hex(colorsys.hls_to_rgb(hue, 2 / 3, saturation))


def _muted(colour: str) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(colour))
    return _hex(colorsys.hls_to_rgb(hue, lightness, saturation * _DARK_SATURATION))


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def _reach(colour: str, surfaces: tuple[str, ...], ratio: float, *, darker: bool) -> str:
    """The colour nearest to ``colour``, of the same hue, that has ``ratio`` against every surface."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(colour))
    for step in range(_STEPS + 1):
        moved = lightness * (1 - step / _STEPS) if darker else lightness + (1 - lightness) * step / _STEPS
        candidate = _hex(colorsys.hls_to_rgb(hue, moved, saturation))
        if all(contrast(candidate, surface) >= ratio for surface in surfaces):
            return candidate
    return "#000000" if darker else "#ffffff"
