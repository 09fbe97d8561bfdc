"""``python -m bench [transcode] [asr] [storage] [cluster] [scale]``: the benchmarks named, or all of them."""

from __future__ import annotations

import runpy
import sys

NAMES = ("transcode", "asr", "storage", "cluster", "scale")

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        if name not in NAMES:
            raise SystemExit(f"{name} is no benchmark; there are {', '.join(NAMES)}")
        runpy.run_module(f"bench.{name}", run_name="__main__")
