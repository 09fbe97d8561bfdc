"""Make sure that there is a browser for the tests: on the PATH, from the package manager, or Playwright's own.

``python tests/browser/install.py firefox`` does the same for Firefox, which the long tests use besides.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Install a browser where there is none."""
    if find():
        return
    _from_debian("chromium", "fonts-noto-core", "fonts-noto-cjk")
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=True)


def firefox() -> None:
    """Install Firefox where there is none."""
    if not (shutil.which("firefox-esr") or shutil.which("firefox")):
        _from_debian("firefox-esr", "ffmpeg")  # whose libraries it borrows to decode H.264 and AAC


def _from_debian(*packages: str) -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=False, env=environment)


if __name__ == "__main__":
    firefox() if sys.argv[1:] == ["firefox"] else main()
