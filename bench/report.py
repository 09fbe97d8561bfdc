"""How benchmarks are written down: sections of pages in ``docs/``, tables, and plots as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")  # before pyplot looks for a screen
from matplotlib import pyplot as plt

DOCS = Path(__file__).parents[1] / "docs"
Series = Mapping[str, Sequence[tuple[float, float]]]
"""Name -> points (x, y)."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers are set to the right."""
    numeric = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(head))]
    rules = ["--:" if right else "---" for right in numeric]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in (head, rules, *rows)) + "\n"


def write_section(page: str, name: str, markdown: str) -> None:
    """Put ``markdown`` into ``docs/<page>``, between ``<!-- bench:<name> -->`` and ``<!-- /bench:<name> -->``.

    Raises:
        ValueError: the page has no such section.
    """
    path = DOCS / page
    text = path.read_text()
    begin, end = f"<!-- bench:{name} -->\n", f"<!-- /bench:{name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"{path} has no section {begin.strip()} … {end}")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{markdown.strip()}\n\n{end}{after}")


def plot(name: str, title: str, axes: tuple[str, str], series: Series, *, log: bool = False) -> str:
    """Draw lines into ``docs/images/<name>.svg`` and return the Markdown that shows it. The same data, the same bytes.

    Args:
        name: of the file.
        title: what it shows, also for those who do not see it.
        axes: names of the x and the y axis, with units.
        series: the lines.
        log: whether both axes are logarithmic.
    """
    settings = {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": "sans-serif"}
    with mpl.rc_context(settings):
        figure, axis = plt.subplots(figsize=(7, 4))
        for label, points in series.items():
            axis.plot(*zip(*points, strict=True), marker="o", label=label)
        axis.set(xlabel=axes[0], ylabel=axes[1], title=title)
        if log:
            axis.set(xscale="log", yscale="log")
        axis.grid(visible=True, which="major", alpha=0.3)
        axis.legend()
        figure.tight_layout()
        figure.savefig(DOCS / "images" / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)
    return f"![{title}](images/{name}.svg)"
