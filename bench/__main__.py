"""``python -m bench [transcode] [asr] [storage] [cluster] [scale] [archive]``: the benchmarks named, or all of them."""

from __future__ import annotations

import runpy
import sys

NAMES = ("transcode", "asr", "storage", "cluster", "scale", "archive")

if __name__ == "__main__":
    _, *asked = sys.argv
    if unknown := sorted(set(asked) - set(NAMES)):
        raise SystemExit(f"{unknown[0]} is no benchmark; there are {', '.join(NAMES)}")
    del sys.argv[1:]  # a benchmark has arguments of its own
    for name in asked or NAMES:
        runpy.run_module(f"bench.{name}", run_name="__main__")
