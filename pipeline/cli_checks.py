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
    from pipeline.targets import open_target

    directory = load_catalogue(catalogue).published_to(to)
    media = directory.settings.media
    outcome = check_site(open_target(directory), deep=deep, media_url=media.url if media else "")
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
    from pipeline.doctor import examine, examine_targets

    lines = examine(catalogue)
    if target or to:
        lines += examine_targets(load_catalogue(catalogue).published_to(to), is_public=not to)
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
    from pipeline.targets import open_places

    directory = load_catalogue(catalogue).published_to(to)
    for store in open_places(directory):
        click.echo(f"{store.address}:")
        for line in storage.setup_bucket(store, apply=apply):
            click.echo(printable(line))
