"""What confined Python programs need to see: PyAV and the few modules of ours that they import."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import MissingToolError

ENVIRONMENT: Mapping[str, str] = {"PYTHONPATH": "/in/site", "PYTHONUTF8": "1"}
"""Of programs run with ``python -s -S``: only what is below ``/in/site`` can be imported."""


def pyav_inputs(*modules: str) -> dict[str, Path]:
    """PyAV and files of this folder, as ``Command.inputs``.

    Raises:
        MissingToolError: PyAV is not installed.
    """
    spec = find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        raise MissingToolError("PyAV", "is not installed", hint="run 'make publish' again; it installs everything")
    package = Path(spec.submodule_search_locations[0])
    inputs = {"site/av": package}
    inputs |= {f"site/pipeline/media/{name}": Path(__file__).with_name(name) for name in modules}
    if (libraries := package.with_name("av.libs")).is_dir():
        inputs["site/av.libs"] = libraries
    return inputs
