"""Real object stores for tests, each on free ports of 127.0.0.1, stopped by their process."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

ACCESS_KEY = "AKIATESTCANARY000001"
SECRET_KEY = "canary-secret-uvhqpgzjwmxt-0001"  # no use anywhere but on these servers; searched for in all outputs
_PORTS = 9
_START_S = 30.0


@dataclass(frozen=True)
class Server:
    """A running S3 server."""

    name: str
    endpoint: str
    environment: Mapping[str, str]
    """What a client process needs in its environment."""
    pid: int = 0
    """Its process, where it has one of its own."""

    def client(self):
        """A plain client, to look behind the store's back."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
        )

    def bucket(self, name: str) -> str:
        """Make a bucket; returns its name."""
        self.client().create_bucket(Bucket=name)
        return name


def credentials() -> dict[str, str]:
    """The environment of a client."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def seaweedfs(folder: Path, *extra: str, host: str = "127.0.0.1", memory: str = "500MiB") -> Iterator[Server]:
    """SeaweedFS's S3 server at an address of this machine, with its data in ``folder``.

    With many objects it needs more ``memory``, or spends all its time on collecting garbage.

    Raises:
        RuntimeError: it did not start; a missing program fails the tests, it does not skip them.
    """
    program = Path(sys.executable).parent / "weed"
    base = _free_ports(host)
    names = ("s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc")
    ports = [*names, "volume.port", "volume.port.grpc", "admin.port"]
    folder.mkdir(parents=True, exist_ok=True)
    argv = [
        str(program),
        "mini",
        f"-dir={folder}",
        f"-ip={host}",
        f"-ip.bind={host}",
        *(f"-{name}={base + offset}" for offset, name in enumerate(ports)),
        f"-admin.port.grpc={base + len(ports)}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-disableHttp",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-volume.max=4000",  # each bucket takes volumes of its own; they are not preallocated
        *extra,
    ]
    environment = {**os.environ, **credentials(), "GOMEMLIMIT": memory, "HOME": str(folder)}
    with (folder / "log").open("wb") as log, ExitStack() as stack:
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, cwd=folder)
        stack.callback(_stop, process)
        server = Server("seaweedfs", f"http://{host}:{base}", credentials(), process.pid)
        _wait_until_ready(server, process, folder / "log")
        yield server


@contextmanager
def moto() -> Iterator[Server]:
    """Moto's S3 server: another dialect, without authentication."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Server("moto", f"http://{host}:{port}", credentials())
    finally:
        server.stop()


def _free_ports(host: str) -> int:
    """The first of some consecutive free ports below the range that outgoing connections use."""
    chance = random.SystemRandom()
    for _ in range(100):
        base = chance.randrange(20_000, 32_000)
        if all(_is_free(host, base + offset) for offset in range(_PORTS + 1)):
            return base
    raise RuntimeError("no free ports")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind((host, port))
        except OSError:
            return False
    return True


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    name = "ready"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.bucket(name)
            server.client().put_object(Bucket=name, Key="probe", Body=b"1")
        except Exception:  # every kind of failure is expected until it is up
            time.sleep(0.1)
            continue
        return
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
