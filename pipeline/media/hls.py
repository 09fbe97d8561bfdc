"""HLS playlists (RFC 8216): media playlists of byte ranges, and the master playlist. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.media.mp4 import Segment

VERSION = 7
"""Of the protocol: EXT-X-MAP without I-frames-only needs 6, fragmented MP4 is usual from 7 on."""


@dataclass(frozen=True)
class Variant:
    """A rendition with picture, or the only sound of a recording without any."""

    uri: str
    codecs: str
    bandwidth: int
    """Peak bit/s."""
    average_bandwidth: int
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


@dataclass(frozen=True)
class AudioRendition:
    """Another sound for the same pictures, e.g. an interpretation; the main sound is inside every variant."""

    uri: str
    language: str
    name: str
    codecs: str
    bandwidth: int


@dataclass(frozen=True)
class Subtitles:
    """Captions of one language."""

    uri: str
    language: str
    name: str
    automatic: bool = False
    """Whether a machine wrote them."""


def media_playlist(media: str, init: str, segments: Sequence[Segment]) -> str:
    """The playlist of one rendition whose segments are byte ranges of ``media``."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration(segments)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init}"',
    ]
    for segment in segments:
        lines += [
            f"#EXTINF:{segment.duration_ms / 1000:.6f},",
            f"#EXT-X-BYTERANGE:{segment.size}@{segment.offset}",
            media,
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def target_duration(segments: Sequence[Segment]) -> int:
    """The longest segment in whole seconds, rounded to the nearest (RFC 8216, 4.3.3.1), at least 1."""
    longest = max((segment.duration_ms for segment in segments), default=0)
    return max(1, math.floor(longest / 1000 + 0.5))


def bandwidths(segments: Sequence[Segment]) -> tuple[int, int]:
    """Peak and average bit/s.

    The peak is the largest bit rate of any consecutive segments that last between half and one and a half times the
    target duration (RFC 8216, 4.1): a short last segment alone does not count.
    """
    total_ms = sum(segment.duration_ms for segment in segments)
    average = _rate(sum(segment.size for segment in segments), total_ms)
    target_ms = target_duration(segments) * 1000
    peak = average
    for first in range(len(segments)):
        size, length_ms = 0, 0.0
        for segment in segments[first:]:
            size, length_ms = size + segment.size, length_ms + segment.duration_ms
            if length_ms > 1.5 * target_ms:
                break
            if length_ms >= 0.5 * target_ms:
                peak = max(peak, _rate(size, length_ms))
    return peak, average


def _rate(size: int, length_ms: float) -> int:
    return math.ceil(size * 8000 / length_ms) if length_ms > 0 else 0


def master_playlist(
    variants: Iterable[Variant], audio: Sequence[AudioRendition] = (), subtitles: Sequence[Subtitles] = ()
) -> str:
    """The master playlist. All variants have the main sound inside; ``audio`` are further languages.

    Raises:
        ValueError: there is no variant.
    """
    listed = sorted(variants, key=lambda one: one.bandwidth)
    if not listed:
        raise ValueError("a master playlist needs a variant")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if audio:
        lines.append(_media("AUDIO", "sound", "Original", None, default="YES", autoselect="YES"))
        lines += [_media("AUDIO", "sound", one.name, one.language, autoselect="YES", uri=one.uri) for one in audio]
    for one in subtitles:
        traits = "public.accessibility.transcribes-spoken-dialog"
        lines.append(
            _media("SUBTITLES", "captions", one.name, one.language, autoselect="YES", uri=one.uri, traits=traits)
        )
    for variant in _start_in_the_middle(listed):
        lines += [_stream(variant, audio, subtitles), variant.uri]
    return "\n".join([*lines, ""])


def _start_in_the_middle(listed: Sequence[Variant]) -> list[Variant]:
    """Players begin with the first variant: not with the heaviest, nor with the worst picture."""
    common = [one for one in listed if not one.codecs.startswith("av01")] or listed  # every player has these
    start = next((one for one in reversed(common) if 0 < one.height <= 480), common[0])
    return [start, *(one for one in listed if one is not start)]


def _media(kind: str, group: str, name: str, language: str | None, **attributes: str) -> str:
    """An EXT-X-MEDIA tag. DEFAULT=NO is what its absence means."""
    parts = [f"TYPE={kind}", f'GROUP-ID="{group}"', f'NAME="{_quotable(name)}"']
    if language:
        parts.append(f'LANGUAGE="{_quotable(language)}"')
    parts += [f"{key.upper()}={attributes[key]}" for key in ("default", "autoselect") if key in attributes]
    if "traits" in attributes:
        parts.append(f'CHARACTERISTICS="{attributes["traits"]}"')
    if "uri" in attributes:
        parts.append(f'URI="{_quotable(attributes["uri"])}"')
    return f"#EXT-X-MEDIA:{','.join(parts)}"


def _stream(variant: Variant, audio: Sequence[AudioRendition], subtitles: Sequence[Subtitles]) -> str:
    heaviest = max((one.bandwidth for one in audio), default=0)
    codecs = [variant.codecs, *(one.codecs for one in audio if one.codecs not in variant.codecs.split(","))]
    parts = [
        f"BANDWIDTH={variant.bandwidth + heaviest}",  # of the largest playable combination
        f"AVERAGE-BANDWIDTH={variant.average_bandwidth + heaviest}",
        f'CODECS="{",".join(dict.fromkeys(codecs))}"',
    ]
    if variant.width and variant.height:
        parts.append(f"RESOLUTION={variant.width}x{variant.height}")
    if variant.frame_rate:
        parts.append(f"FRAME-RATE={variant.frame_rate:.3f}")
    if audio:
        parts.append('AUDIO="sound"')
    if subtitles:
        parts.append('SUBTITLES="captions"')
    return f"#EXT-X-STREAM-INF:{','.join(parts)}"


def _quotable(text: str) -> str:
    """A quoted string may hold neither quotes nor line ends (RFC 8216, 4.2)."""
    return " ".join(text.replace('"', "'").split())
