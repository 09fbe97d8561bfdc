"""The command that every machine of a cluster runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipeline.cli_common import command
from pipeline.config import ClusterSettings


@click.command()
@click.argument("scheduler", metavar="SCHEDULER")
@click.option(
    "--work", required=True, metavar="URL", help="The catalogue's 'work' place: a folder or s3://bucket/prefix."
)
@click.option("--endpoint", metavar="URL", help="Address of an S3-compatible service other than AWS.")
@click.option("--slots", type=click.IntRange(1), help="Pieces of work at a time; the number of processors by default.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path.home() / ".cache" / "aftertalk-worker",
    show_default="~/.cache/aftertalk-worker",
    help="Where it keeps files while it works; one for each worker.",
)
@click.option("--host", help="Address to listen at, where the machine has several.")
@click.option("--ca", type=click.Path(dir_okay=False), help="Certificate of the cluster's authority (PEM).")
@click.option("--certificate", type=click.Path(dir_okay=False), help="This worker's certificate (PEM).")
@click.option("--key", type=click.Path(dir_okay=False), help="The key of that certificate (PEM).")
@command
def worker(
    scheduler: str,
    work: str,
    endpoint: str | None,
    slots: int | None,
    folder: Path,
    host: str | None,
    ca: str | None,
    certificate: str | None,
    key: str | None,
) -> None:
    """Work for the Dask SCHEDULER (tcp://HOST:8786) until Ctrl-C.

    Waits for a scheduler that is away, and comes back to one that was started again. See docs/cluster.md.

    \b
    Examples:
      aftertalk worker tcp://10.0.0.5:8786 --work s3://our-bucket/work
      aftertalk worker tls://10.0.0.5:8786 --work /mnt/shared/work --ca ca.pem --certificate w.pem --key w.key
    """
    from pipeline import cluster
    from pipeline.storage import open_store

    cluster.check_installed()
    from pipeline.cluster.connect import check_address, security
    from pipeline.cluster.work import WorkStore
    from pipeline.cluster.worker import WorkerOptions, run_worker

    check_address(scheduler, "SCHEDULER")
    trust = security(scheduler, ClusterSettings(ca=ca, certificate=certificate, key=key), Path())
    store = WorkStore(open_store(work, base=Path(), endpoint=endpoint))
    options = WorkerOptions(slots or len(os.sched_getaffinity(0)), folder.absolute(), host)
    click.echo(f"working for {scheduler}, {options.slots} at a time (Ctrl-C ends)")
    run_worker(scheduler, store, options, trust)
