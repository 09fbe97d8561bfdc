r"""Read text in pictures: ``python ocr_worker.py track FILE`` or ``stills FOLDER``, inside the sandbox; prints JSON.

A program of its own, as ``asr_worker`` is. FILE is a film of captions, as ``subtitles.render`` makes it: a picture for
every change, on transparent ground. Printed is ``[start_ms, end_ms, text]`` for every caption; for the pictures in a
folder, their names with their text. Lines of text are separated by ``\n``, from top to bottom.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from rapidocr import RapidOCR

MARGIN = 20
"""Pixels of ground around a caption: letters at the very edge are read badly."""
DARK = 96
"""Captions whose brightest ink is darker than this are put on white ground."""
MOST_PIXELS = 10_000_000
"""Of a still."""
Pixels = np.ndarray[Any, np.dtype[np.uint8]]
"""Rows, columns, colours."""


def engine() -> RapidOCR:
    """The models that the package carries, on one thread."""
    runtime = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,  # text stands upright
            # Small strips are not blown up to 736 pixels: as good, and twenty times faster.
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
            f"{runtime}.intra_op_num_threads": 1,
            f"{runtime}.inter_op_num_threads": 1,
        }
    )


def lines(boxes: Iterable[Pixels], texts: Iterable[str]) -> str:
    """Pieces of text in reading order: those at the same height are one line, from left to right."""
    rows: list[list[tuple[float, float, float, str]]] = []
    pieces = [(*_edges(box), text.strip()) for box, text in zip(boxes, texts, strict=True)]
    for piece in sorted(pieces, key=lambda one: one[0] + one[1]):
        top, bottom, *_ = piece
        # In one line if the middle lies within the height of the line's first piece.
        if rows and rows[-1][0][0] < (top + bottom) / 2 < rows[-1][0][1]:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return "\n".join(" ".join(one[3] for one in sorted(row, key=lambda one: one[2])) for row in rows)


def _edges(box: Pixels) -> tuple[float, float, float]:
    """Top, bottom and left of four corners."""
    return float(box[:, 1].min()), float(box[:, 1].max()), float(box[:, 0].min())


def read(reader: RapidOCR, picture: Pixels) -> str:
    """The text in a picture; empty where there is none."""
    found: Any = reader(picture)
    return lines(found.boxes, found.txts) if found.boxes is not None and found.txts else ""


def cropped(picture: Pixels) -> Pixels | None:
    """The part of a transparent picture (RGBA) that is not empty, on a ground that its ink stands out from."""
    rows, columns = (np.flatnonzero(picture[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    inked = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint16)
    colours, alpha = inked[..., :3], inked[..., 3:]
    on_black = colours * alpha // 255
    ground = 255 if on_black.max() < DARK else 0
    opaque = (on_black + ground * (255 - alpha) // 255).astype(np.uint8)
    return np.pad(opaque, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=ground)


def captions(path: str, reader: RapidOCR) -> Iterator[tuple[int, int, str]]:
    """Start and end in ms, and text, of the captions in a film; each lasts until the next change."""
    shown, text, start_ms = b"", "", 0
    with av.open(path, options={"format_whitelist": "matroska,webm", "protocol_whitelist": "file"}) as film:
        base = film.streams.video[0].time_base or 0
        for frame in film.decode(video=0):
            now_ms = round((frame.pts or 0) * base * 1000)
            picture = cropped(frame.to_ndarray(format="rgba").astype(np.uint8, copy=False))
            seen = b"" if picture is None else picture.tobytes()
            if seen == shown:
                continue  # shown again as it is, which long captions are
            if text and now_ms > start_ms:
                yield start_ms, now_ms, text
            shown, start_ms = seen, now_ms
            text = "" if picture is None else read(reader, picture)
    if text:  # a film ends with an empty picture; one that was cut off does not
        yield start_ms, start_ms + 4000, text


def stills(folder: Path, reader: RapidOCR) -> Iterator[tuple[str, str]]:
    """Name and text of the pictures in a folder."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    for path in sorted(folder.iterdir()):
        with Image.open(path, formats=("WEBP", "JPEG", "PNG")) as opened:
            yield path.name, read(reader, np.asarray(opened.convert("RGB"))[..., ::-1])


if __name__ == "__main__":
    kind, place = sys.argv[1:3]
    found: Any = dict(stills(Path(place), engine())) if kind == "stills" else list(captions(place, engine()))
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201 -- its only output
