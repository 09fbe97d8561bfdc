"""Many small pieces in one file, each of which a browser can read alone: by a range of bytes, as it seeks in a video.

A pack begins with the places of its pieces, ``n + 1`` numbers of 32 bits, the least byte first: piece ``i`` is from the
``i``-th of them to the next. Each piece is compressed by itself (zlib, RFC 1950); an empty one takes no byte.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from itertools import accumulate

_LEVEL = 6
"""Of compression; more takes half as long again, for nothing."""
_PLACE = 4
"""Bytes of a number."""


def pack(pieces: Iterable[bytes]) -> bytes:
    """Pieces as one file of at most 4 GB."""
    packed = [zlib.compress(piece, _LEVEL) if piece else b"" for piece in pieces]
    places = accumulate(map(len, packed), initial=_PLACE * (len(packed) + 1))
    return struct.pack(f"<{len(packed) + 1}I", *places) + b"".join(packed)
