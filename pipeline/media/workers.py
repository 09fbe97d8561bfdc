"""What confined Python programs need to see: PyAV and the few modules of ours that they import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.packages import folder_of

ENVIRONMENT: Mapping[str, str] = {"PYTHONPATH": "/in/site", "PYTHONUTF8": "1"}
"""Of programs run with ``python -s -S``: only what is below ``/in/site`` can be imported."""


def pyav_inputs(*modules: str) -> dict[str, Path]:
    """PyAV and files of this folder, as ``Command.inputs``.

    Raises:
        MissingToolError: PyAV is not installed.
    """
    package = folder_of("av")
    inputs = {"site/av": package}
    inputs |= {f"site/pipeline/media/{name}": Path(__file__).with_name(name) for name in modules}
    if (libraries := package.with_name("av.libs")).is_dir():
        inputs["site/av.libs"] = libraries
    return inputs
