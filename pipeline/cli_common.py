"""What every command shares: options, exit codes, errors as messages, loading a catalogue, the reporter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

import click
from rich.console import Console

from pipeline.console import ConsoleReporter, printable
from pipeline.errors import AftertalkError, ConfigurationError, InvalidDocumentError, LockHeldError
from pipeline.report import JsonReporter, Reporter

if TYPE_CHECKING:
    from pipeline.catalogue import CatalogueDirectory
    from pipeline.settled import Settled

P = ParamSpec("P")


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    LOCKED = 3


def command(function: Callable[P, Exit | None]) -> Callable[P, None]:
    """Turn errors into messages on standard error, and outcomes into exit codes."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or Exit.DONE
        except LockHeldError as error:
            code = _complain(error, Exit.LOCKED)
        except (ConfigurationError, InvalidDocumentError) as error:
            code = _complain(error, Exit.USAGE)
        except AftertalkError as error:
            code = _complain(error, Exit.SOME_FAILED)
        except KeyboardInterrupt:
            click.echo("stopped; run the command again to go on", err=True)
            code = Exit.SOME_FAILED
        sys.exit(code)

    return run


def _complain(error: AftertalkError, code: Exit) -> Exit:
    click.echo(printable(f"error: {error}"), err=True)
    return code


def catalogue_option(function: Callable[P, None]) -> Callable[P, None]:
    """``--catalogue DIR``."""
    return click.option(
        "-C",
        "--catalogue",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="The catalogue's directory (the one with catalogue.yaml); the current one by default.",
    )(function)


def json_option(function: Callable[P, None]) -> Callable[P, None]:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON lines, for programs.")(function)


def load_catalogue(root: Path) -> CatalogueDirectory:
    """Read the catalogue in ``root``; raises ``ConfigurationError`` and ``InvalidDocumentError``."""
    from pipeline.catalogue import load
    from pipeline.programmes import import_programme

    return load(root.resolve(), import_programme)


def look_first(root: Path, place: str | None) -> tuple[CatalogueDirectory, Settled] | None:
    """What a run depends on, seen from outside, before a document but ``catalogue.yaml`` is read.

    ``None`` where there are no settings to go by: reading the catalogue tells what is wrong with them.
    """
    from pipeline.catalogue import CatalogueDirectory
    from pipeline.config import load_settings
    from pipeline.settled import Settled

    root = root.resolve()
    try:
        directory = CatalogueDirectory(root, load_settings(root), (), ()).published_to(place)
    except (ConfigurationError, InvalidDocumentError):
        return None
    return directory, Settled(directory)


@contextmanager
def open_reporter(
    *, run: str = "", verbose: bool = False, as_json: bool = False, show_plan: bool = False
) -> Iterator[Reporter]:
    """The reporter that the options ask for; ``run`` names the run in its lines."""
    if as_json:
        yield JsonReporter(sys.stdout, run=run)
        return
    with ConsoleReporter(Console(), verbose=verbose, show_plan=show_plan) as reporter:
        yield reporter
