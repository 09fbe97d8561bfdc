"""From addresses and settings to an engine: whom to trust, where the shared store is."""

from __future__ import annotations

from pathlib import Path

from distributed import Security

from pipeline.catalogue import CatalogueDirectory
from pipeline.cluster.engine import Cluster, ClusterEngine
from pipeline.cluster.work import WorkStore
from pipeline.config import ClusterSettings
from pipeline.engine import Engine, LocalEngine
from pipeline.errors import ConfigurationError
from pipeline.storage import open_store

TLS = "tls://"
SCHEMES = ("tcp://", TLS)


def open_engine(address: str, here: LocalEngine, directory: CatalogueDirectory) -> Engine:
    """The engine of the cluster whose scheduler is at ``address``; ``here`` makes what cannot be sent.

    Raises:
        ConfigurationError: the address, or the settings ``work`` and ``cluster``, are not usable; no scheduler answers.
    """
    check_address(address, "--engine")
    settings = directory.settings
    if settings.work is None:
        raise ConfigurationError(
            f"--engine {address}",
            "the machines need a place to share files",
            hint="name it in catalogue.yaml: 'work: s3://our-bucket/work', or 'work: /mnt/shared/work'",
        )
    work = WorkStore(open_store(settings.work, base=directory.root, endpoint=settings.endpoint))
    cluster = Cluster(address, security(address, settings.cluster, directory.root), here.maker.on_progress)
    cluster.connected()
    return ClusterEngine(cluster, work, here)


def check_address(address: str, option: str) -> None:
    """Refuse what is not a scheduler's address.

    Raises:
        ConfigurationError: it is not.
    """
    if not address.startswith(SCHEMES):
        raise ConfigurationError(
            f"{option} {address}", "is not a scheduler's address", hint="write it as tcp://HOST:8786 or tls://HOST:8786"
        )


def security(address: str, settings: ClusterSettings, root: Path) -> Security:
    """The certificates to show and to trust; paths are relative to ``root``.

    Raises:
        ConfigurationError: a file is missing.
    """
    names = {"tls_ca_file": settings.ca, "tls_client_cert": settings.certificate, "tls_client_key": settings.key}
    files = {name: root / path for name, path in names.items() if path}
    if address.startswith(TLS) and len(files) < len(names):
        raise ConfigurationError(
            address, "needs certificates", hint="give ca, certificate and key; see docs/cluster.md"
        )
    for path in files.values():
        if not path.is_file():
            raise ConfigurationError(
                str(path), "there is no such certificate", hint="look at 'cluster' in the settings"
            )
    paths = {name: str(path) for name, path in files.items()}
    worker = {name.replace("client", "worker"): path for name, path in paths.items()}
    return Security(**(paths | worker), require_encryption=bool(files))  # type: ignore[no-untyped-call]
