"""Playing what a transcode wrote in a real browser, from first to last moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from pipeline.media.hls import Variant, master_playlist

PATIENCE_MS = 60_000
RATE = 4
"""Times real time: Chromium decodes every picture up to here."""
PLAY = """async ({source, rate, patience}) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = source;
  document.body.append(video);
  const ended = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('did not end in time, stands at ' + video.currentTime)), patience);
    video.addEventListener('ended', resolve);
    video.addEventListener('error', () => reject(new Error(video.error.message)));
  });
  await new Promise((resolve, reject) => {
    video.addEventListener('loadedmetadata', resolve);
    video.addEventListener('error', () => reject(new Error(video.error.message)));
  });
  video.playbackRate = rate;
  await video.play();
  await ended;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  return {duration: video.duration, width: video.videoWidth, height: video.videoHeight, frames,
          position: video.currentTime, sound: video.webkitAudioDecodedByteCount};
}"""


@dataclass(frozen=True)
class Played:
    """What the browser reports after the end."""

    duration: float
    width: int
    height: int
    frames: int
    position: float
    sound: int


def write_master(folder: Path, data: dict[str, Any]) -> None:
    """The master playlist of a transcode, and an empty page to play on, beside its files."""
    (folder / "index.html").write_text("<!doctype html><title>Player</title>", "utf-8")
    if data["renditions"]:
        variants = [
            Variant(
                r["playlist"],
                r["codecs"],
                r["bandwidth"],
                r["average_bandwidth"],
                r["width"],
                r["height"],
                r["frame_rate"],
            )
            for r in data["renditions"]
        ]
    else:
        variants = [Variant(a["playlist"], a["codecs"], a["bandwidth"], a["bandwidth"]) for a in data["audio"][:1]]
    (folder / "master.m3u8").write_text(master_playlist(variants), "utf-8")


def play(browser: Browser, base: str, name: str, rate: float = RATE) -> Played:
    """Play ``name`` below ``base`` to its end; a media error or no end within the page's time-out is an exception."""
    page = browser.new_page()
    try:
        page.goto(base)
        return Played(**page.evaluate(PLAY, {"source": name, "rate": rate, "patience": PATIENCE_MS}))
    finally:
        page.close()
