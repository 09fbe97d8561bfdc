"""The commands for sound; nothing runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.edits import Channels
from pipeline.media import sounds
from pipeline.media.command import Command
from pipeline.media.loudness import Gain


def chain(command: Command) -> str:
    """The filters up to the loudness meter, without the names of their ends."""
    graph = command.argv[command.argv.index("-filter_complex") + 1]
    steps = [part.split("]", 1)[1].rsplit("[", 1)[0] for part in graph.split(";")]
    return ",".join(step for step in steps if not step.startswith(("asplit", "ametadata")) and "[" not in step)


@pytest.mark.parametrize("gain", [Gain(), Gain(7.5), Gain(10, limited=True)], ids=["none", "linear", "limited"])
@pytest.mark.parametrize("side", [None, Channels.LEFT, Channels.MIX])
def test_what_is_measured_is_what_is_encoded(gain: Gain, side: Channels | None) -> None:
    """The same filters in front of the meter, so that a gain is judged by what it will do; nothing is encoded."""
    measured = sounds.louder(Path("x"), 1000, gain, side)
    encoded = sounds.aac(Path("x"), 1000, 64_000, gain, side)
    assert chain(measured) == chain(encoded)
    assert ("alimiter" in chain(measured), "volume" in chain(measured)) == (gain.limited, bool(gain.db))
    assert "ebur128" in chain(measured)
    assert "aac" in encoded.argv
    assert "aac" not in measured.argv
    assert measured.argv[-1] == "-"
