"""What the two systems of closed captions have in common: rows of characters on a screen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Row:
    """One row of the screen: column -> character, and when its first character came."""

    start_ms: int
    cells: dict[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The characters with one space for every gap."""
        last = max(self.cells, default=-1)
        return " ".join("".join(self.cells.get(column, " ") for column in range(last + 1)).split())
