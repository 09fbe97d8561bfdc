"""Installed Python packages: the optional ones, and those whose files confined processes get to see."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import MissingToolError


def have(*modules: str) -> bool:
    """Whether all these modules could be imported; none of them is."""
    return all(find_spec(name) is not None for name in modules)


@cache
def version_of(distribution: str) -> str:
    """The version of a package; ``none`` where it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"


def folder_of(module: str) -> Path:
    """Where the files of a package are.

    Raises:
        MissingToolError: it is not installed.
    """
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingToolError(module, "is not installed", hint="run 'make publish' again; it installs everything")
    return Path(spec.submodule_search_locations[0])
