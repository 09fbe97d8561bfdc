"""The documentation leads where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a Markdown page, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(page.read_text())}


def pages(root: Path) -> list[Path]:
    """Every page for readers."""
    return [*root.glob("*.md"), *(root / "docs").rglob("*.md")]


def test_links_of_the_documentation(root: Path) -> None:
    """Every link to a file of the project names one that is there, and a heading that it has."""
    broken = []
    for page in pages(root):
        for target in (one or other for one, other in LINK.findall(page.read_text())):
            path, _, anchor = target.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            file = page.parent / path if path else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{page.relative_to(root)}: {target}")
    assert not broken


@pytest.mark.parametrize(
    "name", ["organisers", "contributors", "storage", "captions", "unattended", "cluster", "scale"]
)
def test_the_readme_leads_everywhere(root: Path, name: str) -> None:
    """Whoever reads the README finds every page."""
    assert f"docs/{name}.md" in (root / "README.md").read_text()
