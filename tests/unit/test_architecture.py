"""The rules of the house, read from the source: who imports whom, who starts processes, who prints."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("catalog", "pipeline")


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importers(root: Path, *packages: str) -> set[str]:
    return {
        path
        for path, tree in modules(root)
        if any(name == package or name.startswith(f"{package}.") for name in imports(tree) for package in packages)
    }


def test_catalog_knows_nothing_of_the_pipeline(root: Path) -> None:
    """No module of ``catalog`` imports ``pipeline``, a process, a store or a media library."""
    forbidden = importers(root, "pipeline", "boto3", "botocore", "subprocess", "av", "ffmpeg", "yt_dlp")
    assert not {path for path in forbidden if path.startswith("catalog/")}


def test_arrows_point_one_way(root: Path) -> None:
    """The command line uses the flow: cli -> flow -> stages -> {media, captions, storage} -> catalog; never back."""
    lower = ("pipeline/media/", "pipeline/captions/", "pipeline/storage/")
    assert not {p for p in importers(root, "pipeline.stages", "pipeline.flow", "pipeline.cli") if p.startswith(lower)}
    upward = importers(root, "pipeline.flow", "pipeline.cli")
    assert not {path for path in upward if path.startswith("pipeline/stages/") and not path.endswith("publish.py")}
    assert importers(root, "pipeline.cli") == set()
    below = importers(root, "pipeline.cli_common", "pipeline.cli_checks")
    assert all(path.startswith("pipeline/cli") for path in below)


def test_one_module_starts_processes(root: Path) -> None:
    """Only the runner imports ``subprocess``; nothing but its launcher uses ``os.fork`` and the like.

    Pages are made in copies of this process, which run nothing else.
    """
    assert importers(root, "subprocess", "pty") == {"pipeline/media/runner.py"}
    assert importers(root, "multiprocessing", "concurrent.futures.process") == {"pipeline/forked.py"}
    calls = {"system", "popen", "fork", "execv", "execve", "spawnv", "posix_spawn"}
    for path, tree in modules(root):
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in calls}
        assert not used or path == "pipeline/media/launch.py", (path, used)


def test_one_module_talks_to_s3(root: Path) -> None:
    """Only ``storage/s3.py`` opens a client; its helpers that make and send requests use parts of botocore."""
    assert importers(root, "boto3", "s3transfer") == {"pipeline/storage/s3.py"}
    helpers = {"pipeline/storage/s3_requests.py", "pipeline/storage/s3_short.py"}
    assert importers(root, "botocore") == {"pipeline/storage/s3.py", *helpers}


def test_only_the_cli_and_the_reporters_print_and_exit(root: Path) -> None:
    """``print``, ``sys.exit`` and standard output belong to the command line and the reporters.

    The programs that run confined, as children, write their result to their own standard output.
    """
    allowed = {"pipeline/cli.py", "pipeline/report.py", "pipeline/console.py", "pipeline/media/launch.py"}
    for path, tree in modules(root):
        if path in allowed or path.startswith("pipeline/cli") or path.endswith("_worker.py"):
            continue
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Name) and node.id == "print"), path
            assert not (
                isinstance(node, ast.Attribute)
                and node.attr in {"exit", "_exit", "stdout"}
                and isinstance(node.value, ast.Name)
                and node.value.id in {"sys", "os"}
            ), path


def test_modules_stay_readable(root: Path) -> None:
    """No module is longer than a person reads in one go."""
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 320, path
