"""``aftertalk captions``: report, export and import."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli_common import catalogue_option, command, json_option, load_catalogue
from pipeline.console import printable
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.captioning import CaptionsView, TrackView

_ORIGINS = {"asr": "automatic", "ocr": "read from pictures by machine"}


@click.command()
@click.argument("recording", metavar="ID")
@catalogue_option
@click.option("--export", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write copies into DIR.")
@click.option("--format", "forms", type=click.Choice(("vtt", "srt", "txt")), multiple=True, help="Only these copies.")
@click.option(
    "--import", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Put FILE in their place."
)
@click.option("--language", metavar="TAG", help="Only this language; with --import, the language of FILE.")
@json_option
@command
def captions(
    recording: str,
    catalogue: Path,
    folder: Path | None,
    forms: tuple[str, ...],
    file: Path | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Show what the captions of the recording ID (EVENT/RECORDING) are; copy or replace them.

    An imported file is cleaned and kept as EVENT/recordings/RECORDING.TAG.vtt. It counts before all other captions of
    its language, for good; the next publish makes the pages anew, and encodes nothing.

    \b
    Examples:
      aftertalk captions gnm2021/theme-1-panel
      aftertalk captions gnm2021/theme-1-panel --export . --format srt
      aftertalk captions gnm2021/theme-1-panel --import corrected.srt --language en
    """
    from pipeline import captioning
    from pipeline.report import RecordingReporter
    from pipeline.workshop import open_workshop

    if file and folder:
        raise ConfigurationError("--import and --export", "cannot be asked for at once")
    if forms and not folder:
        raise ConfigurationError("--format", "belongs to --export DIR")
    shop = open_workshop(load_catalogue(catalogue), RecordingReporter())
    item = captioning.find(shop, recording, now=datetime.now(UTC))
    if file:
        placed, findings = captioning.put(shop, item, file, language=language)
        for one in placed:
            done = "replaced" if one.replaced else "wrote"
            click.echo(printable(f"{done} {one.path}: {one.cues} cues in {one.language}"))
        for finding in findings:
            click.echo(printable(f"note: {finding}"))
        click.echo("The next 'aftertalk publish' shows them.")
    elif folder:
        wanted = forms or tuple(captioning.FORMS)
        for path in captioning.write_copies(shop, item, folder, forms=wanted, language=language):
            click.echo(printable(f"wrote {path}"))
    else:
        _show(captioning.view(shop, item), language, as_json=as_json)


def _show(found: CaptionsView, language: str | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    for one in found.tracks:
        if language in {None, one.language}:
            click.echo(printable(_line(one)))
    if not found.tracks:
        click.echo("no captions")
    for finding in found.findings:
        click.echo(printable(f"note: {finding}"))


def _line(one: TrackView) -> str:
    figures = one.report
    spoken = figures.get("speech_covered")
    return "; ".join(
        (
            f"{one.language}: {_ORIGINS.get(one.origin, f'from {one.origin}')}",
            f"{figures['cues']} cues, {figures['words']} words, {figures['speakers']} speakers",
            f"{figures['characters_per_second']} characters a second, {figures['too_fast']} cues too fast to read",
            f"{figures['covered']:.0%} of the recording covered"
            + ("" if spoken is None else f", {spoken:.0%} of the speech"),
        )
    )
