"""Firefox by its own remote protocol, Marionette: what one test needs of it, so that no driver has to be installed.

Protocol: firefox-source-docs.mozilla.org/testing/marionette/Protocol.html (messages are ``<length>:<JSON>``).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

_START_S = 90
_PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
}


class Firefox:
    """One window."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._numbers = count(1)
        self._read()  # its greeting
        self.version = str(self._ask("WebDriver:NewSession")["capabilities"]["browserVersion"])

    def visit(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self._ask("WebDriver:Navigate", url=url)

    def run(self, script: str) -> Any:
        """What a script of the page returns."""
        return self._ask("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < deadline, f"never came true: {condition}"
            time.sleep(0.1)

    def _ask(self, command: str, **parameters: Any) -> Any:
        message = json.dumps([0, next(self._numbers), command, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            piece = self._stream.read(1)
            assert piece, "Firefox has ended"
            length += piece
        return json.loads(self._stream.read(int(length[:-1])))


@contextmanager
def running(folder: Path) -> Iterator[Firefox]:
    """Firefox with a profile of its own in ``folder``; a missing program fails the test, it does not skip it."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing: run 'python tests/browser/install.py firefox'"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    wanted = _PREFERENCES | {"marionette.port": port}
    (folder / "user.js").write_text("".join(f"user_pref({json.dumps([*one])[1:-1]});\n" for one in wanted.items()))
    process = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", str(folder)],
        env={**os.environ, "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with closing(_connected(port)) as connection:
            yield Firefox(connection)
    finally:
        process.kill()
        process.wait()


def _connected(port: int) -> socket.socket:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=120)
        except OSError:
            assert time.monotonic() < deadline, "Firefox did not start"
            time.sleep(0.2)
