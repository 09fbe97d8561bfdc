"""What a recording shows: slides that stand, or what a camera sees. Pure.

Told by the sizes of the source's packets, which the probe has read anyway. Where hardly anything moves, a picture
between two key frames takes next to nothing beside a whole one, however well or badly the source is coded: 0.2 % for
slides with a talking head in the corner, 4 to 35 % for camera footage.
"""

from __future__ import annotations

from enum import StrEnum

from pipeline.media.probe import VideoTrack

STANDS = 0.02
"""Up to this ``VideoTrack.change`` a recording shows slides."""


class Content(StrEnum):
    """What the picture is of."""

    SLIDES = "slides"
    """Slides or a screen, perhaps with a talking head: most of it stands."""
    CAMERA = "camera"
    """All of it moves, if only by the noise of a sensor."""


def content(video: VideoTrack) -> Content:
    """What the recording shows; sources of key frames only count as camera footage, since nothing tells."""
    return Content.SLIDES if video.change <= STANDS else Content.CAMERA


def described(video: VideoTrack) -> str:
    """In words, with the figure, for ``-v``."""
    share = f"a picture between key frames takes {100 * video.change:.2g} % of a whole one"
    if content(video) is Content.SLIDES:
        return f"coded as slides: {share}"
    return f"coded as camera footage: {share}"
