"""Commands that look whether all is well: check, doctor, setup-bucket."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli_common import Exit, catalogue_option, command, json_option, load_catalogue
from pipeline.console import printable


@click.command()
@catalogue_option
@click.option("--to", metavar="URL", help="Check this place instead of the configured one.")
@click.option("--deep", is_flag=True, help="Also read every object and compare its SHA-256.")
@json_option
@command
def check(catalogue: Path, to: str | None, deep: bool, as_json: bool) -> Exit:
    """Verify what was published: links, playlists, sizes and digests.

    \b
    Examples:
      aftertalk check
      aftertalk check --deep --to s3://our-bucket/meetings
    """
    from pipeline.check import check_site
    from pipeline.stages.publish import open_target

    outcome = check_site(open_target(load_catalogue(catalogue), to), deep=deep)
    for finding in outcome.findings:
        click.echo(json.dumps({"object": finding.key, "message": finding.message}) if as_json else str(finding))
    if not as_json:
        click.echo(outcome.summary)
    return Exit.SOME_FAILED if outcome.findings else Exit.DONE


@click.command()
@catalogue_option
@click.option("--target", is_flag=True, help="Also try the place to publish to, with a real object.")
@click.option("--to", metavar="URL", help="Try this place instead of the configured one.")
@command
def doctor(catalogue: Path, target: bool, to: str | None) -> Exit:
    """Tell versions, and what is missing or does not work.

    \b
    Examples:
      aftertalk doctor
      aftertalk doctor --target
    """
    from pipeline.doctor import examine, examine_target

    lines = examine(catalogue)
    if target or to:
        lines += examine_target(load_catalogue(catalogue), to)
    for line in lines:
        click.echo(printable(f"{'ok     ' if line.is_good else 'MISSING'}  {line.name}: {line.detail}"))
    return Exit.DONE if all(line.is_good or line.is_optional for line in lines) else Exit.SOME_FAILED


@click.command("setup-bucket")
@catalogue_option
@click.option("--to", metavar="URL", help="Set up this bucket instead of the configured one.")
@click.option("--apply", is_flag=True, help="Change the bucket; without it only the difference is shown.")
@command
def setup_bucket(catalogue: Path, to: str | None, apply: bool) -> None:
    """Show, or apply, what a bucket needs: public reading, CORS, clearing of unfinished uploads.

    \b
    Examples:
      aftertalk setup-bucket
      aftertalk setup-bucket --apply
    """
    from pipeline import storage
    from pipeline.stages.publish import open_target

    for line in storage.setup_bucket(open_target(load_catalogue(catalogue), to), apply=apply):
        click.echo(printable(line))
