"""What those who run a catalogue want to see after each run: a page of their own, and metrics.

Private: the page names recordings that are held, so it is written to the workspace, never to what is published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import jinja2

from catalog import locales
from catalog.manifest import BY_MACHINE
from catalog.release import Verdict
from pipeline.failures import Failure
from pipeline.last_run import METRICS, PAGE, sentence
from pipeline.ready import Note
from pipeline.report import Noticed
from pipeline.stages.ingest import Item
from pipeline.workspace import write_atomically

_TEMPLATES = Path(__file__).parent / "starter"


@dataclass(frozen=True)
class Line:
    """One recording.

    Attributes:
        state: ``public``, ``waiting`` (not made yet), ``missing``, ``failed``, ``elsewhere``, ``held``, ``embargoed``
            or ``withdrawn``.
        note: why, in words.
        duration_ms: of the recording; 0 when it was never made.
        bytes: of everything published of it.
        is_automatic: whether all its captions are machine-made.
        until: when its embargo ends.
    """

    recording: str
    title: str
    state: str
    note: str = ""
    duration_ms: int = 0
    bytes: int = 0
    captions: tuple[str, ...] = ()
    is_automatic: bool = False
    until: datetime | None = None


@dataclass(frozen=True)
class Run:
    """One run, as the page tells it."""

    title: str
    id: str
    begun: datetime
    seconds: float
    generation: int
    lines: Sequence[Line]
    notices: Sequence[Noticed]

    @property
    def sentence(self) -> str:
        """Which run it was."""
        return sentence(self.id, self.begun, self.seconds)

    @property
    def counts(self) -> Mapping[str, int]:
        """Recordings by state."""
        return Counter(line.state for line in self.lines)

    @property
    def embargoes(self) -> Sequence[Line]:
        """The next ones to end first."""
        return sorted((one for one in self.lines if one.until), key=lambda one: one.until or self.begun)

    @property
    def failing(self) -> Sequence[Line]:
        """Recordings that failed."""
        return [one for one in self.lines if one.state == "failed"]

    @property
    def automatic(self) -> Sequence[Line]:
        """Recordings with machine-made captions only."""
        return [one for one in self.lines if one.is_automatic]


def describe(item: Item, note: Note | None, failure: Failure | None) -> Line:
    """The line of a recording, from what was made of it and what failed."""
    tracks = note.made.captions if note else ()
    state, words = _state(item, is_made=note is not None, failure=failure)
    return Line(
        recording=item.id,
        title=item.recording.title,
        state=state,
        note=words,
        duration_ms=note.made.duration_ms if note else 0,
        bytes=note.bytes if note else 0,
        captions=tuple(f"{one.language} ({one.origin})" for one in tracks),
        is_automatic=bool(tracks) and all(one.origin in BY_MACHINE for one in tracks),
        until=item.decision.until,
    )


def _state(item: Item, *, is_made: bool, failure: Failure | None) -> tuple[str, str]:
    if item.verdict in {Verdict.HELD, Verdict.WITHDRAWN}:
        return item.verdict.value, item.decision.reason
    if item.recording.is_elsewhere:
        return "elsewhere", "listed with its links only"
    if failure is not None:
        hint = f" {failure.hint}." if failure.hint else ""
        public = " What was published before stays public." if is_made else ""
        return "failed", f"{failure.message}.{hint} {failure.plan.capitalize()}.{public}"
    if item.verdict is Verdict.EMBARGOED:
        return item.verdict.value, item.decision.reason
    if item.problem and not is_made:
        return "missing", item.problem
    return ("public", item.problem) if is_made else ("waiting", "not made yet")


def write(run: Run, workspace: Path, metrics: Path | None) -> None:
    """Write page and metrics into the workspace, the metrics also to the file ``metrics``.

    Raises:
        OSError: they cannot be written.
    """
    write_atomically(workspace / PAGE, page(run))
    for path in (workspace / METRICS, *([metrics] if metrics else [])):
        write_atomically(path, "".join(f"{line}\n" for line in samples(run)).encode())


def page(run: Run) -> bytes:
    """The page, one file that needs nothing else."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    english = locales.parse("en")
    filters: Mapping[str, Callable[[int], str]] = {
        "size": lambda count: locales.size(count, english),
        "clock": locales.clock,
    }
    env.filters.update(filters)
    return env.get_template(PAGE).render(run=run).encode()


def samples(run: Run) -> Iterator[str]:
    """The metrics in Prometheus' text format."""
    states = ("public", "waiting", "missing", "failed", "elsewhere", "held", "embargoed", "withdrawn")
    yield "# HELP aftertalk_recordings Recordings of the catalogue by state."
    yield "# TYPE aftertalk_recordings gauge"
    for state in states:
        yield f'aftertalk_recordings{{state="{state}"}} {run.counts.get(state, 0)}'
    gauges = {
        "last_run_timestamp_seconds": ("When the last run began.", run.begun.timestamp()),
        "last_run_duration_seconds": ("How long the last run took.", run.seconds),
        "generation": ("Generation of the catalogue that is public.", run.generation),
        "published_bytes": ("Bytes of media that are public.", sum(x.bytes for x in run.lines if x.state == "public")),
        "published_seconds": ("Length of what is public.", sum(x.duration_ms for x in run.lines) / 1000),
        "automatic_captions": ("Recordings with machine-made captions only.", len(run.automatic)),
        "notices": ("Things that a person should look at.", len(run.notices)),
    }
    for name, (words, value) in gauges.items():
        yield f"# HELP aftertalk_{name} {words}"
        yield f"# TYPE aftertalk_{name} gauge"
        yield f"aftertalk_{name} {value:.15g}"
