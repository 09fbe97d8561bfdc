"""What is installed, and where."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from pipeline import packages
from pipeline.errors import MissingToolError


def test_what_is_installed_is_found_without_being_imported() -> None:
    """A package that is a dependency has a version and a folder with its files."""
    assert packages.have("jinja2", "boto3")
    assert packages.version_of("Jinja2") == version("jinja2")
    assert (packages.folder_of("jinja2") / "__init__.py").is_file()


def test_what_is_missing_is_said() -> None:
    """One missing module is enough; who needs its files is told what to do."""
    assert not packages.have("jinja2", "no_such_module_of_anyone")
    assert packages.version_of("no-such-package-of-anyone") == "none"
    with pytest.raises(MissingToolError, match="no_such_module_of_anyone") as caught:
        packages.folder_of("no_such_module_of_anyone")
    assert "make publish" in caught.value.hint
