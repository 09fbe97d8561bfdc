"""Playing what a transcode wrote in a real browser, from first to last moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from catalog.manifest import Artifact, ArtifactFile
from pipeline.stages.enrich import MASTER, MASTER_AV1, master

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
    """The master playlists of a transcode, and an empty page to play on, beside its files."""
    (folder / "index.html").write_text("<!doctype html><title>Player</title>", "utf-8")
    media = Artifact(
        key="",
        stage="transcode",
        data=data,
        files=tuple(ArtifactFile(name=one.name, bytes=0, sha256="") for one in folder.iterdir()),
    )
    for name, av1 in ((MASTER, False), (MASTER_AV1, True)):
        text = master(media, (), av1=av1).replace(f"../{media.digest}/", "")
        (folder / name).write_text(text, "utf-8")


def play(browser: Browser, base: str, name: str, rate: float = RATE) -> Played:
    """Play ``name`` below ``base`` to its end; a media error or no end within the page's time-out is an exception."""
    page = browser.new_page()
    try:
        page.goto(base)
        return Played(**page.evaluate(PLAY, {"source": name, "rate": rate, "patience": PATIENCE_MS}))
    finally:
        page.close()


HLS_JS = """async ({source, rate, patience}) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({enableWorker: false});
  const ended = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('did not end in time, stands at ' + video.currentTime)), patience);
    video.addEventListener('ended', resolve);
    hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) reject(new Error(data.details)); });
  });
  const codecs = new Set();
  hls.on(Hls.Events.FRAG_BUFFERED, (_, {frag}) => codecs.add(hls.levels[frag.level].videoCodec));
  hls.on(Hls.Events.MANIFEST_PARSED, () => { video.playbackRate = rate; video.play(); });
  hls.loadSource(source);
  hls.attachMedia(video);
  await ended;
  return [...codecs];
}"""


def play_by_hls_js(browser: Browser, base: str, name: str, script: Path, rate: float = RATE) -> list[str]:
    """Play a presentation to its end by hls.js; gives the picture codecs that it played."""
    page = browser.new_page()
    try:
        page.goto(base)
        page.add_script_tag(path=script)
        found: list[str] = page.evaluate(HLS_JS, {"source": name, "rate": rate, "patience": PATIENCE_MS})
    finally:
        page.close()
    return found
