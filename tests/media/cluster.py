"""A Dask cluster of real processes on this machine, each in a process group of its own, to be killed.

With ``Network`` each is a host of its own: a network namespace that reaches the others through a bridge.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme

START_S = 30


@dataclass(frozen=True)
class Trust:
    """Certificates (PEM files) of an authority of the test's own."""

    ca: str
    own: str
    """Certificate and key in one file."""

    @classmethod
    def new(cls, folder: Path) -> Trust:
        """Make them."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "own.pem"))
        return cls(str(folder / "ca.pem"), str(folder / "own.pem"))


class Machines:
    """A scheduler and workers; all log into ``folder``."""

    def __init__(self, folder: Path, work: str, network: Network | None = None, trust: Trust | None = None) -> None:
        self.work = work
        self._trust = trust
        self._folder = folder
        self._network = network
        self._host = network.host("scheduler") if network else "127.0.0.1"
        self._port = _free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir()

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"{'tls' if self._trust else 'tcp'}://{self._host}:{self._port}"

    def log(self, name: str) -> str:
        """What a machine has written."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def start_scheduler(self) -> None:
        """Start it, and wait until it listens."""
        options = ["--host", self._host, "--port", str(self._port), "--no-dashboard", "--no-show"]
        if trust := self._trust:
            options += ["--protocol", "tls", "--tls-ca-file", trust.ca, "--tls-cert", trust.own, "--tls-key", trust.own]
        self.start("scheduler", ["-m", "distributed.cli.dask_scheduler", *options])
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((self._host, self._port), 1):
                return
            time.sleep(0.1)
        raise AssertionError(self.log("scheduler"))

    def start_worker(self, name: str, slots: int = 1) -> None:
        """Start a worker; it comes to the scheduler by itself."""
        options = ["--work", self.work, "--slots", str(slots), "--folder", str(self._folder / name)]
        if trust := self._trust:
            options += ["--ca", trust.ca, "--certificate", trust.own, "--key", trust.own]
        host = self._network.host(name) if self._network else self._host
        self.start(name, ["-m", "pipeline.cli", "worker", self.address, *options, "--host", host])

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a Python program as a machine."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*(self._network.command(name) if self._network else ()), sys.executable, *arguments],
                env={**os.environ, "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """Send a signal to the machine's main process; its children are left to themselves, as after a crash."""
        process = self._running[name]
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()

    def close(self) -> None:
        """End everything."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Network:
    """Hosts that are network namespaces, on a bridge of this machine. Needs root and ``ip`` (iproute2)."""

    def __init__(self) -> None:
        self._name = f"at{os.getpid() % 100_000}"
        self._net = f"10.{os.getpid() % 200 + 20}.7"
        self._hosts: list[str] = []
        _ip("link", "add", self._name, "type", "bridge")
        _ip("addr", "add", f"{self._net}.1/24", "dev", self._name)
        _ip("link", "set", self._name, "up")

    def host(self, name: str) -> str:
        """The address of a host, which is made when it is new."""
        if name not in self._hosts:
            self._hosts.append(name)
            place, wire = self._place(name), self._wire(name)
            _ip("netns", "add", place)
            _ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", place)
            _ip("link", "set", wire, "master", self._name, "up")
            _ip("-n", place, "addr", "add", f"{self._address(name)}/24", "dev", "eth0")
            _ip("-n", place, "link", "set", "eth0", "up")
            _ip("-n", place, "link", "set", "lo", "up")
        return self._address(name)

    @property
    def gateway(self) -> str:
        """The address of this machine, which all hosts reach."""
        return f"{self._net}.1"

    def command(self, name: str) -> tuple[str, ...]:
        """What starts a program on a host."""
        return ("ip", "netns", "exec", self._place(name))

    def cut(self, name: str) -> None:
        """Pull the cable of a host."""
        _ip("link", "set", self._wire(name), "down")

    def close(self) -> None:
        """Remove everything."""
        for name in self._hosts:
            _ip("link", "del", self._wire(name))
            _ip("netns", "del", self._place(name))
        _ip("link", "del", self._name)

    def _place(self, name: str) -> str:
        return f"{self._name}-{name}"

    def _wire(self, name: str) -> str:
        return f"{self._name}v{self._hosts.index(name)}"

    def _address(self, name: str) -> str:
        return f"{self._net}.{self._hosts.index(name) + 2}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def machines(folder: Path, work: str, network: Network | None = None, trust: Trust | None = None) -> Iterator[Machines]:
    """A cluster that is gone in the end."""
    cluster = Machines(folder, work, network, trust)
    try:
        yield cluster
    finally:
        cluster.close()
        if network:
            network.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
