"""The command line: arguments to calls, outcomes to exit codes. Only it and its ``cli_…`` helpers print and exit.

Exit codes: 0 all done; 1 some recordings failed, all others are public; 2 usage or configuration; 3 another run
holds the lock.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import secrets
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from pipeline import cli_captions, cli_checks, cli_cluster
from pipeline.cli_common import Exit, catalogue_option, command, json_option, load_catalogue, look_first, open_reporter
from pipeline.console import printable
from pipeline.forked import COLLECT_AFTER

PUBLISH_COLLECTS_AFTER = 10_000_000
"""Objects, besides those that are freed at once, after which a publish collects garbage: a large catalogue is millions,
and all stay until the end. What makes garbage, the pages, sees to it itself."""
_STATUS_WIDTH = 50
"""Columns that ``status`` needs beside the ids."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*COLLECT_AFTER)
    try:
        cli()
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> NoReturn:
    """End the process. Freeing what a large catalogue was, millions of objects one by one, would take seconds."""
    others = any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread())
    if isinstance(end.code, int) and not others:
        atexit._run_exitfuncs()  # what Python itself does first
        with suppress(OSError):  # whoever read has gone: Python knows what to do
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code)
    raise end


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="aftertalk")
def cli() -> None:
    """Turn the session recordings of a meeting into a public catalogue.

    \b
    First steps:
      aftertalk init my-meetings        write a commented starter catalogue
      aftertalk publish -C my-meetings  make and publish everything that is new
      aftertalk serve -C my-meetings    look at it in your browser
    """


@cli.command()
@catalogue_option
@click.option("--only", multiple=True, metavar="ID", help="Make only this recording (EVENT/RECORDING); repeatable.")
@click.option("--force", multiple=True, metavar="STAGE", help="Make this stage again, up to date or not; repeatable.")
@click.option("--until", metavar="STAGE", help="Stop after this stage and publish nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, uploaded and deleted; change nothing.")
@click.option("--to", metavar="URL", help="Publish here instead: a folder or s3://bucket/prefix.")
@click.option(
    "--engine", default="local", metavar="ENGINE", help="Where work runs: local, or a Dask scheduler, tcp://HOST:8786."
)
@click.option("-v", "--verbose", is_flag=True, help="Also tell what is up to date, and why.")
@json_option
@command
def publish(
    catalogue: Path,
    only: tuple[str, ...],
    force: tuple[str, ...],
    until: str | None,
    dry_run: bool,
    to: str | None,
    engine: str,
    verbose: bool,
    as_json: bool,
) -> Exit:
    """Make and publish everything that is new.

    Whatever was made before is kept. A recording that fails does not stop the others: its error says what to do.

    \b
    Examples:
      aftertalk publish
      aftertalk publish --dry-run
      aftertalk publish --only gnm2021/theme-1-panel
      aftertalk publish --to s3://our-bucket/meetings
      aftertalk publish --engine tcp://10.0.0.5:8786
    """
    from pipeline.resting import Timing, rest
    from pipeline.run import Options
    from pipeline.run import publish as publish_catalogue

    gc.set_threshold(PUBLISH_COLLECTS_AFTER)
    now, started = datetime.now(UTC), time.monotonic()
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    options = Options(
        only=frozenset(only), dry_run=dry_run, force=frozenset(force), run=run, until=until, engine=engine
    )
    with open_reporter(run=run, verbose=verbose, as_json=as_json, show_plan=dry_run) as reporter:
        first = look_first(catalogue, to) if options.is_plain else None
        if first and rest(*first, reporter, Timing(run, now, started)):
            return Exit.DONE
        directory = load_catalogue(catalogue).published_to(to)
        failed = publish_catalogue(directory, reporter, options, now=now, settled=first[1] if first else None)
    return Exit.SOME_FAILED if failed else Exit.DONE


@cli.command()
@catalogue_option
@json_option
@command
def status(catalogue: Path, as_json: bool) -> None:
    """List every recording with its state and the reason.

    \b
    Examples:
      aftertalk status
      aftertalk status --json | jq .state
    """
    from pipeline.status import states

    rows = states(load_catalogue(catalogue), now=datetime.now(UTC))
    if as_json:
        for row in rows:
            click.echo(json.dumps(row.as_dict(), ensure_ascii=False))
        return
    longest = max((len(row.recording) for row in rows), default=0)
    recording = Column("Recording", no_wrap=True, min_width=longest)
    table = Table(recording, "State", "Captions", "Why", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.recording, row.state, ", ".join(row.captions) or "–", escape(printable(row.reason)))
    console = Console()
    console.width = max(console.width, longest + _STATUS_WIDTH)  # ids stay whole, to be copied
    console.print(table)
    for row in rows:
        if row.trim:
            wanted = ", ".join(f"{name}: {at}" for name, at in row.trim.items())
            click.echo(
                f"{row.recording}: nothing to see or hear outside 'trim: {{{wanted}}}' (yours to put in event.yaml)"
            )
    if automatic := sum(row.automatic_only for row in rows):
        click.echo(
            f"Automatic captions only: {automatic} ('aftertalk captions ID --import FILE' puts corrected ones there)"
        )


@cli.command()
@catalogue_option
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@command
def serve(catalogue: Path, port: int) -> None:
    """Show the published catalogue in a browser on this machine, until Ctrl-C."""
    from pipeline.serve import server
    from pipeline.storage import local_folder

    directory = load_catalogue(catalogue)
    with server(local_folder(directory.settings.publish, base=directory.root), port) as preview:
        click.echo(f"http://127.0.0.1:{preview.server_port}/  (Ctrl-C ends)")
        try:
            preview.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@command
def init(directory: Path) -> None:
    """Write a commented starter catalogue into DIRECTORY that publishes as it is."""
    from pipeline.init import create

    for path in create(directory):
        click.echo(f"wrote {path}")
    click.echo(f"Now put recordings into the recordings folder and run: aftertalk publish -C {directory}")


@cli.command()
@click.argument("recording", metavar="ID")
@catalogue_option
@click.option("--reason", default="", help="Shown on the page that remains.")
@command
def withdraw(recording: str, catalogue: Path, reason: str) -> Exit:
    """Take the recording ID (EVENT/RECORDING) off the web, now and for good.

    The decision is kept in releases.yaml beside catalogue.yaml. Everything of the recording is removed from the
    place it was published to; a page that says so remains.
    """
    from pipeline.releases import withdraw as decide
    from pipeline.run import Options
    from pipeline.run import publish as publish_catalogue

    path = decide(load_catalogue(catalogue), recording, reason)
    click.echo(f"{recording} is withdrawn (recorded in {path})")
    with open_reporter() as reporter:
        options = Options(only=frozenset({recording}))
        failed = publish_catalogue(load_catalogue(catalogue), reporter, options, now=datetime.now(UTC))
    return Exit.SOME_FAILED if failed else Exit.DONE


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--day-first", is_flag=True, help="Dates such as 03/04/2021 mean the third of April.")
@json_option
@command
def programme(file: Path, day_first: bool, as_json: bool) -> None:
    """Show what a programme FILE contains, as Aftertalk understands it.

    \b
    Reads frab, pentabarf and pretalx schedules, Indico exports, iCalendar, spreadsheets (CSV) and more.
    """
    from catalog.programme import Options as ProgrammeOptions
    from pipeline.programmes import read_programme

    result = read_programme(file, ProgrammeOptions(day_first=day_first))
    if as_json:
        click.echo(result.event.model_dump_json(exclude_defaults=True))
        return
    event = result.event
    click.echo(printable(f"{event.title} ({event.start} to {event.end}, {event.timezone})"))
    for session in event.sessions:
        when = f"{session.start:%Y-%m-%d %H:%M}" if session.start else "no time"
        people = ", ".join(person.name for person in session.people)
        click.echo(printable(f"  {when}  {session.id}: {session.title}{f' ({people})' if people else ''}"))
        for recording in session.recordings:
            click.echo(printable(f"      {recording.kind.value}: {recording.title}"))
    for finding in result.findings:
        click.echo(printable(f"{finding.severity.value}: {finding}"), err=True)
    recordings = sum(len(session.recordings) for session in event.sessions)
    click.echo(f"{len(event.sessions)} sessions, {recordings} recordings, {len(result.findings)} findings")


for _other in (cli_captions.captions, cli_checks.check, cli_checks.doctor, cli_checks.setup_bucket, cli_cluster.worker):
    cli.add_command(_other)


if __name__ == "__main__":
    main()
