"""Clean cues as SubRip and as plain text, and the HLS playlist of a WebVTT file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from catalog.model import Cue
from catalog.transcript import paragraphs
from pipeline.captions.webvtt import clock


def subrip(cues: Sequence[Cue]) -> bytes:
    """A SubRip file in UTF-8; a speaker's name stands where they begin to speak."""
    blocks = []
    speaker = ""
    for number, cue in enumerate(cues, 1):
        name = f"{cue.speaker}: " if cue.speaker and cue.speaker != speaker else ""
        speaker = cue.speaker
        blocks.append(f"{number}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n{name}{cue.text}\n")
    return "\n".join(blocks).encode()


def transcript(cues: Sequence[Cue]) -> bytes:
    """Running text in UTF-8: one paragraph a line, an empty line between two, speakers in front."""
    blocks = [f"{one.speaker}: {one.text}" if one.speaker else one.text for one in paragraphs(cues)]
    return ("\n\n".join(blocks) + "\n").encode()


def hls_playlist(file: str, duration_ms: int) -> bytes:
    """A media playlist with one WebVTT file as its only segment (RFC 8216 section 3.5).

    Args:
        file: the WebVTT file, relative to the playlist.
        duration_ms: length of the recording.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max(1, ceil(duration_ms / 1000))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{duration_ms / 1000:.3f},",
        file,
        "#EXT-X-ENDLIST",
    ]
    return ("\n".join(lines) + "\n").encode()
