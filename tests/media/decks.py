"""Recordings of talks with slides, made for tests: it is known when each slide comes."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pypdfium2 import PdfDocument

from pipeline.media.tools import Tools

WIDTH, HEIGHT, RATE = 960, 540, 5
WORDS = (
    "the",
    "role",
    "of",
    "nodes",
    "open",
    "data",
    "field",
    "notes",
    "shared",
    "maps",
    "methods",
    "results",
    "people",
)
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Deck:
    """What is to be seen."""

    head: bool = False
    """A talking head in the corner."""
    fade: float = 0.0
    """Seconds that a change takes."""
    builds: int = 1
    """Steps in which the text of a slide appears."""
    video: bool = False
    """Every third slide has a moving picture in it."""
    dark: bool = False
    seconds: tuple[int, int] = (4, 12)


def slide(random_: random.Random, deck: Deck, lines: int) -> Image.Image:
    """A slide of a template: a bar, a title, some lines of text, perhaps a picture."""
    ground, ink = ((24, 30, 48), (235, 235, 235)) if deck.dark else ((255, 255, 255), (30, 30, 30))
    image = Image.new("RGB", (WIDTH, HEIGHT), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 12), fill=(76, 156, 46))
    draw.text((WIDTH - 200, HEIGHT - 30), "A meeting, 2021", fill=ink, font=ImageFont.load_default(16))
    draw.text((50, 40), " ".join(random_.sample(WORDS, 4)).title(), fill=(76, 156, 46), font=ImageFont.load_default(44))
    all_lines = [" ".join(random_.choices(WORDS, k=random_.randint(3, 7))) for _ in range(6)]
    for number in range(lines):
        draw.text((70, 130 + 55 * number), "- " + all_lines[number], fill=ink, font=ImageFont.load_default(28))
    return image


def pages(pdf: Path) -> list[Picture]:
    """The pages of a real deck, in a shuffled order: no page only adds to the one before, as builds do."""
    with PdfDocument(pdf) as document:
        images = [page.render(scale=HEIGHT / page.get_height()).to_pil() for page in document]
    random.Random(len(images)).shuffle(images)
    return [np.asarray(ImageOps.pad(image.convert("RGB"), (WIDTH, HEIGHT))) for image in images]


def pictures(
    deck: Deck, slides: int | Sequence[Picture], seed: int, every: int = 1
) -> tuple[Iterator[Picture], list[float]]:
    """The pictures of a recording, or every so many of them, and when each slide comes, seconds.

    Args:
        deck: what else is to be seen.
        slides: these, or so many of a template.
        seed: of all that is random.
        every: 1 for all pictures.
    """
    random_ = random.Random(seed)
    number = slides if isinstance(slides, int) else len(slides)
    lengths = [random_.randint(*deck.seconds) + random_.randint(0, 4) / 5 for _ in range(number)]
    states = [random_.getrandbits(32) for _ in range(number)]
    starts = [sum(lengths[:one]) for one in range(number)]
    shown = ([page] for page in slides) if not isinstance(slides, int) else (_built(deck, state) for state in states)
    return _drawn(deck, zip(lengths, shown, strict=True), np.random.default_rng(seed), every), starts


def _built(deck: Deck, state: int) -> list[Picture]:
    """A slide of a template, in the steps in which it appears."""
    full = random.Random(state).randint(3, 6)
    steps = [max(1, full * step // deck.builds) for step in range(1, deck.builds + 1)]
    return [np.asarray(slide(random.Random(state + 1), deck, lines)) for lines in steps]


def _drawn(
    deck: Deck, planned: Iterable[tuple[float, list[Picture]]], noise: np.random.Generator, every: int
) -> Iterator[Picture]:
    before: Picture | None = None
    at = 0
    for number, (length, stages) in enumerate(planned):
        count = round(length * RATE)
        first, at = at, at + count
        for index in (one for one in range(count) if (first + one) % every == 0):
            picture = stages[min(len(stages) - 1, index * len(stages) // count)].copy()
            share = index / (deck.fade * RATE) if deck.fade else 1.0
            if before is not None and share < 1:
                picture = (before * (1 - share) + picture * share).astype(np.uint8)
            if deck.video and number % 3 == 1:
                _moving(picture, noise, first + index)
            if deck.head:
                _head(picture, noise, first + index)
            yield picture
        before = stages[-1]


def _head(picture: Picture, noise: np.random.Generator, at: int) -> None:
    """A face that nods, before a wall."""
    corner = picture[HEIGHT - 180 : HEIGHT - 20, WIDTH - 240 : WIDTH - 20]
    image = Image.new("RGB", (220, 160), (120, 110, 100))
    draw = ImageDraw.Draw(image)
    x, y = 110 + 18 * np.sin(at / 3.1) + noise.normal(0, 4), 80 + 8 * np.sin(at / 1.7) + noise.normal(0, 3)
    draw.rectangle((x - 60, y + 45, x + 60, 160), fill=(40, 60, 110))
    draw.ellipse((x - 34, y - 45, x + 34, y + 45), fill=(205, 165, 140))
    draw.ellipse((x - 12, y + 15, x + 12, y + 18 + abs(noise.normal(0, 6))), fill=(120, 40, 40))
    corner[:] = np.asarray(image)


def _moving(picture: Picture, noise: np.random.Generator, at: int) -> None:
    part = picture[140:480, 420:900]
    waves = np.add.outer(np.arange(340) * 3 + at * 23, np.arange(480) * 2 - at * 31) % 255
    part[:] = waves[:, :, None].astype(np.uint8)


def write(tools: Tools, target: Path, deck: Deck, slides: int, seed: int) -> list[float]:
    """Encode a recording as a web conference would; returns when each slide comes, seconds."""
    frames, starts = pictures(deck, slides, seed)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-")
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-g", "50", "-pix_fmt", "yuv420p")
    argv = [str(tools.ffmpeg), "-v", "error", "-y", *raw, *coded, str(target)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(frame.tobytes())
        process.stdin.close()
        assert process.wait() == 0
    return starts
